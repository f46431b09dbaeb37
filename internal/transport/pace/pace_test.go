package pace_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/pace"
)

// network is hosts that take whatever comes at once.
type network struct {
	transport.Dialer
	refuse error
}

func (n network) Connect(context.Context, deploy.Host) (transport.Conn, error) {
	return sink{}, n.refuse
}

type sink struct{ transport.Conn }

func (sink) Run(_ context.Context, cmd transport.Command) error {
	if cmd.Stdin == nil {
		return nil
	}
	got, err := io.ReadAll(cmd.Stdin)
	if err == nil && cmd.Stdout != nil {
		_, err = cmd.Stdout.Write(got)
	}
	return err
}

func connect(t *testing.T, d transport.Dialer) transport.Conn {
	t.Helper()
	conn, err := d.Connect(t.Context(), deploy.Host{})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// Hosts share the rate: together they get no more than it, each gets its part, and every byte arrives.
func TestHostsShareTheRate(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []int64{20_000, 1_000_000, 500_000_000} {
		synctest.Test(t, func(t *testing.T) {
			d := pace.Dialer(network{}, perSecond)
			const hosts = 4
			size := int(10 * perSecond / hosts) // ten seconds of all together
			if perSecond > 1_000_000 {
				size /= 100
			}
			sent := bytes.Repeat([]byte("x"), size)
			began := time.Now()
			var all sync.WaitGroup
			ends := make([]time.Duration, hosts)
			for i := range hosts {
				conn := connect(t, d)
				all.Go(func() {
					var got bytes.Buffer
					if err := conn.Run(t.Context(), transport.Command{Stdin: bytes.NewReader(sent), Stdout: &got}); err != nil || got.Len() != size {
						t.Errorf("%d bytes of %d: %v", got.Len(), size, err)
					}
					ends[i] = time.Since(began)
				})
			}
			all.Wait()
			want := time.Duration(float64(hosts*size) / float64(perSecond) * float64(time.Second))
			least := want * 8 / 10
			if perSecond > 1_000_000 { // so much goes at once that who reads first is far ahead
				least = want / 2
			}
			for i, took := range ends {
				if took < least || took > want*101/100 { // the fake clock: nothing else takes time
					t.Errorf("%d B/s: host %d had all after %v, and all together take %v", perSecond, i, took, want)
				}
			}
		})
	}
}

// tired is a host, or a runner, that stops for a moment now and then.
type tired struct{ transport.Dialer }

func (tired) Connect(context.Context, deploy.Host) (transport.Conn, error) { return tiredSink{}, nil }

type tiredSink struct{ transport.Conn }

func (tiredSink) Run(_ context.Context, cmd transport.Command) error {
	for {
		if _, err := io.CopyN(io.Discard, cmd.Stdin, 1_000_000); err != nil {
			return err
		}
		<-time.After(4 * time.Millisecond)
	}
}

// What a moment's stop keeps back is made up for: the faster a link, the more pieces go by in it.
func TestMomentsAreMadeUpFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const perSecond, size = 125_000_000, 25_000_000
		began := time.Now()
		err := connect(t, pace.Dialer(tired{}, perSecond)).Run(t.Context(), transport.Command{Stdin: bytes.NewReader(make([]byte, size))})
		if took := time.Since(began); !errors.Is(err, io.EOF) || took > 210*time.Millisecond || took < 190*time.Millisecond {
			t.Errorf("%v after %v, want 200ms", err, took)
		}
	})
}

// Who waits for its turn ends with its command, says why, and leaves the turn to others.
func TestWaitingEndsWithItsCommand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := pace.Dialer(network{}, 10_000)
		ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, deploy.ErrTimeout)
		defer cancel()
		began := time.Now()
		err := connect(t, d).Run(ctx, transport.Command{Stdin: strings.NewReader(strings.Repeat("x", 1_000_000))})
		if took := time.Since(began); !errors.Is(err, deploy.ErrTimeout) || took != 3*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		began = time.Now()
		if err := connect(t, d).Run(t.Context(), transport.Command{Stdin: strings.NewReader("short")}); err != nil || time.Since(began) > time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// Commands without input never wait, and what a dialer refuses stays refused.
func TestOnlyInputIsPaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		conn := connect(t, pace.Dialer(network{}, 1))
		for range 100 {
			if err := conn.Run(t.Context(), transport.Command{}); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("they took %v", took)
		}
	})
	if conn, err := pace.Dialer(network{refuse: transport.ErrLogin}, 1).Connect(t.Context(), deploy.Host{}); conn != nil || !errors.Is(err, transport.ErrLogin) {
		t.Errorf("%v, %v", conn, err)
	}
}
