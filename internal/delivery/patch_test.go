package delivery

import (
	"context"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/release/stage"
)

// sized is a payload of which nothing but its size counts.
type sized int64

func (sized) Open() (io.ReadCloser, error) { return nil, io.EOF }
func (s sized) Size() int64                { return int64(s) }
func (sized) Encoding() string             { return "zstd" }

// patching is an artifact whose quick patch takes some time, and says which patches were asked for: which of them were thorough.
type patching struct {
	Artifact
	quick time.Duration
	made  []bool
}

func (p *patching) Patched(_ context.Context, _ *content.Reuse, _ content.Old, thorough bool) (stage.Payload, error) {
	p.made = append(p.made, thorough)
	if thorough {
		return sized(100_000), nil
	}
	<-time.After(p.quick)
	return sized(5_900_000), nil
}

// Where a quick patch took longer than it does elsewhere, a thorough one would, too: it is not begun if the patch that is there is sent sooner.
// Of large files the thorough one is made at once, where it pays.
func TestQuickAndThoroughPatches(t *testing.T) {
	t.Parallel()
	const large = 2*quickReach - 1_500_000
	for name, test := range map[string]struct {
		size, hosts int64
		quick       time.Duration
		want        []bool
	}{
		"as fast as others":              {quickReach - 500_000, 4, 500 * time.Millisecond, []bool{false, true}},
		"half as fast":                   {quickReach - 500_000, 4, time.Second, []bool{false}},
		"large files":                    {large, 4, 500 * time.Millisecond, []bool{true}},
		"large files, for too few hosts": {large, 2, 500 * time.Millisecond, []bool{false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				made := &patching{quick: test.quick}
				d := &Delivery{Options: Options{Artifact: made}, link: &link{}}
				d.smallest(t.Context(), nil, content.Old{Bytes: make([]byte, test.size)}, sized(6_000_000), test.size, test.hosts)
				if !slices.Equal(made.made, test.want) {
					t.Errorf("thorough were %t", made.made)
				}
			})
		})
	}
}
