package stage_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
)

// slow is a payload over a slow link: the next part comes only when a sign of life was seen for the one before.
type slow struct {
	*payload
	heartbeat string
	signs     int
}

func (s *slow) Open() (io.ReadCloser, error) {
	return io.NopCloser(&slowReader{slow: s, rest: bytes.NewReader(s.bytes)}), nil
}

type slowReader struct {
	*slow
	rest *bytes.Reader
	sent int // bytes since the last sign
	last string
}

func (r *slowReader) Read(p []byte) (int, error) {
	const part = 4 << 20 // two of those that the host gives signs for
	if r.sent >= part && r.rest.Len() > 0 {
		r.sent = 0
		for deadline := time.Now().Add(20 * time.Second); ; {
			text, err := os.ReadFile(r.heartbeat)
			if err != nil {
				return 0, err
			}
			if string(text) != r.last {
				r.last = string(text)
				r.signs++
				break
			}
			if time.Now().After(deadline) {
				return 0, errors.New("no sign of life while bytes arrive")
			}
			<-time.After(5 * time.Millisecond)
		}
	}
	n, err := r.rest.Read(p)
	r.sent += n
	return n, err
}

// Over a connection that allows one session nobody beats beside a long upload: the upload itself does.
func TestUploadGivesSignsOfLife(t *testing.T) {
	noise := make([]byte, 14<<20)
	_, _ = rand.Read(noise)
	packed := pack(t, "gzip", []member{{name: "noise", content: string(noise)}}, nil)
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		open(t, host)
		taken, err := releasetest.TakeLock(t.Context(), host, host.Site, deploy.LockState{}, deploy.LockOwner{Token: "t"})
		if err != nil {
			t.Fatal(err)
		}
		p := &slow{payload: packed, heartbeat: filepath.Join(host.Site.Root, ".slipway/lock/1/heartbeat")}
		if err := release.Run(t.Context(), lock.Fence(host, host.Site, taken.Generation), stage.Upload(host.Site, releaseID, p, nil)); err != nil {
			t.Fatal(err)
		}
		if p.signs < 3 {
			t.Errorf("%d signs of life while %d bytes came", p.signs, p.Size())
		}
	})
}
