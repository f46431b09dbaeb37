// Package cache keeps on the runner what was deployed: of each content its manifest and its payload, so that a later deployment knows
// what hosts have without asking them.
//
// Terms: the folder is the one that the user names; entries lie in a folder of their own in it. An entry is what is kept of one content:
// <content digest>.manifest-1, <content digest>.payload-1, and for each application and environment that deployed it an empty file
// <content digest>.of-<which>, whose time says when it last did. The number is that of the format.
//
// Nothing here fails a deployment: a full disk, missing rights and damaged files are told once, and cost bytes or a question to a host.
// Nothing that is read is believed: a manifest is of the content digest that was asked for, and a member has the hash that the manifest
// says. Each file is written beside its place and renamed, so that processes need no lock: the worst that one does to another is to
// remove an entry, which is the same as not to have it.
//
// The package must not know hosts, or what the contents are for.
package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// Limits are bounds of what is kept, and of what is read.
type Limits struct {
	Contents int   // of each application and environment; the newest stay
	Bytes    int64 // of all entries together; the newest stay
	Unpacked int64 // that the members of a payload may have
}

// Cache is a folder of entries. Its methods may be called concurrently, and by several processes.
type Cache struct {
	dir    string // of the entries
	whose  string
	limits Limits
	notice func(text string)
	once   sync.Once
}

// folder is the entries' own, so that no file of the user's lies among them.
const folder = "slipway-artifacts"

// Open is the cache in a folder, which need not be there yet, for the application and environment that whose names, in any form. The
// first thing that goes wrong is told to notice, and no other.
func Open(dir, whose string, limits Limits, notice func(text string)) *Cache {
	sum := sha256.Sum256([]byte(whose))
	return &Cache{dir: filepath.Join(dir, folder), whose: hex.EncodeToString(sum[:8]), limits: limits, notice: notice}
}

// The ends of the names of an entry's files, and the beginning of the name of one that is being written.
const (
	manifestKind = ".manifest-1"
	payloadKind  = ".payload-1"
	markKind     = ".of-"
	unfinished   = "new-"
)

// Keep keeps what was deployed.
func (c *Cache) Keep(ctx context.Context, a *artifact.Artifact) {
	if err := c.keep(ctx, a); err != nil && ctx.Err() == nil {
		c.tell("the artifact was not kept in `cache_dir`", err)
	}
}

func (c *Cache) keep(ctx context.Context, a *artifact.Artifact) error {
	if err := makeFolder(c.dir); err != nil {
		return err
	}
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // it was only read
	name, manifest := string(a.Content()), a.Manifest()
	var payload *artifact.Payload
	size, there := sizeOf(root, name+payloadKind)
	if !there { // else nothing need be compressed
		if payload, err = made(ctx, a); err != nil {
			return err
		}
		size = payload.Size()
	}
	if err := write(root, name+markKind+c.whose, func(io.Writer) error { return nil }); err != nil {
		return err
	}
	if err := c.evict(root, a.Content(), size); err != nil { // room is made first
		return err
	}
	if _, ok := c.Manifest(a.Content()); !ok {
		if err := write(root, name+manifestKind, func(w io.Writer) error { return writeManifest(w, manifest) }); err != nil {
			return err
		}
	}
	if there || size > c.limits.Bytes {
		return nil
	}
	return write(root, name+payloadKind, func(w io.Writer) error {
		from, err := payload.Open()
		if err != nil {
			return err
		}
		defer func() { _ = from.Close() }() // it was only read
		_, err = io.Copy(w, reader(func(p []byte) (int, error) {
			if ctx.Err() != nil {
				return 0, context.Cause(ctx)
			}
			return from.Read(p)
		}))
		return err
	})
}

// made is the payload of an artifact, all of it.
func made(ctx context.Context, a *artifact.Artifact) (*artifact.Payload, error) {
	payload, err := a.Payload(ctx, artifact.Zstd)
	if err == nil {
		err = payload.Wait(ctx)
	}
	return payload, err
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

var digestForm = lazyregexp.New(`^[0-9a-f]{64}$`)

// Manifest is that of a content, where it is kept.
func (c *Cache) Manifest(digest deploy.Digest) (content.Manifest, bool) {
	file, err := c.open(digest, manifestKind)
	if err != nil {
		return content.Manifest{}, false
	}
	defer func() { _ = file.Close() }() // it was only read
	m, err := readManifest(file)
	if err == nil && m.Content() != digest {
		err = errors.New("it is not of the content that it names")
	}
	if err != nil {
		c.damaged(digest, manifestKind, err)
		return content.Manifest{}, false
	}
	return m, true
}

// open opens a file of an entry for reading. Why it cannot is told, unless it is not there.
func (c *Cache) open(digest deploy.Digest, kind string) (*os.File, error) {
	if !digestForm.MatchString(string(digest)) { // it is what a host says
		return nil, fs.ErrNotExist
	}
	file, err := openFile(c.dir, string(digest)+kind)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.tell("`cache_dir` cannot be read", err)
	}
	return file, err
}

// damaged removes what cannot be used, so that it is kept anew.
func (c *Cache) damaged(digest deploy.Digest, kind string, err error) {
	name := filepath.Join(c.dir, string(digest)+kind)
	_ = os.Remove(name) // where that fails it is found again, and told again
	c.tell(fmt.Sprintf("%s, in `cache_dir`, is damaged and was not used", name), err)
}

// tell tells what went wrong. Where one thing does others often follow, and none of them matters to a deployment.
func (c *Cache) tell(what string, err error) {
	c.once.Do(func() { c.notice(fmt.Sprintf("%s: %v; a deployment can do without it", what, err)) })
}
