package loopback

import (
	"net"
	"runtime"
)

// Test is what is needed of a testing.TB.
type Test interface {
	Helper()
	Fatal(args ...any)
	Cleanup(func())
}

// Free is an address at which nobody listens, unless the test does, until the test is over.
func Free(t Test) *net.TCPAddr {
	t.Helper()
	a, err := Reserve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { runtime.KeepAlive(a) })
	return a.TCPAddr
}

// Serve listens until the test is over, and calls serve for each connection, in a goroutine of its own. The connection is
// closed at the end, if serve has not closed it.
func Serve(t Test, serve func(net.Conn)) *net.TCPAddr {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = Stop(listener) })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			go serve(conn)
		}
	}()
	return listener.Addr().(*net.TCPAddr)
}
