package progress

import (
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Absence is a host that does not answer.
type Absence struct {
	Since time.Time
	Wait  time.Duration // for how long it is waited for
}

// absences are the hosts that do not answer.
type absences struct {
	now  func() time.Time
	away map[string]Absence
}

// Away says that a host does not answer.
func (a *absences) Away(e deploy.HostAway) {
	if a.away == nil {
		a.away = map[string]Absence{}
	}
	a.away[e.Host] = Absence{a.now(), e.Wait}
}

// Back says that a host answers again, and gives for how long it did not.
func (a *absences) Back(host string) time.Duration {
	since := a.away[host].Since
	delete(a.away, host)
	if since.IsZero() {
		return 0
	}
	return a.now().Sub(since)
}

// Absent is since when a host does not answer; ok is false for one that does.
func (a *absences) Absent(host string) (absence Absence, ok bool) {
	absence, ok = a.away[host]
	return absence, ok
}
