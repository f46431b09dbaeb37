// Package artifact reads the tarball that CI built: it checks every member, takes both digests, writes the manifest, and
// rewrites the members to the tar that hosts unpack, all while reading the file once. That tar is compressed when it is sent.
//
// Terms: the artifact is the file; its content is what it unpacks to; a member is one file, folder or link of the content;
// the payload is the content rewritten to plain members, with the manifest, compressed once for all hosts.
//
// # Member rules
//
// What is refused, with a reason that names the member:
//   - names that are absolute, empty, have a ".." in them, or a line break or NUL, or are longer than a file system takes;
//   - symbolic links whose target is absolute, empty or unprintable as above, or leads out of the release, whether as
//     written or by way of other links of the artifact; but for absolute targets that Options allow by name;
//   - hard links to anything but a regular file or a symbolic link that comes earlier in the artifact;
//   - devices, FIFOs and whatever else is no regular file, folder or link;
//   - two members of one name (a folder may be stated again), and members below one that is no folder;
//   - an archive that is empty, cut off, damaged, or has other data after its end; zeros after a gzip stream, and one line
//     break, are padding;
//   - content in which no file but empty and hidden ones is left: such a build would replace a site by nothing;
//   - content of more bytes than Options allow, sparse files and hard links at their full size, or of more than content.MaxMembers.
//
// What is rewritten:
//   - modes become 0755 & mode | 0600 for files and 0755 for folders: no setuid, setgid or sticky bit, nothing that other
//     users may write, nothing that its owner may not;
//   - hard links become files or links of their own, sparse files are written out, folders that only paths imply are added;
//   - owners, times, extended attributes and access lists are dropped.
//
// So the payload holds regular files, folders and symbolic links only, each below folders that come before it.
//
// The package must not know hosts, or how a payload gets there.
package artifact

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
)

// defaultMaxSize is how much an artifact may unpack to, in bytes, where Options do not say.
const defaultMaxSize = 20_000_000_000

// Options are what may be asked of Open. The zero value is good.
type Options struct {
	StripComponents int      // leading folders dropped from every name, as tar's --strip-components
	TempDir         string   // where the payload is kept; "" is the system's
	MaxSize         int64    // bytes that it may unpack to; 0 is defaultMaxSize
	AllowLinks      []string // absolute paths that symbolic links may have as their target
	Name            string   // what messages call it; "" is its path
}

// Artifact is a tarball that was read whole and found good. It holds temporary files until it is closed.
type Artifact struct {
	sha256   deploy.Digest
	size     int64
	revision string
	notes    []string
	manifest content.Manifest
	content  deploy.Digest
	shape    shape
	packed   int64 // about what a payload of all has, compressed, in bytes
	store    newStore
	plain    *Payload      // the tar that hosts unpack, before it is compressed
	making   *making       // what is compressed of it at the moment
	gate     chan struct{} // guards what follows; a channel, so that waiting ends with a context
	wholes   []*Payload    // that somebody asked for, one of an encoding
	deltas   []delta       // likewise
	patched  []*Payload    // likewise
}

// making is what goes on in the background until the artifact is closed.
type making struct {
	context.Context
	stop  context.CancelFunc
	group sync.WaitGroup
}

// Open reads the artifact at path once, from its first byte to its last. Memory does not grow with its size, only with
// the number of its members. What is wrong with it comes back as a *deploy.Error with a hint; a context's error as itself.
func Open(ctx context.Context, path string, opts Options) (*Artifact, error) {
	a, err := read(ctx, fileAt(path), opts, storeIn(opts.TempDir))
	if err != nil {
		return nil, explain(ctx, cmp.Or(opts.Name, path), err)
	}
	return a, nil
}

