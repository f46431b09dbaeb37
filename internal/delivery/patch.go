package delivery

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/stage"
)

// patch is a delta whose changed files are compressed against what hosts have of them.
type patch struct {
	payload stage.Payload
	old     stage.Old
	files   int // that changed
}

// What old contents a patch may have: the list of their paths goes with the command, and to printf as one argument, of which Linux takes
// 128 KiB where that is no builtin of the host's shell.
const (
	mostPatched = 2000
	mostPaths   = 100 << 10 // bytes, without what stands around them
)

// leastPatched is how many bytes a delta has for which a patch is looked for.
const leastPatched = 32 << 10

// leastPatience is how long a patch may take that was expected sooner than a delta is sent.
const leastPatience = time.Second

// patchable reports whether a host may be sent a patch in the place of a delta.
func (d *Delivery) patchable(h plan.Host, reuse *content.Reuse, delta stage.Payload) bool {
	return h.Facts.Patches && len(reuse.Changed) > 0 && delta.Encoding() == "zstd" && delta.Size() >= leastPatched
}

// patch is the patch in the place of a delta; nil where there is none, or it would take longer than to send the delta. It is made once for
// all hosts that have the same.
func (d *Delivery) patch(ctx context.Context, h plan.Host, b *base, reuse *content.Reuse, delta stage.Payload) *patch {
	if !d.patchable(h, reuse, delta) {
		return nil
	}
	d.mu.Lock()
	made := d.patches[reuse]
	if made == nil {
		made = sync.OnceValue(func() *patch { return d.makePatch(ctx, h, b, reuse, delta) })
		d.patches[reuse] = made
	}
	d.mu.Unlock()
	return made()
}

// dare is how many times longer sending must take than a quick patch for one to be tried: it may turn out to be of no use, as of a program
// that was built anew, and the old contents have to be read for it.
const dare = 2

func (d *Delivery) makePatch(ctx context.Context, h plan.Host, b *base, reuse *content.Reuse, delta stage.Payload) *patch {
	hosts := d.needing(b, reuse)
	files, size := d.chosen(reuse.Changed)
	if d.sending(delta, hosts) < dare*compressing(2*size, false) {
		return nil
	}
	// Other hosts wait meanwhile: no longer than the delta takes, also where the host that is asked hangs or is lost.
	within, cancel := context.WithTimeout(ctx, max(d.sending(delta, hosts), leastPatience))
	defer cancel()
	select {
	case d.making <- struct{}{}:
		defer func() { <-d.making }()
	case <-within.Done():
		return nil
	}
	old := d.old(within, h, b, files, size, delta, hosts)
	if len(old.Bytes) == 0 {
		return nil
	}
	best := d.smallest(ctx, reuse, old, delta, size, hosts)
	if best == delta {
		return nil
	}
	return &patch{best, stage.Old{Paths: old.Paths, Sum: sha256.Sum256(old.Bytes)}, len(old.Next)}
}

// sending is how long it takes to send a payload to each of some hosts.
func (d *Delivery) sending(p stage.Payload, hosts int64) time.Duration {
	return d.link.sending(p.Size(), hosts, d.roundTrip)
}

// quickReach is how many bytes files may have for a quick patch to find most of what they have in common: of more it finds too little to be
// worth its time, and too much for a thorough one to pay behind it. That is made at once, then.
const quickReach = 8_000_000

// smallest is a delta or a patch in its place: a quick one, or a thorough one, as far as that takes less time than it saves.
func (d *Delivery) smallest(ctx context.Context, reuse *content.Reuse, old content.Old, delta stage.Payload, size, hosts int64) stage.Payload {
	best, slower, levels := delta, 1.0, []bool{false, true}
	if size > quickReach && d.sending(delta, hosts) >= compressing(int64(len(old.Bytes))+size, true) {
		levels = levels[1:]
	}
	for _, thorough := range levels {
		limit := d.sending(best, hosts)
		expected := compressing(int64(len(old.Bytes))+size, thorough)
		if float64(limit) < slower*float64(expected) || thorough && best == delta && packed(delta, size) {
			break
		}
		began := time.Now()
		// By then the delta would be there, also where this machine is slower than most.
		within, cancel := context.WithTimeout(ctx, max(limit, leastPatience))
		made, err := d.Artifact.Patched(within, reuse, old, thorough)
		cancel()
		if err != nil {
			break // a delta does as well
		}
		slower = max(1, float64(time.Since(began))/float64(expected)) // how much this machine is, with all that it does at the moment
		if made.Size() < best.Size() {
			best = made
		}
	}
	return best
}

// patchedOrCopied makes the release of a base and a patch, where there is one, else, or where the host cannot take that, of a delta.
func (d *Delivery) patchedOrCopied(
	ctx context.Context, h plan.Host, b *base, reuse *content.Reuse, p *patch, delta stage.Payload, rest release.Operation, traffic *deploy.Traffic,
) (unfit []string, err error) {
	if p == nil && d.patchable(h, reuse, delta) {
		l := &later{Delivery: d, h: h, b: b, reuse: reuse, delta: delta}
		if p, unfit, err = l.sent(ctx, rest, traffic); p == nil {
			return unfit, err
		}
	}
	if p != nil {
		of := b.Base
		of.Old = p.old
		if unfit, err = d.copied(ctx, h, of, p.payload, rest, traffic); !errors.Is(err, stage.ErrNotPatched) {
			if err == nil {
				traffic.Patched = p.files
			}
			return unfit, err
		}
		d.Say(h.Name, fmt.Sprintf("%s sent without a patch: %v", files(p.files), deploy.CauseIn(err)))
	}
	return d.copied(ctx, h, b.Base, delta, rest, traffic)
}

// chosen are the largest of the files that changed, as far as there may be so many, in the order of their old paths, and the bytes that
// they have. Their old contents are taken to be as large.
func (d *Delivery) chosen(changed []content.Revised) (files []content.Revised, size int64) {
	paths, most := 0, d.mostBytes()
	for _, c := range slices.SortedStableFunc(slices.Values(changed), func(a, b content.Revised) int { return cmp.Compare(b.Size, a.Size) }) {
		if len(files) == mostPatched || 2*(size+c.Size) > most-most/16 || paths+len(c.Was) > mostPaths {
			continue
		}
		files, size, paths = append(files, c), size+c.Size, paths+len(c.Was)
	}
	slices.SortStableFunc(files, func(a, b content.Revised) int { return strings.Compare(a.Was, b.Was) })
	return files, size
}

// mostBytes is how many bytes old and new contents may have together, beside the connections that are open at once.
func (d *Delivery) mostBytes() int64 {
	return content.Patchable(min(d.Schedule.Rollout.MaxParallel, len(d.Schedule.Hosts))) // 0 is the usual number, which leaves all of it
}

// count counts the hosts that may be sent patches, by the contents that they have, and looks how far they are.
func (d *Delivery) count(hosts []plan.Host) {
	d.having = map[deploy.Digest]int64{}
	for _, h := range hosts {
		if !h.Facts.Patches {
			continue
		}
		d.roundTrip = max(d.roundTrip, d.Fleet.On(h.Name).Conn().RoundTrip())
		has := map[deploy.Digest]bool{}
		for _, r := range d.Schedule.Bases(h) {
			has[r.Content] = true
		}
		for of := range has {
			d.having[of]++
		}
	}
}

// needing is how many hosts may be sent a patch. What is unfit differs from host to host.
func (d *Delivery) needing(b *base, reuse *content.Reuse) int64 {
	if reuse != d.reuse(b, nil) {
		return 1
	}
	return max(d.having[b.content], 1)
}
