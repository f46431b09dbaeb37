package delivery

import (
	"context"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// packedOnly is an artifact that nobody compresses: it has no payload.
type packedOnly struct {
	Artifact
	packed int64
}

func (p packedOnly) Packed() int64 { return p.packed }

func nothing(context.Context, deploy.Provenance, deploy.Digest, []string, int64) map[string][]byte {
	return nil
}

// Whether CI's own artifact is worth its download is judged by what the new one has when it is compressed, before that is made.
func TestFetchPays(t *testing.T) {
	t.Parallel()
	const id = "20261121-073000-1a2b3c4-9f3c51"
	h, b := plan.Host{}, &base{id: id}
	h.Facts.History = []deploy.HistoryEntry{{Release: id, Outcome: "activated", Provenance: deploy.Provenance{RunID: 1}}}
	d := &Delivery{Options: Options{Artifact: packedOnly{packed: 2 * fetchRate}, Recorded: nothing}}
	for saves, want := range map[time.Duration]bool{fetchSetUp + 3*time.Second: true, fetchSetUp + time.Second: false} {
		if got := d.fetchPays(h, b, saves); got != want {
			t.Errorf("where %v is saved: %t", saves, got)
		}
	}
	if d.fetchPays(plan.Host{}, b, time.Hour) {
		t.Error("a run is asked that is not on record")
	}
}
