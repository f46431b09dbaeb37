package probe_test

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/probe"
	"github.com/slipway/slipway/internal/sshtest/loopback"
)

func TestTCP(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		address *net.TCPAddr
		want    error
	}{
		"waits for a question": {address: loopback.Serve(t, func(net.Conn) {})},
		"greets and closes": {address: loopback.Serve(t, func(conn net.Conn) {
			_, _ = conn.Write([]byte("220 ready\r\n"))
			_ = conn.Close()
		})},
		"closes at once": {address: loopback.Serve(t, func(conn net.Conn) { _ = conn.Close() }), want: probe.ErrClosed},
		"resets at once": {address: loopback.Serve(t, func(conn net.Conn) {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}), want: probe.ErrClosed},
		"nobody listens": {address: loopback.Free(t), want: syscall.ECONNREFUSED},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for from, origin := range map[string]probe.Origin{"host": here(), "runner": probe.Runner()} {
				if err := origin.TCP(t.Context(), test.address.String(), time.Minute); !errors.Is(err, test.want) {
					t.Errorf("from the %s: got %v, want %v", from, err, test.want)
				}
			}
		})
	}
}
