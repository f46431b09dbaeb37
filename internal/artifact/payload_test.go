package artifact

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// storeOf is a store that is full after so many bytes.
type storeOf struct {
	memory
	room int
}

var errFull = errors.New("the disk is full")

func (s *storeOf) Write(p []byte) (int, error) {
	if s.room -= len(p); s.room < 0 {
		return 0, errFull
	}
	return s.memory.Write(p)
}

// startMaking starts to compress into a payload.
func startMaking(t *testing.T, encoding string, from io.Reader, size int64, kept store) *Payload {
	t.Helper()
	p := newPayload(kept, encoding, size)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.finish(compress(ctx, from, p))
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return p
}

func opened(t *testing.T, p *Payload) io.ReadCloser {
	t.Helper()
	r, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// textOf is so many bytes of one text, over and over.
func textOf(size int) []byte { return bytes.Repeat(manyWords(), size/len(manyWords())+1)[:size] }

var manyWords = sync.OnceValue(func() []byte {
	words := make([]byte, 100_000)
	_, _ = io.ReadFull(randomText(1), words)
	return words
})

// A reader has the first bytes before the last ones are there to be compressed, and in the end all of them, with any number of pieces
// before and after it was opened.
func TestPayloadIsReadWhileItIsMade(t *testing.T) {
	t.Parallel()
	data := textOf(2*largestPiece + 1000)
	for encoding, unpack := range map[string]func(io.Reader) (io.Reader, error){
		Zstd: func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderConcurrency(1)) },
		Gzip: func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			from, to := io.Pipe()
			p := startMaking(t, encoding, from, int64(len(data)), new(memory))
			early := opened(t, p)
			if _, err := to.Write(data[:len(data)-500]); err != nil {
				t.Fatal(err)
			}
			head := make([]byte, 1000)
			if _, err := io.ReadFull(early, head); err != nil {
				t.Fatal(err)
			}
			if about := p.Size(); about < int64(len(data))/1000 || about > int64(len(data)) {
				t.Errorf("it is said to become %d bytes", about)
			}
			if _, err := to.Write(data[len(data)-500:]); err != nil {
				t.Fatal(err)
			}
			_ = to.Close() // never fails
			if err := p.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			for name, r := range map[string]io.Reader{"early": io.MultiReader(bytes.NewReader(head), early), "late": opened(t, p)} {
				packed, err := io.ReadAll(r)
				if err != nil || int64(len(packed)) != p.Size() {
					t.Errorf("%s: %d bytes of %d, %v", name, len(packed), p.Size(), err)
				}
				plain, err := unpack(bytes.NewReader(packed))
				if err != nil {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(plain); err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s: it unpacks to something else: %v", name, err)
				}
			}
		})
	}
}

