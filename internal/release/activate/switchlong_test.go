//go:build long

package activate_test

import "testing"

// The same as TestReadersDuringSwitches, for longer.
func TestReadersDuringManySwitches(t *testing.T) {
	readDuringSwitches(t, 500)
}
