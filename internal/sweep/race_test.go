//go:build race && linux

package sweep

// raced tells that everything takes several times as long: a smaller part of the sweep is enough to find races.
const raced = true
