// Package changes says which files a deployment would add, change and remove on hosts, with a diff of the texts among them.
//
// It asks the hosts for the manifests of what they run, once for all that run the same, and changes nothing. It must not know when a
// deployment does what.
package changes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/contents"
)

// What a diff is made of at most: of a file, bytes; of one diff, bytes; files; and of all diffs together, bytes.
const (
	maxFile  = 128 << 10
	maxDiff  = 16 << 10
	maxFiles = 100
	maxAll   = 128 << 10
)

// Next is the content that the hosts would run: an artifact's, or a release's that a host has.
type Next interface {
	Content(ctx context.Context) (deploy.Digest, error)
	Manifest(ctx context.Context) (content.Manifest, error)
	// Files gives contents of files, by path; what cannot be given is left out.
	Files(ctx context.Context, paths []string, most int64) (map[string][]byte, error)
}

// Of says how the files differ from what each host runs. hidden are paths of which no content is shown. A host whose manifest cannot
// be had is told as unknown; it is the context's error alone that ends it.
func Of(ctx context.Context, hosts *fleet.Fleet, live []deploy.LiveRelease, next Next, hidden []string) ([]deploy.FileChanges, error) {
	digest, err := next.Content(ctx)
	if err != nil {
		return nil, err
	}
	var groups []group
	for _, found := range digests(ctx, hosts, live) {
		at := slices.IndexFunc(groups, func(g group) bool { return g.digest == found.digest && g.Unknown == found.Unknown })
		if at < 0 {
			groups = append(groups, found)
		} else {
			groups[at].Hosts = append(groups[at].Hosts, found.Hosts...)
		}
	}
	var all []deploy.FileChanges
	for _, g := range groups {
		if g.Unknown == "" && g.digest != digest {
			if err := g.compare(ctx, hosts, next, hidden); err != nil {
				if ctx.Err() != nil {
					return nil, context.Cause(ctx)
				}
				g.Unknown = err.Error()
			}
		}
		all = append(all, g.FileChanges)
	}
	return all, nil
}

// group is hosts that run the same content.
type group struct {
	deploy.FileChanges
	digest deploy.Digest // "" is nothing
}

// digests are what each host runs, in order: a group for each.
func digests(ctx context.Context, hosts *fleet.Fleet, live []deploy.LiveRelease) []group {
	return fanout.Do(live, func(l deploy.LiveRelease) (g group) {
		g.Hosts, g.Live = []string{l.Host}, l.Release
		switch {
		case l.Foreign != "":
			g.Unknown = "another tool made what is live: " + l.Foreign
			return g
		case l.Release == "":
			return g
		}
		h := hosts.On(l.Host)
		defer h.Lease(ctx)()
		switch err := h.Do(ctx, contents.Digest(h.Site(), l.Release, &g.digest)); {
		case err != nil:
			g.Unknown = err.Error()
		case g.digest == "":
			g.Unknown = fmt.Sprintf("%s has no manifest there", l.Release)
		}
		return g
	})
}

// compare fills in how the files differ.
func (g *group) compare(ctx context.Context, hosts *fleet.Fleet, next Next, hidden []string) error {
	manifest, err := next.Manifest(ctx)
	if err != nil {
		return err
	}
	var old content.Manifest
	on := &OnHost{Host: hosts.On(g.Hosts[0]), Release: g.Live}
	if g.Live != "" {
		if old, err = on.Manifest(ctx); err != nil {
			return err
		}
	}
	var texts []string
	for _, d := range content.Compare(old, manifest) {
		path := d.Path()
		switch d.Change {
		case content.Added:
			g.Added = append(g.Added, path)
		case content.Removed:
			g.Removed = append(g.Removed, path)
		case content.Changed:
			g.Changed = append(g.Changed, path)
			if d.Old.Kind == content.File && d.New.Kind == content.File && d.Old.Hash != d.New.Hash && len(texts) < maxFiles && !below(path, hidden) {
				texts = append(texts, path)
			}
		}
	}
	if len(texts) == 0 {
		return nil
	}
	before, err := on.Files(ctx, texts, maxFile)
	if err != nil {
		return err
	}
	after, err := next.Files(ctx, texts, maxFile)
	if err != nil {
		return err
	}
	g.Diffs = diffs(texts, before, after)
	return nil
}

// below reports whether a path is one of some, or lies below one.
func below(path string, some []string) bool {
	return slices.ContainsFunc(some, func(s string) bool { return path == s || strings.HasPrefix(path, s+"/") })
}

func diffs(paths []string, before, after map[string][]byte) []deploy.FileDiff {
	var list []deploy.FileDiff
	total := 0
	for _, path := range paths {
		a, had := before[path]
		b, has := after[path]
		if !had || !has || !isText(a) || !isText(b) {
			continue
		}
		text := udiff.Unified("a/"+path, "b/"+path, string(a), string(b))
		if len(text) > maxDiff || total+len(text) > maxAll {
			continue
		}
		total += len(text)
		list = append(list, deploy.FileDiff{Path: path, Text: text})
	}
	return list
}

func isText(content []byte) bool {
	return utf8.Valid(content) && !bytes.ContainsRune(content, 0)
}

// OfArtifact is the content of an artifact.
type OfArtifact struct{ *artifact.Artifact }

// Content is its digest.
func (a OfArtifact) Content(context.Context) (deploy.Digest, error) { return a.Artifact.Content(), nil }

// Manifest is its own.
func (a OfArtifact) Manifest(context.Context) (content.Manifest, error) {
	return a.Artifact.Manifest(), nil
}

// OnHost is the content of a release as a host has it.
type OnHost struct {
	Host    *fleet.Host
	Release deploy.ReleaseID

	read *content.Manifest
}

// Content is its digest.
func (r *OnHost) Content(ctx context.Context) (digest deploy.Digest, err error) {
	defer r.Host.Lease(ctx)()
	err = r.Host.Do(ctx, contents.Digest(r.Host.Site(), r.Release, &digest))
	if err == nil && digest == "" {
		err = fmt.Errorf("%s has no manifest there", r.Release)
	}
	return digest, err
}

// Manifest is what the host has of it.
func (r *OnHost) Manifest(ctx context.Context) (content.Manifest, error) {
	if r.read != nil {
		return *r.read, nil
	}
	defer r.Host.Lease(ctx)()
	var manifest content.Manifest
	err := r.Host.Do(ctx, contents.Manifest(r.Host.Site(), r.Release, &manifest))
	if err == nil {
		r.read = &manifest
	}
	return manifest, err
}

// Files are those that still hold what the manifest says.
func (r *OnHost) Files(ctx context.Context, paths []string, most int64) (map[string][]byte, error) {
	manifest, err := r.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	asked := make([]contents.File, 0, len(paths))
	for _, path := range paths {
		member, ok := manifest.Find(path)
		if !ok {
			return nil, errors.New(path + " is not in the manifest")
		}
		asked = append(asked, contents.File{Path: path, Hash: member.Hash})
	}
	defer r.Host.Lease(ctx)()
	found := map[string][]byte{}
	return found, r.Host.Do(ctx, contents.Files(r.Host.Site(), r.Release, asked, most, found))
}
