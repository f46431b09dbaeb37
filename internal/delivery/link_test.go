package delivery

import (
	"testing"
	"time"
)

// What is sent is the slower the more hosts get it, and what was measured, what was allowed and how far the hosts are count.
func TestLink(t *testing.T) {
	t.Parallel()
	const bytes, far = 6_000_000, 40 * time.Millisecond
	wants := func(what string, l *link, hosts int64, roundTrip time.Duration, quick, thorough bool) {
		t.Helper()
		sending := l.sending(bytes, hosts, roundTrip)
		if got := sending >= compressing(30_000_000, false); got != quick {
			t.Errorf("%s: quickly pays: %t", what, got)
		}
		if got := sending >= compressing(30_000_000, true); got != thorough {
			t.Errorf("%s: thoroughly pays: %t", what, got)
		}
	}
	wants("one host", &link{}, 1, 0, true, false)
	wants("ten hosts", &link{}, 10, far, true, true)
	wants("ten hosts beside the runner", &link{}, 10, time.Millisecond, false, false)
	wants("a hundred of them", &link{}, 100, time.Millisecond, true, true)
	wants("a limit", &link{limit: 1_000_000}, 1, time.Millisecond, true, true)
	start := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	// sent is a link over which an upload went, bytes of each second; after what a connection takes before the host does.
	sent := func(l *link, each ...int64) *link {
		u := &upload{link: l}
		u.took(inFlight, start)
		for i, bytes := range each {
			u.took(bytes, start.Add(time.Duration(i+1)*time.Second))
		}
		u.end(start.Add(time.Duration(len(each)) * time.Second))
		u.end(start.Add(time.Hour))
		return l
	}
	wants("nothing but what lies in buffers", sent(&link{}), 1, far, true, false)
	wants("a slow link", sent(&link{}, 500_000), 1, far, true, true)
	wants("a slow link to near hosts", sent(&link{}, 500_000, 500_000), 1, time.Millisecond, true, true)
	wants("a fast link", sent(&link{}, 1<<30), 1, far, false, false)
	wants("a fast link of many hosts", sent(&link{}, 1<<30), 100, far, true, false)
	both := &link{}
	a, b := &upload{link: both}, &upload{link: both}
	a.took(inFlight, start)
	b.took(inFlight+1, start)
	a.took(5_000_000, start.Add(time.Second))
	b.took(5_000_000, start.Add(time.Second))
	a.end(start.Add(time.Second))
	b.took(10_000_000, start.Add(2*time.Second))
	b.end(start.Add(2 * time.Second))
	b.took(10_000_000, start.Add(time.Hour))
	if got := both.rate(far); got != 10_000_000 {
		t.Errorf("of two uploads at once: %v", got)
	}
}

// What may be of no use is not tried for one host on a usual link, where it would take as long as it could save: a program that was built anew.
// Sources are.
func TestWhatIsTried(t *testing.T) {
	t.Parallel()
	tried := func(delta, size, hosts int64) bool {
		return (&link{}).sending(delta, hosts, 0) >= dare*compressing(2*size, false)
	}
	if tried(7_700_000, 19_600_000, 1) || !tried(7_700_000, 19_600_000, 3) || !tried(280_000, 1_300_000, 1) {
		t.Error("what is tried is not what pays")
	}
}
