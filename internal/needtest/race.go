//go:build race

package needtest

const raced = true
