// Package artifact reads the tarball that CI built: it checks every member, takes both digests, writes the manifest, and
// makes the payload that hosts unpack, all while reading the file once. Pack builds such a tarball.
//
// Terms: the artifact is the file; its content is what it unpacks to; a member is one file, folder or link of the content;
// the payload is the content rewritten to plain members, with the manifest, compressed once for all hosts.
//
// # Member rules
//
// What is refused, with a reason that names the member:
//   - names that are absolute, empty, have a ".." in them, or a line break or NUL, or are longer than a file system takes;
//   - symbolic links whose target is absolute, empty or unprintable as above, or leads out of the release, whether as
//     written or by way of other links of the artifact;
//   - hard links to anything but a regular file that comes earlier in the artifact;
//   - devices, FIFOs and whatever else is no regular file, folder or link;
//   - two members of one name (a folder may be stated again), and members below one that is no folder;
//   - an archive that is empty, cut off, damaged, or has other data after its end.
//
// What is rewritten:
//   - modes become 0755 & mode | 0600 for files and 0755 for folders: no setuid, setgid or sticky bit, nothing that other
//     users may write, nothing that its owner may not;
//   - hard links become files, sparse files are written out, folders that only paths imply are added;
//   - owners, times, extended attributes and access lists are dropped.
//
// So the payload holds regular files, folders and symbolic links only, each below folders that come before it.
//
// The package must not know hosts, or how a payload gets there.
package artifact

import (
	"context"
	"encoding/hex"
	"os"

	"slipway/internal/deploy"
)

// Options are what may be asked of Open. The zero value is good.
type Options struct {
	StripComponents int                     // leading folders dropped from every name, as tar's --strip-components
	TempDir         string                  // where the payload is kept; "" is the system's
	Progress        func(done, total int64) // bytes of the file read so far; called from another goroutine, may be nil
}

// Artifact is a tarball that was read whole and found good. It holds temporary files until it is closed.
type Artifact struct {
	sha256   deploy.Digest
	size     int64
	manifest Manifest
	content  deploy.Digest
	tempDir  string
	zstd     *blob
	gate     chan struct{} // guards gzip; a channel, so that waiting ends with a context
	gzip     *blob         // nil until somebody asked for it
}

// Open reads the artifact at path once, from its first byte to its last. Memory does not grow with its size, only with
// the number of its members. What is wrong with it comes back as a *deploy.Error with a hint; a context's error as itself.
func Open(ctx context.Context, path string, opts Options) (*Artifact, error) {
	a, err := read(ctx, path, opts)
	if err != nil {
		return nil, explain(ctx, path, err)
	}
	return a, nil
}

func read(ctx context.Context, path string, opts Options) (_ *Artifact, err error) {
	in, err := openStream(ctx, path, opts.Progress)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := newPayloadWriter(opts.TempDir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			out.discard()
		}
	}()
	tree, err := rewrite(ctx, in, out, opts.StripComponents)
	if err != nil {
		return nil, err
	}
	manifest, err := tree.manifest()
	if err != nil {
		return nil, err
	}
	if len(tree.copies) > 0 {
		if err := writeHardLinks(ctx, path, opts, tree, manifest, out); err != nil {
			return nil, err
		}
	}
	content := manifest.Content()
	if err := out.writeManifest(manifest, content); err != nil {
		return nil, err
	}
	payload, err := out.finish()
	if err != nil {
		return nil, err
	}
	return &Artifact{
		sha256:   deploy.Digest(hex.EncodeToString(in.sum.Sum(nil))),
		size:     in.size,
		manifest: manifest,
		content:  content,
		tempDir:  opts.TempDir,
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

// Manifest lists the members.
func (a *Artifact) Manifest() Manifest { return a.manifest }

// Unpacked is what a host needs to unpack the content: bytes, with every file and folder rounded up to 4 KiB, and inodes,
// with one for the release's own folder.
func (a *Artifact) Unpacked() (bytes, inodes int64) {
	const block = 4096
	bytes, inodes = block, 1
	for m := range a.manifest.Members() {
		inodes++
		switch m.Kind {
		case File:
			bytes += (m.Size + block - 1) / block * block
		case Dir:
			bytes += block
		case Link: // kept in its inode
		}
	}
	return bytes, inodes
}

// Close gives the temporary files back. Payloads and their readers end with it. It waits for a Payload under way.
func (a *Artifact) Close() error {
	a.gate <- struct{}{}
	defer func() { <-a.gate }()
	err := a.zstd.close()
	if a.gzip != nil {
		if e := a.gzip.close(); err == nil {
			err = e
		}
	}
	return err
}

// tempFile makes a file that is nobody's but ours. Where the system permits it, it has no name any more when this
// returns, so that not even a killed process leaves it behind; else name is what must be removed.
func tempFile(dir string) (file *os.File, name string, err error) {
	file, err = os.CreateTemp(dir, "slipway-payload-*")
	if err != nil {
		return nil, "", tempError(err)
	}
	if os.Remove(file.Name()) != nil {
		name = file.Name()
	}
	return file, name, nil
}
