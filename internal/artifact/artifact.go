// Package artifact reads the tarball that CI built: it checks every member, takes both digests, writes the manifest, and
// makes the payload that hosts unpack, all while reading the file once.
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
	"slices"

	"slipway/internal/artifact/content"
	"slipway/internal/deploy"
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
	store    newStore
	zstd     *Payload
	gate     chan struct{} // guards what follows; a channel, so that waiting ends with a context
	gzip     *Payload      // nil until somebody asked for it
	deltas   []delta       // likewise
	patched  []*Payload    // likewise
}

// Open reads the artifact at path once, from its first byte to its last. Memory does not grow with its size, only with
// the number of its members. What is wrong with it comes back as a *deploy.Error with a hint; a context's error as itself.
func Open(ctx context.Context, path string, opts Options) (*Artifact, error) {
	a, err := read(ctx, fileAt(path), opts, storeIn(opts.TempDir), toZstd)
	if err != nil {
		return nil, explain(ctx, cmp.Or(opts.Name, path), err)
	}
	return a, nil
}

func read(ctx context.Context, from input, opts Options, store newStore, compress compressor) (_ *Artifact, err error) {
	opts.MaxSize = cmp.Or(opts.MaxSize, defaultMaxSize)
	in, err := openStream(ctx, from, opts.MaxSize)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := newPayloadWriter(store, compress)
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
		if err := writeHardLinks(ctx, from, opts, tree, manifest, out, store); err != nil {
			return nil, err
		}
	}
	digest := manifest.Content()
	if err := out.writeManifest(manifest, digest); err != nil {
		return nil, err
	}
	payload, err := out.finish()
	if err != nil {
		return nil, err
	}
	return &Artifact{
		sha256:   deploy.Digest(hex.EncodeToString(in.sum.Sum(nil))),
		size:     in.size,
		revision: in.revision,
		notes:    tree.notes(manifest),
		manifest: manifest,
		content:  digest,
		shape:    tree.shape,
		store:    store,
		zstd:     payload,
		gate:     make(chan struct{}, 1),
	}, nil
}

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
	a.gate <- struct{}{}
	defer func() { <-a.gate }()
	err := a.zstd.store.Close()
	made := slices.Clone(a.patched)
	for _, d := range a.deltas {
		made = append(made, d.Payload)
	}
	if a.gzip != nil {
		made = append(made, a.gzip)
	}
	for _, p := range made {
		if e := p.store.Close(); err == nil {
			err = e
		}
	}
	return err
}
