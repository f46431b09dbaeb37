//go:build long

package cookbook

import "testing"

// What the tests without the tag do in both shells by turns, in each of them as a whole.

func TestVenvEachShell(t *testing.T) {
	t.Parallel()
	python := copyingPython(t)
	eachShell(t, func(t *testing.T, shell []string) { testVenv(t, func() []string { return shell }, python) })
}

func TestSupervisorEachShell(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) { testSupervisor(t, func() []string { return shell }) })
}
