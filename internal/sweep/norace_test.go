//go:build !race && linux

package sweep

const raced = false
