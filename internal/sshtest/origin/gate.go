package origin

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// Gate stands before a server and lets so many bytes of each connection through to the client, then cuts it, or holds it where it is to.
type Gate struct {
	Addr string
	Most atomic.Int64 // bytes of a connection; 0 is all
	Hold atomic.Bool
	Held chan struct{} // is told of each connection that is held

	let chan struct{} // closed when what is held is cut
}

// Release cuts the connections that are held. It is called once.
func (g *Gate) Release() { close(g.let) }

// NewGate puts a gate before a server, until the test ends.
func NewGate(t testing.TB, server string) *Gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	g := &Gate{Addr: listener.Addr().String(), Held: make(chan struct{}, 100), let: make(chan struct{})}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go g.pass(client, server)
		}
	}()
	return g
}

func (g *Gate) pass(client net.Conn, server string) {
	defer func() { _ = client.Close() }()
	behind, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer func() { _ = behind.Close() }()
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(behind, client)
		close(gone)
	}()
	most := g.Most.Load()
	if most == 0 {
		_, _ = io.Copy(client, behind)
		return
	}
	if n, _ := io.CopyN(client, behind, most); n == most && g.Hold.Load() {
		g.Held <- struct{}{}
		select {
		case <-gone:
		case <-g.let:
		}
	}
}
