package ssh

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// userTimeout is how long sent bytes may stay unacknowledged before the kernel gives a connection up.
const userTimeout = 45 * time.Second

// controlSocket has the kernel notice a peer that is gone while bytes are on their way (tcp(7), TCP_USER_TIMEOUT).
func controlSocket(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		// Best effort: keepalives find a dead peer without it.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(userTimeout.Milliseconds()))
	})
}

// acknowledge sends a pending acknowledgement now. sshd before 10.1 logs in without TCP_NODELAY: it holds its next packet
// back until the one before is acknowledged, and a receiver waits 40 ms with that. The kernel forgets the option soon,
// so that it is set after each read and write.
func acknowledge(raw syscall.RawConn) {
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
	})
}