func read(ctx context.Context, from input, opts Options, store newStore) (_ *Artifact, err error) {
	opts.MaxSize = cmp.Or(opts.MaxSize, defaultMaxSize)
	in, err := openStream(ctx, from, opts.MaxSize)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := newPayloadWriter(store, "", toStore)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			out.discard()
		}
	}()
	tree, err := rewrite(ctx, in, out, opts)
	if err != nil {
		return nil, err
	}
	tree.shape.encoding = in.format.encoding()
	manifest, err := tree.manifest()
	if err != nil {
		return nil, err
	}
	if len(tree.copies) > 0 {
		if err := writeHardLinks(ctx, tree.copies, manifest, out); err != nil {
			return nil, err
		}
	}
	digest := manifest.Content()
	if err := out.writeManifest(manifest, digest); err != nil {
		return nil, err
	}
	plain, err := out.finish()
	if err != nil {
		return nil, err
	}
	packed := in.size
	if in.format == formatTar || len(tree.copies) > 0 || tree.drops > 0 { // else the file has as many, compressed
		if packed, err = sampled(plain.section()); err != nil {
			return nil, err
		}
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	return &Artifact{
		sha256:   deploy.Digest(hex.EncodeToString(in.sum.Sum(nil))),
		size:     in.size,
		revision: in.revision,
		notes:    tree.notes(manifest),
		manifest: manifest,
		content:  digest,
		shape:    tree.shape,
		packed:   packed,
		store:    store,
		plain:    plain,
		making:   &making{Context: background, stop: stop},
		gate:     make(chan struct{}, 1),
	}, nil
}

func (m *making) start(do func(context.Context)) { m.group.Go(func() { do(m) }) }

// SHA256 is the digest of the file.
func (a *Artifact) SHA256() deploy.Digest { return a.sha256 }

// Content is the digest of the content: the same for the same tree, whenever and however it was packed.
func (a *Artifact) Content() deploy.Digest { return a.content }

// Size is the file's, in bytes.
func (a *Artifact) Size() int64 { return a.size }

// Revision is the commit that the artifact says it was built of: the comment in its global header, where git archive and
// package pack write it. "" when it says none.
func (a *Artifact) Revision() string { return a.revision }

// Notes are what is odd about the content and often a mistake of the build, a sentence each.
func (a *Artifact) Notes() []string { return a.notes }

// Manifest lists the members.
func (a *Artifact) Manifest() content.Manifest { return a.manifest }

// Unpacked is what a host needs to unpack the content: bytes, with every file and folder rounded up to 4 KiB, and inodes,
// with one for the release's own folder.
func (a *Artifact) Unpacked() (bytes, inodes int64) {
	const block = 4096
	bytes, inodes = block, 1
	for m := range a.manifest.Members() {
		inodes++
		switch m.Kind {
		case content.File:
			bytes += (m.Size + block - 1) / block * block
		case content.Dir:
			bytes += block
		case content.Link: // kept in its inode
		}
	}
	return bytes, inodes
}

// Close gives the temporary files back. Payloads and their readers end with it. It waits for a Payload under way.
func (a *Artifact) Close() error {
	a.making.stop()
	a.gate <- struct{}{}
	defer func() { <-a.gate }()
	a.making.group.Wait()
	made := slices.Concat([]*Payload{a.plain}, a.wholes, a.patched)
	for _, d := range a.deltas {
		made = append(made, d.Payload)
	}
	var failed []error
	for _, p := range made {
		failed = append(failed, p.store.Close())
	}
	return errors.Join(failed...)
}

// Payload gives the payload of all members in an encoding. It is made from when it is first asked for, once however many ask, and can be
// read meanwhile. It is good until the artifact is closed.
func (a *Artifact) Payload(ctx context.Context, encoding string) (*Payload, error) {
	if encoding != Zstd && encoding != Gzip {
		return nil, fmt.Errorf("unknown payload encoding %q", encoding)
	}
	leave, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if i := slices.IndexFunc(a.wholes, func(p *Payload) bool { return p.encoding == encoding }); i >= 0 {
		return a.wholes[i], nil
	}
	kept, err := a.store()
	if err != nil {
		return nil, err
	}
	made := newPayload(kept, encoding, a.plain.Size())
	a.wholes = append(a.wholes, made)
	a.making.start(func(ctx context.Context) { //nolint:contextcheck // it goes on for others when who asked first has gone
		made.finish(compress(ctx, a.plain.section(), made))
	})
	return made, nil
}

// enter waits until what is made on demand is nobody else's.
func (a *Artifact) enter(ctx context.Context) (leave func(), err error) {
	select {
	case a.gate <- struct{}{}:
		return func() { <-a.gate }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
