package progress

import (
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// A host that goes on with what an earlier attempt has brought is as fast as what came since.
func TestPaceOfWhatGoesOn(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	tracker := New(func() time.Time { return now })
	tell := func(done int64) {
		tracker.Bytes(deploy.Progress{Phase: deploy.Prepare, Step: "Upload", Host: "web1", Done: done, Total: 1_000_000_000})
	}
	for _, begin := range []int64{800_000_000, 0} { // and then anew: what was there was not it
		for second := range int64(11) {
			tell(begin + second*1_000_000)
			now = now.Add(time.Second)
		}
		now = now.Add(-time.Second)
		transfer := tracker.Steps()[0].Transfers["web1"]
		if rate := transfer.Rate(now); rate != 1_000_000 {
			t.Errorf("%.0f B/s", rate)
		}
		if left, want := transfer.Left(now), time.Duration(990-begin/1_000_000)*time.Second; left != want {
			t.Errorf("%v left, want %v", left, want)
		}
		if sum, _ := tracker.Steps()[0].Sum(); sum.Rate(now) != 1_000_000 {
			t.Errorf("%.0f B/s of all", sum.Rate(now))
		}
		now = now.Add(time.Minute)
	}
}
