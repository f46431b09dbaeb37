//go:build race

package artifact

// raced tells that the race detector is on, whose own memory is several times what it watches.
const raced = true
