// Package loopback gives out addresses of this machine that stay one's own: a test that closes a listener, or has not
// started its server yet, does not meet another test's server there.
//
// Terms: who reserves an address may listen on it, stop, and listen again; until then connections are refused. It is for
// tests and demo, and must not import testing.
package loopback

import (
	"net"
	"runtime"
	"syscall"
)

// Address is reserved for as long as the program holds on to it.
type Address struct{ *net.TCPAddr }

// Reserve takes an address, IP:port; port 0 is one that nobody has. IP:port can be reserved again and again: who knows it
// is the one it belongs to.
func Reserve(address string) (*Address, error) {
	tcp, release, err := reserve(address)
	if err != nil {
		return nil, err
	}
	a := &Address{tcp}
	runtime.AddCleanup(a, func(release func()) { release() }, release)
	return a, nil
}

// Stop closes a listener for good. Close alone leaves it listening in a process that was forked and has not become another
// program yet: a connection to it succeeds, and listening again fails.
func Stop(listener net.Listener) error {
	if tcp, ok := listener.(*net.TCPListener); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { _ = syscall.Shutdown(int(fd), syscall.SHUT_RD) })
		}
	}
	return listener.Close()
}
