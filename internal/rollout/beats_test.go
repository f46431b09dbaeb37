package rollout_test

import (
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	hosts "github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/transport/pool"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// trickle is a payload that takes several leases to come.
type trickle struct {
	stage.Payload
	pause time.Duration // after each part
	comes func()        // is called when a part was sent
}

func (p trickle) Open() (io.ReadCloser, error) {
	stream, err := p.Payload.Open()
	return &trickling{ReadCloser: stream, trickle: p}, err
}

type trickling struct {
	io.ReadCloser
	trickle
	sent int
}

func (r *trickling) Read(p []byte) (int, error) {
	const part = 1 << 20
	if r.sent >= part {
		r.sent = 0
		r.comes()
		<-time.After(r.pause)
	}
	n, err := r.ReadCloser.Read(p[:min(len(p), part-r.sent)])
	r.sent += n
	return n, err
}

// Where a connection has room for one session nobody can beat beside a long upload. The lock lives all the same: who asks for it
// sees that.
func TestLockLivesThroughALongUpload(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 0)
	f.rooms = 1
	f.add("web1", f.authorized)
	f.opts.Lease = 3 * time.Second
	coming := make(chan struct{})
	f.slowed = func(payload stage.Payload) stage.Payload {
		return trickle{payload, f.opts.Lease / 4, sync.OnceFunc(func() { close(coming) })}
	}
	noise := make([]byte, 8<<20)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(noise)

	alive := make(chan int, 2)
	go func() {
		defer close(alive)
		<-coming
		for range cap(alive) {
			alive <- f.living()
		}
	}()
	result, _ := f.deploy(t.Context(), map[string]string{"ok": "", "noise": string(noise)})
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	for n := range alive {
		if n != 1 {
			t.Error("the lock of a deployment that uploads is taken for dead")
		}
	}
}

// living is how many locks of web1 somebody else sees signs of life of, within a lease; -1 where that cannot be asked.
func (f *fleet) living() int {
	ctx := f.t.Context()
	dialer, err := ssh.NewDialer(ssh.Config{Key: f.key, KnownHosts: strings.Join(f.known, "\n")})
	if err != nil {
		f.t.Error(err)
		return -1
	}
	defer func() { _ = dialer.Close() }()
	rival := hosts.Gather(ctx, pool.New(dialer, 0), f.cfg.Hosts, survey.Question{}, nil)
	defer func() { _ = rival.Close() }()
	locks, err := rival.Locks([]string{"web1"})
	if err != nil {
		f.t.Error(err)
		return -1
	}
	living, err := rival.Living(ctx, locks, f.opts.Lease)
	if err != nil {
		f.t.Error(err)
	}
	return len(living)
}
