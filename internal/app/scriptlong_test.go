//go:build long

package app_test

import "testing"

// The scripts of testdata/long wait long for hosts that do not answer as they should, or make many deployments: rarer cases of what
// the scripts of testdata show.
func TestLongScripts(t *testing.T) {
	t.Parallel()
	runScripts(t, "testdata/long")
}
