// Package delivery brings a release to hosts: as a delta against what they have already where that is worth it, else whole.
//
// Terms: the base is the release on a host that the new one is made of; a delta is a payload of what the base has not; a member is unfit
// when the base has it no longer as its manifest says. The package must not know when a release is brought, or what a failure means for
// the other hosts.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/stage"
)

// Artifact is what is brought.
type Artifact interface {
	// Payload is the whole content in an encoding, "zstd" or "gzip"; it may be made while it is read. It is called concurrently.
	Payload(ctx context.Context, encoding string) (stage.Payload, error)
	// Delta is what a host lacks, likewise. It is made once for each reuse, by its address, and encoding.
	Delta(ctx context.Context, reuse *content.Reuse, encoding string) (stage.Payload, error)
	// Patched is a delta in zstd whose changed files are compressed against their old contents.
	Patched(ctx context.Context, reuse *content.Reuse, old content.Old, thorough bool) (stage.Payload, error)
	// Listing is the manifest alone, likewise.
	Listing(ctx context.Context, encoding string) (stage.Payload, error)
	Manifest() content.Manifest
	Packed() int64 // about how many bytes the whole content has, compressed
}

// Known is the manifest of a content, where no host need be asked for it.
type Known func(deploy.Digest) (manifest content.Manifest, ok bool)

// Options are what a Delivery needs to know of its deployment.
type Options struct {
	Artifact Artifact
	Fleet    *fleet.Fleet
	Schedule *plan.Schedule                       // as hosts were when they were asked last
	Known    Known                                // nil knows none
	Old      Old                                  // nil has none
	Recorded Recorded                             // nil has none
	Rate     int64                                // bytes a second that may go to all hosts together; 0 is any number
	Archive  *stage.Archive                       // that hosts fetch by themselves where all of it would be sent; nil is none
	Say      func(host, line string)              // tells people
	Progress func(host string, done, total int64) // of bytes handed to the connection
}

// Delivery is one release on its way to hosts.
type Delivery struct {
	Options
	total  int64 // bytes of all files
	link   *link
	making chan struct{} // is full while a patch is made: the old contents of one at a time are in memory

	manifests map[deploy.Digest]content.Manifest // of what hosts have, by content
	tried     map[deploy.Digest]bool             // contents that Known was asked for
	unread    error                              // why some manifests are not known
	having    map[deploy.Digest]int64            // how many hosts may be sent a patch of a content
	roundTrip time.Duration                      // of the farthest of these hosts; 0 is not known

	mu      sync.Mutex
	reuses  map[string]*content.Reuse
	patches map[*content.Reuse]func() *patch

	remaking chan struct{}             // is full while a patch is made for hosts that are sent a delta
	remade   map[*content.Reuse]*patch // by who makes one
}

// New is a delivery that has asked no host yet.
func New(options Options) *Delivery {
	own := options.Artifact.Manifest()
	d := &Delivery{
		Options: options, link: &link{limit: options.Rate}, making: make(chan struct{}, 1),
		remaking: make(chan struct{}, 1), remade: map[*content.Reuse]*patch{},
		tried: map[deploy.Digest]bool{}, reuses: map[string]*content.Reuse{}, patches: map[*content.Reuse]func() *patch{},
	}
	d.manifests = map[deploy.Digest]content.Manifest{options.Schedule.Artifact.Content: own}
	for m := range own.Members() {
		d.total += m.Size
	}
	return d
}

// leastSaved is how many bytes less than the whole a delta must be: below that it is not worth what the host has to do for it.
const leastSaved = 64 << 10

// mostTries is how many deltas are tried on a host: what the first finds unfit comes with the second.
const mostTries = 2

