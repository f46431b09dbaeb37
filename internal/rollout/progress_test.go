package rollout

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// However large an upload and slow its link, it is told every second how far it is; and one that is fast, for each percent and no more.
func TestProgressIsToldInTime(t *testing.T) {
	t.Parallel()
	const total, piece = 100_000_000, 32_000
	for name, c := range map[string]struct {
		pause       time.Duration // between two pieces
		least, most int
	}{
		"fast":      {0, 101, 102},
		"slow":      {time.Second / 10, total / piece / 10, total/piece/10 + 102},
		"very slow": {5 * time.Second, total / piece, total / piece},
	} {
		synctest.Test(t, func(t *testing.T) {
			events := map[string]int{}
			r := &run{opts: Options{Emit: func(e deploy.Event) { events[e.(deploy.Progress).Host]++ }}}
			tell := r.progress()
			for done := int64(piece); done <= total; done += piece {
				tell("web1", done, total)
				tell("web2", done, total)
				<-time.After(c.pause)
			}
			for host, n := range events {
				if n < c.least || n > c.most {
					t.Errorf("%s, %s: %d events, want %d to %d", name, host, n, c.least, c.most)
				}
			}
			if len(events) != 2 {
				t.Errorf("%s: %v", name, events)
			}
		})
	}
}
