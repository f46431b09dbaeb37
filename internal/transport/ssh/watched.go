package ssh

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// watched is a connection that knows when bytes last came, and what came before the other side's SSH version.
type watched struct {
	net.Conn
	socket syscall.RawConn // nil where it is no TCP socket of ours
	quick  atomic.Bool     // acknowledge at once
	heard  atomic.Int64    // when bytes last came, Unix nanoseconds

	mu      sync.Mutex
	first   []byte // the first bytes that came, to the version
	version bool
}

func watch(conn net.Conn) *watched {
	w := &watched{Conn: conn}
	if tcp, ok := conn.(*net.TCPConn); ok {
		w.socket, _ = tcp.SyscallConn()
	}
	w.quick.Store(w.socket != nil)
	w.heard.Store(time.Now().UnixNano())
	return w
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.heard.Store(time.Now().UnixNano())
		if w.quick.Load() {
			acknowledge(w.socket)
		}
		w.listen(p[:n])
	}
	return n, err
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	if w.quick.Load() {
		acknowledge(w.socket)
	}
	return n, err
}

// listen keeps what comes before the line with the version: servers say there why they hang up.
func (w *watched) listen(p []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.version || len(w.first) > 1024 {
		return
	}
	w.first = append(w.first, p...)
	if bytes.HasPrefix(w.first, []byte("SSH-")) || bytes.Contains(w.first, []byte("\nSSH-")) {
		w.version, w.first = true, nil
	}
}

// greeting reports whether an SSH version came, and what came before it or instead of it.
func (w *watched) greeting() (version bool, said string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.version, strings.TrimSpace(string(w.first))
}
