package relay_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/sshtest/loopback"
	"github.com/slipway/slipway/internal/sshtest/relay"
)

// Times are checked from below, where a busy machine changes nothing, and loosely from above.
const busy = 7

func TestRTT(t *testing.T) {
	t.Parallel()
	const rtt = 40 * time.Millisecond
	address := start(t, echo(t), relay.Options{RTT: rtt})
	begun := time.Now()
	conn := dial(t, address)
	exchange(t, conn)
	between(t, "connecting and one round trip", time.Since(begun), 2*rtt)
	begun = time.Now()
	for range 3 {
		exchange(t, conn)
	}
	between(t, "three round trips", time.Since(begun), 3*rtt)
}

func TestBandwidthIsSharedByRelaysOfALine(t *testing.T) {
	t.Parallel()
	const rate, each = 4 << 20, 512 << 10
	line := relay.NewLine(rate)
	begun := time.Now()
	var all sync.WaitGroup
	for range 4 {
		conn := dial(t, start(t, echo(t), relay.Options{Line: line}))
		all.Go(func() { sendAndReceive(t, conn, each) })
	}
	all.Wait()
	between(t, "2 MiB over a line of 4 MiB/s", time.Since(begun), 4*each*time.Second/rate)
}

func TestLinesOfTheirOwn(t *testing.T) {
	t.Parallel()
	const rate, size = 4 << 20, 1 << 20
	begun := time.Now()
	var all sync.WaitGroup
	for range 8 {
		conn := dial(t, start(t, echo(t), relay.Options{Line: relay.NewLine(rate)}))
		all.Go(func() { sendAndReceive(t, conn, size) })
	}
	all.Wait()
	// Shared, the line would need eight times as long.
	between(t, "1 MiB on each of eight lines of 4 MiB/s", time.Since(begun), size*time.Second/rate)
}

func TestSmallPacketsWaitForTheQueueOnly(t *testing.T) {
	t.Parallel()
	line := relay.NewLine(4 << 20)
	bulk := dial(t, start(t, echo(t), relay.Options{Line: line}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		sendAndReceive(t, bulk, 6<<20)
	}()
	small := dial(t, start(t, echo(t), relay.Options{Line: line}))
	exchange(t, small)
	exchange(t, small)
	select {
	case <-done:
		t.Error("two round trips waited for the end of an upload of 1.5 s")
	default:
	}
	<-done
}

func TestTraffic(t *testing.T) {
	t.Parallel()
	traffic := &relay.Traffic{}
	conn := dial(t, start(t, echo(t), relay.Options{RTT: 20 * time.Millisecond, Line: relay.NewLine(64 << 20), Traffic: traffic}))
	exchange(t, conn)
	exchange(t, conn)
	before := traffic.Counts()
	if before.Connections != 1 || before.Turns != 2 || before.Up != before.Down || before.Up == 0 {
		t.Errorf("two exchanges on one connection were counted as %+v", before)
	}
	// What comes back while the client goes on sending makes no turn: of 64 pieces or more a few may be late on a busy machine.
	sendAndReceive(t, conn, 2<<20)
	got := traffic.Counts().Less(before)
	if got.Up != 2<<20 || got.Down != 2<<20 || got.Connections != 0 || got.Turns < 1 || got.Turns > 16 {
		t.Errorf("2 MiB there and back were counted as %+v", got)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	r := start(t, echo(t), relay.Options{})
	conn := dial(t, r)
	exchange(t, conn)
	r.Cut()
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("reading a connection that was cut gave %v", err)
	}
	exchange(t, dial(t, r)) // the next one works
}

func TestSilence(t *testing.T) {
	t.Parallel()
	r := start(t, echo(t), relay.Options{})
	conn := dial(t, r)
	exchange(t, conn)
	r.Silence()
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := conn.Read(make([]byte, 1)); n > 0 || !isTimeout(err) {
		t.Errorf("a silent line gave %d bytes, %v", n, err)
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func between(t *testing.T, what string, took, least time.Duration) {
	t.Helper()
	t.Logf("%s: %v, at least %v", what, took, least)
	// A timer may come a little early against the clock of who measures.
	if took < least*95/100 || took > busy*least {
		t.Errorf("%s took %v, want %v", what, took, least)
	}
}

// echo is the address of a server that sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	return loopback.Serve(t, func(conn net.Conn) {
		_, _ = io.Copy(conn, conn)
		_ = conn.Close()
	}).String()
}

func start(t *testing.T, target string, options relay.Options) *relay.Relay {
	t.Helper()
	r, err := relay.Start(target, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func dial(t *testing.T, r *relay.Relay) net.Conn {
	t.Helper()
	host, port := r.Addr()
	conn, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.ParseIP(host), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// exchange sends a byte and waits for it.
func exchange(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

// sendAndReceive sends random bytes and wants the same ones back.
func sendAndReceive(t *testing.T, conn net.Conn, size int) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	source := rand.NewChaCha8([32]byte{byte(size)})
	sent, got := sha256.New(), sha256.New()
	go func() {
		_, _ = io.CopyN(io.MultiWriter(conn, sent), source, int64(size))
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	n, err := io.Copy(got, conn)
	if err != nil || n != int64(size) || string(sent.Sum(nil)) != string(got.Sum(nil)) {
		t.Errorf("of %d bytes %d came back, or others: %v", size, n, err)
	}
}