// Bring makes the release on a host, and says what that took, also beside an error. The rest is what the command that makes it does
// besides, once it has.
func (d *Delivery) Bring(ctx context.Context, h plan.Host, rest release.Operation) (traffic deploy.Traffic, err error) {
	bases, whole := d.choose(h)
	for _, b := range bases {
		var made bool
		if made, whole, err = d.made(ctx, h, b, rest, &traffic); made || err != nil {
			return traffic, err
		}
	}
	if d.Archive != nil {
		err := d.pulled(ctx, h, rest, &traffic)
		if !errors.Is(err, stage.ErrNotPulled) {
			return traffic, err
		}
		whole = fmt.Sprintf("this host could not pull it: %v", deploy.CauseIn(err))
	}
	if whole != "" {
		d.Say(h.Name, "all of it is sent: "+whole)
	}
	err = d.whole(ctx, h, rest, &traffic)
	return traffic, err
}

// made makes the release of a base. Where that cannot be done it says why not.
func (d *Delivery) made(ctx context.Context, h plan.Host, b *base, rest release.Operation, traffic *deploy.Traffic) (made bool, why string, err error) {
	var unfit []string
	for range mostTries {
		if len(unfit) > 0 {
			d.Say(h.Name, fmt.Sprintf("%s of %s changed on this host, and must be sent: %s", files(len(unfit)), b.name, content.Examples(unfit)))
		}
		reuse := d.reuse(b, unfit)
		delta, p, saves, err := d.delta(ctx, h, b, reuse)
		switch {
		case ctx.Err() != nil:
			return false, "", context.Cause(ctx)
		case err != nil: // such as a full disk of this machine
			return false, fmt.Sprintf("no delta could be made: %v", err), nil
		case !saves:
			return false, "what differs is hardly smaller", nil
		}
		more, err := d.patchedOrCopied(ctx, h, b, reuse, p, delta, rest, traffic)
		if err == nil {
			traffic.Reused = reuse.Bytes
			d.Say(h.Name, d.told(reuse, b, *traffic))
			return true, "", nil
		}
		if !errors.Is(err, stage.ErrNotCopied) {
			return false, "", err
		}
		why = fmt.Sprintf("%s on this host cannot be copied: %v", b.name, deploy.CauseIn(err))
		more = slices.DeleteFunc(more, func(path string) bool { return reuse.Sent[path] || !d.isFileOrLink(path) })
		if len(more) == 0 {
			break
		}
		unfit = append(unfit, more...)
	}
	return false, why, nil
}

// Foresee says what hosts would be sent without patches, those alike together, if nothing was changed there by hand. Those that get all of it, or have it,
// are left out.
func (d *Delivery) Foresee(ctx context.Context, hosts []plan.Host) (deltas []deploy.Delta, err error) {
	d.Look(ctx, hosts)
	for _, h := range hosts {
		if h.Staged || h.Near != nil {
			continue
		}
		b, _ := d.best(h)
		if b == nil {
			continue
		}
		reuse := d.reuse(b, nil)
		delta, saves, err := d.plain(ctx, h, b, reuse)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil || !saves {
			continue
		}
		traffic := deploy.Traffic{Sent: delta.Size(), Reused: reuse.Bytes}
		i := slices.IndexFunc(deltas, func(other deploy.Delta) bool { return other.Traffic == traffic })
		if i < 0 {
			i, deltas = len(deltas), append(deltas, deploy.Delta{Traffic: traffic})
		}
		deltas[i].Hosts = append(deltas[i].Hosts, h.Name)
	}
	return deltas, nil
}

// told says what was done.
func (d *Delivery) told(reuse *content.Reuse, b *base, traffic deploy.Traffic) string {
	patched := ""
	if traffic.Patched > 0 {
		patched = ", patched " + deploy.Count(traffic.Patched)
	}
	return fmt.Sprintf("reused %s%s%s, sent %s, verified %s", files(reuse.Files), b.of, patched, deploy.Size(traffic.Sent), deploy.Size(d.total))
}

