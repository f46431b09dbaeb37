package cache

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
)

// Members reads files of a kept content, each once, in the order of its payload.
type Members struct {
	ctx      context.Context
	manifest content.Manifest
	wanted   map[string]bool // that have not come yet
	most     int64           // bytes of a member
	unpacked int64           // bytes that the members to come may have
	left     int             // members that may come
	payload  *artifact.PayloadReader
	file     io.Closer
	damaged  func(error)

	member content.Member
	sum    hash.Hash // of what was read of it
}

// Members opens the payload of a content for reading some of its files, those of no more than most bytes each. It is decoded as far as
// the last of them. ok is false where it is not kept.
func (c *Cache) Members(ctx context.Context, digest deploy.Digest, paths []string, most int64) (members *Members, ok bool) {
	manifest, ok := c.Manifest(digest)
	if !ok {
		return nil, false
	}
	file, err := c.open(digest, payloadKind)
	if err != nil {
		return nil, false
	}
	damaged := func(err error) { c.damaged(digest, payloadKind, err) }
	members, err = newMembers(ctx, manifest, file, paths, most, c.limits.Unpacked, damaged)
	return members, err == nil
}

func newMembers(ctx context.Context, manifest content.Manifest, file io.ReadCloser, paths []string, most, unpacked int64, damaged func(error)) (*Members, error) {
	payload, err := artifact.NewPayloadReader(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	wanted := map[string]bool{}
	for _, path := range paths {
		if member, found := manifest.Find(path); found && member.Kind == content.File {
			wanted[path] = true
		}
	}
	const itself = 1 // the release's own folder
	return &Members{
		ctx: ctx, manifest: manifest, wanted: wanted, most: most, unpacked: unpacked, left: manifest.Len() + itself,
		payload: payload, file: file, damaged: damaged,
	}, nil
}

// Next goes to the next file that is wanted; its Size is how many bytes Read gives. It ends with io.EOF.
func (m *Members) Next() (content.Member, error) {
	for len(m.wanted) > 0 {
		if m.ctx.Err() != nil {
			return content.Member{}, context.Cause(m.ctx)
		}
		path, header, err := m.payload.Next()
		switch {
		case errors.Is(err, io.EOF):
			return content.Member{}, m.fail(errors.New("some of its members are missing"))
		case err != nil:
			return content.Member{}, m.fail(err)
		case m.left == 0 || header.Size > m.unpacked:
			return content.Member{}, m.fail(errors.New("it has more than it may have"))
		}
		m.left--
		m.unpacked -= header.Size
		if !m.wanted[path] || header.Typeflag != tar.TypeReg {
			continue
		}
		delete(m.wanted, path)
		if header.Size > m.most {
			continue
		}
		m.member, _ = m.manifest.Find(path)
		m.member.Size, m.sum = header.Size, sha256.New()
		return m.member, nil
	}
	return content.Member{}, io.EOF
}

// Read reads the file that Next gave. What it gave is good when it ends with io.EOF: a file that is not as the manifest says ends with
// another error.
func (m *Members) Read(p []byte) (int, error) {
	if m.ctx.Err() != nil {
		return 0, context.Cause(m.ctx)
	}
	n, err := m.payload.Read(p)
	m.sum.Write(p[:n])
	switch {
	case errors.Is(err, io.EOF):
		if !bytes.Equal(m.sum.Sum(nil), m.member.Hash[:]) {
			return n, m.fail(fmt.Errorf("%s in it is not as it was", content.Quote(m.member.Path)))
		}
	case err != nil:
		return n, m.fail(err)
	}
	return n, err
}

// fail is an error of the payload, which is of no use any more.
func (m *Members) fail(err error) error {
	m.damaged(err)
	return err
}

// Close ends the reading.
func (m *Members) Close() error {
	m.payload.Close()
	return m.file.Close()
}