// Why a payload cannot be made is what its readers get, after what was made.
func TestPayloadThatCannotBeMade(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from io.Reader
		room int
		want error
	}{
		"full disk": {bytes.NewReader(textOf(4 * largestPiece)), 1000, errFull},
		"read":      {io.MultiReader(bytes.NewReader(textOf(2*largestPiece)), readerFunc(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF })), 1 << 30, nil},
		"no source": {readerFunc(func([]byte) (int, error) { return 0, errFull }), 1 << 30, errFull},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startMaking(t, Zstd, test.from, 4*largestPiece, &storeOf{room: test.room})
			_, err := io.Copy(io.Discard, opened(t, p))
			if !errors.Is(err, test.want) || !errors.Is(p.Wait(t.Context()), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What is made is not far ahead of who reads it, for as long as somebody does; then, and for who needs all of it, it is made to its end.
func TestPayloadKeepsPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPayload(new(memory), Zstd, 1<<30)
		ahead := func() bool { // made to a piece more
			t.Helper()
			done := make(chan struct{})
			ctx, cancel := context.WithCancel(t.Context())
			go func() { p.keepPace(ctx); close(done) }()
			synctest.Wait()
			defer func() { cancel(); <-done }()
			select {
			case <-done:
				return true
			default:
				return false
			}
		}
		add := func(n int) {
			if err := p.add(make([]byte, n), int64(n)); err != nil {
				t.Fatal(err)
			}
		}
		var got []bool
		add(2 * mostAhead)
		got = append(got, ahead()) // nobody reads
		slow, quick := opened(t, p), opened(t, p)
		got = append(got, ahead()) // both are at the beginning
		_, _ = io.CopyN(io.Discard, quick, mostAhead+1)
		got = append(got, ahead()) // one has gone on
		add(mostAhead)
		got = append(got, ahead())
		_ = quick.Close()
		got = append(got, ahead()) // the other is further behind still
		waiting, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Wait(waiting) }()
		synctest.Wait()
		got = append(got, ahead()) // somebody waits for all of it
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		got = append(got, ahead())
		_ = slow.Close()
		got = append(got, ahead())
		if diff := cmp.Diff([]bool{true, false, true, false, false, true, false, true}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Time is spent on compressing better where the link is slow, and less of it where the link is fast.
func TestPayloadLevelFollowsTheLink(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		read   int64
		passed time.Duration
		want   effort
	}{
		"slow":                       {mostAhead / 2, 4 * time.Second, better},
		"neither":                    {mostAhead / 2, 100 * time.Millisecond, usual},
		"fast":                       {2 * mostAhead, 300 * time.Millisecond, quick},
		"as far as it is on its way": {onTheWay, time.Millisecond, usual},
		"nobody reads":               {0, time.Second, usual},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPayload(new(memory), Zstd, 1<<30)
				if err := p.add(make([]byte, 2*mostAhead), 2*mostAhead); err != nil {
					t.Fatal(err)
				}
				r := opened(t, p)
				_, _ = io.CopyN(io.Discard, r, test.read)
				<-time.After(test.passed)
				ctx, cancel := context.WithCancel(t.Context())
				result := make(chan effort)
				go func() { result <- p.keepPace(ctx) }()
				synctest.Wait()
				cancel()
				if got := <-result; got != test.want {
					t.Errorf("%v, wanted %v", got, test.want)
				}
			})
		})
	}
	var piece []byte
	sources, err := filepath.Glob("*.go")
	for _, name := range sources {
		source, e := os.ReadFile(name)
		piece, err = append(piece, source...), errors.Join(err, e)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, encoding := range []string{Zstd, Gzip} {
		encode := newEncoders(encoding, 1, largestPiece)[0]
		var sizes [efforts]int
		for how := range efforts {
			var packed bytes.Buffer
			if err := encode(&packed, piece, how); err != nil {
				t.Fatal(err)
			}
			sizes[how] = packed.Len()
		}
		if sizes[better] >= sizes[usual] || sizes[usual] >= sizes[quick] {
			t.Errorf("%s: better %d bytes, usual %d, quick %d", encoding, sizes[better], sizes[usual], sizes[quick])
		}
	}
}

// An artifact that is closed while it is compressed leaves nothing behind, and its readers end.
func TestCloseWhileAPayloadIsMade(t *testing.T) {
	t.Parallel()
	big := file("big", string(make([]byte, 0)))
	content := make([]byte, 24<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content) // never fails
	big.Size, big.body = int64(len(content)), string(content)
	a, err := Open(t.Context(), saved(t, archive(t, big)), Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.Payload(t.Context(), Zstd)
	if err != nil {
		t.Fatal(err)
	}
	r := opened(t, p) // which never reads: its maker waits
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, r); err == nil {
		t.Error("all of it was made")
	}
}

// How large a payload becomes is known about before it is made.
func TestPacked(t *testing.T) {
	t.Parallel()
	random := make([]byte, 3<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(random) // never fails
	text := string(manyWords())
	for name, data := range map[string][]byte{
		"text, tar":              archive(t, file("a", text)),
		"little, tar":            archive(t, file("a", "x")),
		"incompressible, tar":    archive(t, file("a", string(random))),
		"both, tar":              archive(t, file("a", string(random)), file("b", text)),
		"both, tar.gz":           gzipped(t, archive(t, file("a", string(random)), file("b", text))),
		"incompressible, tar.gz": gzipped(t, archive(t, file("a", string(random)))),
		"hard links, tar.gz":     gzipped(t, archive(t, file("a", string(random)), hardlink("b", "a"), hardlink("c", "a"))),
		"stripped, tar.gz":       gzipped(t, archive(t, file("a", string(random)), file("b/c", text))),
	} {
		a := open(t, saved(t, data), map[string]int{"stripped, tar.gz": 1}[name])
		made := int64(len(payload(t, a, Zstd)))
		p, err := a.Payload(t.Context(), Zstd)
		if err != nil {
			t.Fatal(err)
		}
		if about := a.Packed(); about < p.Size()*9/10 || about > max(2*p.Size(), made/5) {
			t.Errorf("%s: about %d bytes were said, and are %d of %d", name, about, p.Size(), made)
		}
	}
}
