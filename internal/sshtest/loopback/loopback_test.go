package loopback_test

import (
	"errors"
	"net"
	"runtime"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
)

// TestFree listens and stops, with the listener in other hands too, as it is while a program is started.
func TestFree(t *testing.T) {
	t.Parallel()
	needtest.Linux(t)
	address := loopback.Free(t).String()
	refused := func(when string) {
		t.Helper()
		if conn, err := net.Dial("tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: %v, %v", when, conn, err)
		}
	}
	refused("before")
	for range 3 {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		forked, err := listener.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = forked.Close() })
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(conn.Close(), loopback.Stop(listener)); err != nil {
			t.Fatal(err)
		}
		refused("after")
	}
}

func TestReserveAgain(t *testing.T) {
	t.Parallel()
	needtest.Linux(t)
	for _, any := range []string{"127.0.0.1:0", "[::1]:0"} {
		first, err := loopback.Reserve(any)
		if errors.Is(err, syscall.EADDRNOTAVAIL) && any == "[::1]:0" {
			t.Logf("this machine has no IPv6: %v", err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		second, err := loopback.Reserve(first.String())
		if err != nil || second.String() != first.String() || first.Port == 0 {
			t.Errorf("%v, %v, %v", first, second, err)
		}
		runtime.KeepAlive(first)
	}
}
