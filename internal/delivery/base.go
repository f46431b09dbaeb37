package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/contents"
	"github.com/slipway/slipway/internal/release/stage"
)

// base is a release on a host.
type base struct {
	stage.Base
	id      deploy.ReleaseID // "" where it is another environment's
	content deploy.Digest
	name    string // for people
	of      string // for a line that says what was reused, where that has to be said; "" else
	same    bool   // it is another environment's, of the same content
}

// choose gives the bases to be tried on a host, the best first; none where all is to be sent. why says so where there might have been
// one, and people expect it.
func (d *Delivery) choose(h plan.Host) (bases []*base, why string) {
	if h.Near != nil {
		return d.near(*h.Near), ""
	}
	best, why := d.best(h)
	if best == nil {
		return nil, why
	}
	return []*base{best}, ""
}

// near is another environment's release of the same content. Its records may be another user's: the manifest comes along, then.
func (d *Delivery) near(n plan.Nearby) (bases []*base) {
	name := n.Environment + "'s release"
	for _, records := range []string{n.Records, ""} {
		bases = append(bases, &base{
			Base: stage.Base{Folder: n.Folder, Records: records}, content: d.Schedule.Artifact.Content, name: name, of: " of " + name + " on this host", same: true,
		})
	}
	return bases
}

// best is the release on a host that has the most bytes of the new one.
func (d *Delivery) best(h plan.Host) (best *base, why string) {
	site, most, same := d.Fleet.On(h.Name).Site(), int64(-1), int64(0)
	for _, r := range d.Schedule.Bases(h) {
		if _, known := d.manifests[r.Content]; !known {
			if d.unread != nil {
				why = fmt.Sprintf("what the releases there hold could not be read: %v", d.unread)
			}
			continue
		}
		b := &base{Base: stage.Base{Folder: site.Release(r.ID), Records: site.Records(r.ID)}, id: r.ID, content: r.Content, name: string(r.ID)}
		reuse := d.reuse(b, nil)
		has := reuse.Bytes
		if h.Facts.Patches && (d.Old != nil || d.having[b.content] >= leastAlike || d.Recorded != nil && !builtBy(h, b).IsZero()) {
			_, patched := d.chosen(reuse.Changed)
			has += patched / 2 // how much they have in common nobody knows yet
		}
		if has > most {
			best, most, same = b, has, reuse.Bytes
		}
	}
	const least = 4 // a part of so many
	if best != nil && most*least < d.total {
		return nil, fmt.Sprintf("%s has %s of its %s", best.name, deploy.Size(same), deploy.Size(d.total))
	}
	return best, why
}

// reuse is what of a base is copied, where some members are unfit: the same value for all hosts that have the same.
func (d *Delivery) reuse(b *base, unfit []string) *content.Reuse {
	unfit = slices.Sorted(slices.Values(unfit))
	key := fmt.Sprintf("%s %t %q", b.content, b.Records == "", unfit)
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.reuses[key]; known != nil {
		return known
	}
	made := content.NewReuse(d.manifests[b.content], d.Artifact.Manifest(), func(path string) bool {
		_, found := slices.BinarySearch(unfit, path)
		return found || d.Schedule.Linked(path)
	})
	if b.Records == "" {
		made.Base = nil
	}
	d.reuses[key] = made
	return made
}

// What asking for manifests may take: hosts that are asked, time for each, and the bytes of a member's line when it is compressed, most of
// them its hash.
const (
	mostAsked  = 3
	askTimeout = time.Minute
	lineSize   = 50
)

// Along carries an operation out on each of hosts, before Look. One of them is asked in the same command what its releases hold, if that
// has to be asked: it needs no round trip of its own then. What it does not answer is asked by Look.
func (d *Delivery) Along(ctx context.Context, hosts []plan.Host) (do func(host string, op release.Operation) error) {
	var ask plan.Host
	var ids []deploy.ReleaseID
	if hosts = d.lacking(hosts); len(hosts) > 0 {
		ask, ids = d.next(hosts)
	}
	return func(host string, op release.Operation) error {
		there := d.Fleet.On(host)
		if len(ids) > 0 && host == ask.Name {
			within, cancel := context.WithTimeout(ctx, askTimeout)
			err := there.Do(within, release.Then(op, contents.Manifests(there.Site(), ids, d.manifests)))
			cancel()
			if err == nil || ctx.Err() != nil {
				return err
			}
		}
		return there.Do(ctx, op)
	}
}

// Look gets the manifests of what hosts have: those that are at hand, and each other content once of a host that has it. No host may be
// leased meanwhile. Where one cannot be had more is sent.
func (d *Delivery) Look(ctx context.Context, hosts []plan.Host) {
	hosts = d.lacking(hosts)
	d.count(hosts)
	for range mostAsked {
		ask, ids := d.next(hosts)
		if len(ids) == 0 {
			return
		}
		hosts = slices.DeleteFunc(hosts, func(h plan.Host) bool { return h.Name == ask.Name })
		if err := d.ask(ctx, ask, ids); err != nil {
			d.unread = err
		}
	}
}

// lacking are the hosts that may get a delta of what they have, whose manifests are taken as far as they are at hand. A small artifact is
// sent whole to all.
func (d *Delivery) lacking(hosts []plan.Host) []plan.Host {
	if d.Artifact.Packed() < leastSaved+lineSize*int64(d.Artifact.Manifest().Len()) {
		return nil
	}
	hosts = slices.DeleteFunc(slices.Clone(hosts), func(h plan.Host) bool { return h.Staged || h.Near != nil })
	d.recall(hosts)
	return hosts
}

// next is the host that can tell most of what is not known, and the releases that it is asked for.
func (d *Delivery) next(hosts []plan.Host) (ask plan.Host, ids []deploy.ReleaseID) {
	for _, h := range hosts {
		if lacking := d.unknown(h); len(lacking) > len(ids) {
			ask, ids = h, lacking
		}
	}
	return ask, ids
}

// recall takes what need not be asked.
func (d *Delivery) recall(hosts []plan.Host) {
	if d.Known == nil {
		return
	}
	for _, h := range hosts {
		for _, r := range d.Schedule.Bases(h) {
			if _, known := d.manifests[r.Content]; known || d.tried[r.Content] {
				continue
			}
			d.tried[r.Content] = true
			if m, ok := d.Known(r.Content); ok {
				d.manifests[r.Content] = m
			}
		}
	}
}

// unknown are the releases on a host of whose contents nobody knows the manifest.
func (d *Delivery) unknown(h plan.Host) (ids []deploy.ReleaseID) {
	seen := map[deploy.Digest]bool{}
	for _, r := range d.Schedule.Bases(h) {
		if _, known := d.manifests[r.Content]; !known && !seen[r.Content] {
			seen[r.Content] = true
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func (d *Delivery) ask(ctx context.Context, h plan.Host, ids []deploy.ReleaseID) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	there := d.Fleet.On(h.Name)
	defer there.Lease(ctx)()
	if err := there.Do(ctx, contents.Manifests(there.Site(), ids, d.manifests)); err != nil {
		return err
	}
	if lacking := d.unknown(h); len(lacking) > 0 {
		return fmt.Errorf("the manifest of %s on %s is not of the content that it names", lacking[0], h.Name)
	}
	return nil
}