// copied makes the release of a base and a delta. It gives the paths of unfit members, too.
func (d *Delivery) copied(
	ctx context.Context, h plan.Host, b stage.Base, delta stage.Payload, rest release.Operation, traffic *deploy.Traffic,
) (unfit []string, err error) {
	count, end := d.counting(h.Name, traffic)
	defer end()
	op := stage.Copy(d.Fleet.On(h.Name).Site(), d.Schedule.Release, delta, b, &unfit, count)
	err = d.upload(ctx, h, op, rest)
	return unfit, err
}

// whole sends all of the release.
func (d *Delivery) whole(ctx context.Context, h plan.Host, rest release.Operation, traffic *deploy.Traffic) error {
	payload, err := d.Artifact.Payload(ctx, h.Encoding)
	if err != nil {
		return err
	}
	count, end := d.counting(h.Name, traffic)
	defer end()
	op := stage.Upload(d.Fleet.On(h.Name).Site(), d.Schedule.Release, payload, count)
	if err := d.upload(ctx, h, op, rest); err != nil {
		return err
	}
	d.Say(h.Name, fmt.Sprintf("sent %s, verified %d files and folders", deploy.Size(payload.Size()), d.Schedule.Artifact.Inodes))
	return nil
}

// upload does what makes the release on a host, and the rest. What a rollback brings has to prove itself there.
func (d *Delivery) upload(ctx context.Context, h plan.Host, op, rest release.Operation) error {
	if d.Schedule.Rollback() {
		op = stage.Unproven(op)
	}
	return d.Fleet.On(h.Name).Do(ctx, release.Then(op, rest))
}

// counting tells of an upload's progress, and counts what all tries of it sent, until end is called.
func (d *Delivery) counting(host string, traffic *deploy.Traffic) (count func(done, total int64), end func()) {
	return d.counted(traffic, func(done, total int64) { d.Progress(host, done, total) })
}

// counted counts what all tries of an upload sent, and tells of its progress, until end is called.
func (d *Delivery) counted(traffic *deploy.Traffic, progress func(done, total int64)) (count func(done, total int64), end func()) {
	var last int64
	try := &upload{link: d.link}
	count = func(done, total int64) {
		now := time.Now()
		if done <= last { // another try
			try.end(now)
			last, try = 0, &upload{link: d.link}
		}
		traffic.Sent += done - last
		try.took(done-last, now)
		last = done
		if done >= total {
			try.end(now)
		}
		progress(done, total)
	}
	return count, func() { try.end(time.Now()) }
}

// delta is the payload of what a base has not, and the patch that may take its place, nil where there is none; saves is false where they are
// hardly smaller than the whole.
func (d *Delivery) delta(ctx context.Context, h plan.Host, b *base, reuse *content.Reuse) (delta stage.Payload, p *patch, saves bool, err error) {
	delta, saves, err = d.plain(ctx, h, b, reuse)
	if err != nil {
		return nil, nil, false, err
	}
	if p = d.patch(ctx, h, b, reuse, delta); p != nil && !saves {
		saves = d.saves(b, p.payload)
	}
	return delta, p, saves, err
}

// plain is a delta without patches.
func (d *Delivery) plain(ctx context.Context, h plan.Host, b *base, reuse *content.Reuse) (delta stage.Payload, saves bool, err error) {
	if delta, err = d.Artifact.Delta(ctx, reuse, h.Encoding); err != nil {
		return nil, false, err
	}
	return delta, d.saves(b, delta), nil
}

// saves reports whether a payload is so much smaller than the whole that the host's work pays. What copies another environment's release
// always does.
func (d *Delivery) saves(b *base, p stage.Payload) bool {
	return b.same || d.Artifact.Packed()-p.Size() >= leastSaved
}

func (d *Delivery) isFileOrLink(path string) bool {
	member, ok := d.Artifact.Manifest().Find(path)
	return ok && member.Kind != content.Dir
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return deploy.Count(n) + " files"
}
