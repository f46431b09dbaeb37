package probe_test

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"slipway/internal/probe"
)

// listen accepts connections on a port of this machine and gives each to `serve`.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serve(conn)
		}
	}()
	return listener.Addr().String()
}

func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func TestTCP(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		address string
		want    error
	}{
		"waits for a question": {address: listen(t, func(conn net.Conn) { t.Cleanup(func() { _ = conn.Close() }) })},
		"greets and closes": {address: listen(t, func(conn net.Conn) {
			_, _ = conn.Write([]byte("220 ready\r\n"))
			_ = conn.Close()
		})},
		"closes at once": {address: listen(t, func(conn net.Conn) { _ = conn.Close() }), want: probe.ErrClosed},
		"resets at once": {address: listen(t, func(conn net.Conn) {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}), want: probe.ErrClosed},
		"nobody listens": {address: closedPort(t), want: syscall.ECONNREFUSED},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for from, origin := range map[string]probe.Origin{"host": here(), "runner": probe.Runner()} {
				if err := origin.TCP(t.Context(), test.address); !errors.Is(err, test.want) {
					t.Errorf("from the %s: got %v, want %v", from, err, test.want)
				}
			}
		})
	}
}
