package delivery

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"slipway/internal/artifact/content"
	"slipway/internal/release/stage"
)

// sized is a payload of which nothing but its size counts.
type sized int64

func (sized) Open() (io.ReadCloser, error) { return nil, io.EOF }
func (s sized) Size() int64                { return int64(s) }
func (sized) Encoding() string             { return "zstd" }

// patching is an artifact whose quick patch takes some time, and says whether a thorough one was asked for.
type patching struct {
	Artifact
	quick    time.Duration
	thorough bool
}

func (p *patching) Patched(_ context.Context, _ *content.Reuse, _ content.Old, thorough bool) (stage.Payload, error) {
	if thorough {
		p.thorough = true
		return sized(100_000), nil
	}
	<-time.After(p.quick)
	return sized(5_900_000), nil
}

// Where a quick patch took longer than it does elsewhere, a thorough one would, too: it is not begun if the patch that is there is sent sooner.
func TestThoroughPatchOnASlowMachine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		quick time.Duration
		want  bool
	}{"as fast as others": {500 * time.Millisecond, true}, "half as fast": {time.Second, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				made := &patching{quick: test.quick}
				d := &Delivery{Options: Options{Artifact: made}, link: &link{}}
				const size, hosts = 14_500_000, 4
				d.smallest(t.Context(), nil, content.Old{Bytes: make([]byte, size)}, sized(6_000_000), size, hosts)
				if made.thorough != test.want {
					t.Errorf("a thorough patch was made: %t", made.thorough)
				}
			})
		})
	}
}
