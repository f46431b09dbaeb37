package delivery

import (
	"context"
	"time"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/contents"
	"github.com/slipway/slipway/internal/release/stage"
)

// Old are the contents of files of a content, by path, of together no more than most bytes, as far as they are at hand.
type Old func(ctx context.Context, of deploy.Digest, paths []string, most int64) map[string][]byte

// Recorded is Old of what a run of CI built, where CI keeps it still. It is downloaded for that.
type Recorded func(ctx context.Context, by deploy.Provenance, of deploy.Digest, paths []string, most int64) map[string][]byte

// leastAlike is how many hosts must need the old contents for one of them to be asked: to send them takes as long as the delta.
const leastAlike = 3

// old are the old contents of files that changed, which so many hosts need: those that are at hand, else those that a host sends, or that CI
// keeps.
func (d *Delivery) old(
	ctx context.Context, h plan.Host, b *base, files []content.Revised, size int64, delta stage.Payload, hosts int64,
) (old content.Old) {
	var paths []string
	for _, c := range files { // in order: one may be the old one of several
		if len(paths) == 0 || paths[len(paths)-1] != c.Was {
			paths = append(paths, c.Was)
		}
	}
	most := d.mostBytes() / 2 // bytes, as of the new contents
	var found map[string][]byte
	if d.Old != nil {
		found = d.Old(ctx, b.content, paths, most)
	}
	switch {
	case len(found) > 0 || packed(delta, size):
	case hosts >= leastAlike:
		found = d.sentBack(ctx, h, b, paths, most)
	case d.fetchPays(h, b, d.sending(delta, hosts)-compressing(2*size, false)):
		found = d.Recorded(ctx, builtBy(h, b), b.content, paths, most)
	}
	return joined(files, paths, found, most)
}

// builtBy is the run that built the artifact of a base, as the host has it on record.
func builtBy(h plan.Host, b *base) deploy.Provenance {
	live, _ := h.Facts.WentLive(b.id)
	return live.Provenance
}

// fetchPays reports whether CI has the artifact of a base on record, and gives it in less than so much time. It is taken to be as large as
// the new one.
func (d *Delivery) fetchPays(h plan.Host, b *base, saves time.Duration) bool {
	return d.Recorded != nil && !builtBy(h, b).IsZero() && fetching(d.Artifact.Packed()) < saves
}

// joined are the contents that were found of the old files of some, in the order of their paths, of no more than most bytes.
func joined(files []content.Revised, paths []string, found map[string][]byte, most int64) (old content.Old) {
	var all int64
	for _, text := range found {
		all += int64(len(text))
	}
	old.Bytes = make([]byte, 0, min(all, most))
	taken := map[string]bool{}
	for _, path := range paths {
		if text := found[path]; len(text) > 0 && int64(len(old.Bytes)+len(text)) <= most {
			old.Paths, old.Bytes = append(old.Paths, path), append(old.Bytes, text...)
			taken[path] = true
		}
		delete(found, path) // the encoder needs the memory
	}
	for _, c := range files {
		if taken[c.Was] {
			old.Next = append(old.Next, c.Path)
		}
	}
	return old
}

// packed reports whether files of so many bytes are compressed already, as images and archives are: two versions of such a file have hardly
// anything in common, and no time is spent on finding it.
func packed(delta stage.Payload, size int64) bool { return delta.Size() >= size/10*8 }

// sentBack are contents of a base's files, of the host itself.
func (d *Delivery) sentBack(ctx context.Context, h plan.Host, b *base, paths []string, most int64) map[string][]byte {
	manifest := d.manifests[b.content]
	files := make([]contents.File, 0, len(paths))
	for _, path := range paths {
		if member, ok := manifest.Find(path); ok {
			files = append(files, contents.File{Path: path, Hash: member.Hash})
		}
	}
	found, there := map[string][]byte{}, d.Fleet.On(h.Name)
	if there.Do(ctx, contents.Old(there.Site(), b.id, files, most, found)) != nil {
		return nil // a delta does as well
	}
	return found
}
