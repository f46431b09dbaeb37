package progress

import (
	"time"

	"slipway/internal/deploy"
)

// Absence is a host that does not answer.
type Absence struct {
	Since time.Time
	Wait  time.Duration // for how long it is waited for
}

// Away says that a host does not answer.
func (t *Tracker) Away(e deploy.HostAway) {
	if t.away == nil {
		t.away = map[string]Absence{}
	}
	t.away[e.Host] = Absence{t.now(), e.Wait}
}

// Back says that a host answers again, and gives for how long it did not.
func (t *Tracker) Back(host string) time.Duration {
	since := t.away[host].Since
	delete(t.away, host)
	if since.IsZero() {
		return 0
	}
	return t.now().Sub(since)
}

// Absent is since when a host does not answer; ok is false for one that does.
func (t *Tracker) Absent(host string) (absence Absence, ok bool) {
	absence, ok = t.away[host]
	return absence, ok
}
