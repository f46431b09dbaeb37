package delivery

import (
	"testing"
	"time"
)

// What is sent is the slower the more hosts get it, and what was measured and what was allowed count.
func TestLink(t *testing.T) {
	t.Parallel()
	const bytes = 6_000_000
	wants := func(what string, l *link, hosts int64, quick, thorough bool) {
		t.Helper()
		sending := l.sending(bytes, hosts)
		if got := sending >= compressing(30_000_000, false); got != quick {
			t.Errorf("%s: quickly pays: %t", what, got)
		}
		if got := sending >= compressing(30_000_000, true); got != thorough {
			t.Errorf("%s: thoroughly pays: %t", what, got)
		}
	}
	wants("one host", &link{}, 1, true, false)
	wants("ten hosts", &link{}, 10, true, true)
	wants("a limit", &link{limit: 1_000_000}, 1, true, true)
	start := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	slow := &link{}
	slow.took(1, start)
	slow.took(1<<20, start.Add(8*time.Second))
	wants("too little to tell", slow, 1, true, false)
	slow.took(7<<20, start.Add(8*time.Second))
	wants("a slow link", slow, 1, true, true)
	fast := &link{}
	fast.took(1, start)
	fast.took(1<<30, start.Add(time.Second))
	wants("a fast link", fast, 1, true, false)
	wants("a fast link of many hosts", fast, 100, true, false)
}

// What may be of no use is not tried for one host on a usual link, where it would take as long as it could save: a program that was built anew.
// Sources are.
func TestWhatIsTried(t *testing.T) {
	t.Parallel()
	tried := func(delta, size, hosts int64) bool {
		return (&link{}).sending(delta, hosts) >= dare*compressing(2*size, false)
	}
	if tried(7_700_000, 19_600_000, 1) || !tried(7_700_000, 19_600_000, 3) || !tried(280_000, 1_300_000, 1) {
		t.Error("what is tried is not what pays")
	}
}
