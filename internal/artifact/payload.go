package artifact

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// The encodings of a payload.
const (
	Zstd = "zstd"
	Gzip = "gzip"
)

// Payload is what a host unpacks: a GNU tar with tree/ and the manifest (docs/packages.md, Shared formats), compressed. It may be read
// while it is made.
type Payload struct {
	store    store
	encoding string
	plain    int64 // bytes of the tar that it is made of; 0 where it is there at once

	mu       sync.Mutex
	more     sync.Cond // readers wait for more of it
	room     sync.Cond // its maker waits for readers
	size     int64     // so far
	taken    int64     // bytes of the tar that are in it
	ended    bool
	err      error     // why it is not whole, once it has ended
	readers  int       // that are open
	opened   int64     // readers there have been
	awaited  int       // who wait for all of it
	furthest int64     // how far the first of the readers is
	given    int64     // bytes that all readers got
	since    time.Time // when the first of them was given any
}

// newPayload is an empty one, which Write adds to until finish.
func newPayload(kept store, encoding string, plain int64) *Payload {
	p := &Payload{store: kept, encoding: encoding, plain: plain}
	p.more.L, p.room.L = &p.mu, &p.mu
	return p
}

// Open reads it from its beginning; each reader is independent of the others. A read waits for what is not made yet.
func (p *Payload) Open() (io.ReadCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.readers++
	p.opened++
	return &payloadReader{of: p}, nil
}

// Size is compressed, in bytes. While it is made that is about what it will have.
func (p *Payload) Size() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ended || p.plain == 0:
		return p.size
	case p.taken == 0:
		return p.plain
	}
	return int64(float64(p.size) * float64(p.plain) / float64(p.taken))
}

// Encoding is Zstd or Gzip.
func (p *Payload) Encoding() string { return p.encoding }

// Wait waits until all of it is made, and gives why it could not be.
func (p *Payload) Wait(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.more.Broadcast()
	})()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.awaited++
	defer func() { p.awaited-- }()
	p.room.Broadcast()
	for !p.ended {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p.more.Wait()
	}
	return p.err
}

// section is what there is of it.
func (p *Payload) section() *io.SectionReader {
	p.mu.Lock()
	defer p.mu.Unlock()
	return io.NewSectionReader(p.store, 0, p.size)
}

// Write adds to it.
func (p *Payload) Write(b []byte) (int, error) { return len(b), p.add(b, 0) }

// add adds what so many bytes of the tar became.
func (p *Payload) add(b []byte, taken int64) error {
	n, err := p.store.Write(b)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size += int64(n)
	p.taken += taken
	p.more.Broadcast()
	return err
}

// finish says that there is no more of it.
func (p *Payload) finish(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended, p.err = true, err
	p.more.Broadcast()
}

// payloadReader reads a payload that may grow.
type payloadReader struct {
	of     *Payload
	at     int64
	closed sync.Once
}

// Close lets its maker go on without this reader.
func (r *payloadReader) Close() error {
	r.closed.Do(func() {
		r.of.mu.Lock()
		defer r.of.mu.Unlock()
		r.of.readers--
		r.of.room.Broadcast()
	})
	return nil
}

func (r *payloadReader) Read(b []byte) (int, error) {
	p := r.of
	p.mu.Lock()
	for r.at == p.size && !p.ended {
		p.more.Wait()
	}
	left, err := p.size-r.at, p.err
	p.mu.Unlock()
	if left == 0 {
		if err == nil {
			err = io.EOF
		}
		return 0, err
	}
	n, err := p.store.ReadAt(b[:min(int64(len(b)), left)], r.at)
	r.at += int64(n)
	if errors.Is(err, io.EOF) {
		err = nil // the store's end, which may be further on by now
	}
	p.gave(int64(n), r.at)
	return n, err
}

// gave notes what a reader got.
func (p *Payload) gave(n, at int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since.IsZero() {
		p.since = time.Now()
	}
	p.given += n
	if at > p.furthest {
		p.furthest = at
		p.room.Signal()
	}
}

// mostAhead is how much is made before any reader wants it, in bytes. A link that takes less than slowLink, in bytes a second to all hosts
// together, is slow; one that takes more than fastLink is fast.
const (
	mostAhead = 16 << 20
	slowLink  = 32 << 20
	fastLink  = 48 << 20
)

// onTheWay is how many bytes a connection takes at once, whatever the link: the window of OpenSSH, and what systems buffer.
const onTheWay = 4 << 20

// keepPace waits while the readers are far behind. If they are since the link is slow, there is time to compress better; on a fast one
// compressing is what takes time.
func (p *Payload) keepPace(ctx context.Context) (how effort) {
	defer context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.room.Broadcast()
	})()
	p.mu.Lock()
	defer p.mu.Unlock()
	behind := func() bool { return p.readers > 0 && p.size-p.furthest > mostAhead }
	seconds := time.Since(p.since).Seconds()
	switch {
	case p.given == 0: // nothing is known yet
	case behind() && float64(p.given) < slowLink*seconds:
		how = better
	case float64(p.given-onTheWay*p.opened) > fastLink*seconds:
		how = quick
	}
	for behind() && p.awaited == 0 && ctx.Err() == nil {
		p.room.Wait()
	}
	return how
}
