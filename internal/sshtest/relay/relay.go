// Package relay is a network between a client and a server on this machine: a TCP relay with a delay, a rate limit, and
// a plug that can be pulled. It needs no privileges, unlike netem. It must not know what goes through it.
//
// What a real network does and this one does not: lose packets, and make a new connection start slowly.
package relay

import (
	"net"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/sshtest/loopback"
)

// Options say what the network is like. The zero value is as fast as the loopback interface.
type Options struct {
	RTT  time.Duration // half of it is added in each direction; connecting takes one, as TCP's handshake does
	Line *Line         // what all bytes go through; nil is no limit. Relays that share one share its bandwidth

	// Before is asked before bytes from the client are passed on that begin an Operation; nil allows all. An error cuts the
	// connection, and the bytes are lost. It may block, and is called from many goroutines.
	Before func(Operation) error

	Traffic *Traffic // counts what goes through; nil is nobody who counts
}

// Operation is something that a client does, as far as that shows from outside: it speaks after the server has, or it goes
// on for another Step.
type Operation struct {
	N     int // place in its connection, from 0: the connection itself
	Bytes int // of this piece
}

// Step is how many bytes in a row from a client are one operation: 64 KiB.
const Step = 64 << 10

// Relay is a listener that passes connections on.
type Relay struct {
	target   string
	options  Options
	listener *net.TCPListener
	line     Line

	mu    sync.Mutex
	conns map[*net.TCPConn]struct{}
	mute  chan struct{} // closed while bytes flow; nil is never
	done  chan struct{}
}

// Start listens on the loopback interface and relays to target, host:port.
func Start(target string, options Options) (*Relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	flowing := make(chan struct{})
	close(flowing)
	r := &Relay{
		target: target, options: options, listener: listener.(*net.TCPListener), conns: map[*net.TCPConn]struct{}{},
		mute: flowing, done: make(chan struct{}),
	}
	if options.Line != nil {
		r.line = *options.Line
	}
	go r.accept()
	return r, nil
}

// Addr is where the relay listens.
func (r *Relay) Addr() (host string, port int) {
	addr := r.listener.Addr().(*net.TCPAddr)
	return addr.IP.String(), addr.Port
}

// Cut resets all connections.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.conns { // all of them first: the end of one side has the other one closed
		_ = conn.SetLinger(0)
	}
	for conn := range r.conns {
		_ = conn.Close()
	}
	clear(r.conns)
}

// Silence holds all bytes back until the end, and tells nobody: as a firewall that forgets a connection does.
func (r *Relay) Silence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mute = nil
}

// Close ends the relay and all connections through it.
func (r *Relay) Close() error {
	close(r.done)
	err := loopback.Stop(r.listener)
	r.Cut()
	return err
}

func (r *Relay) accept() {
	for {
		client, err := r.listener.AcceptTCP()
		if err != nil {
			return
		}
		go r.serve(client)
	}
}

func (r *Relay) serve(client *net.TCPConn) {
	if r.options.Before != nil && r.options.Before(Operation{}) != nil {
		_ = client.Close()
		return
	}
	// The client is connected by now; what it sends waits as long as it would have waited for the handshake.
	if !pause(r.options.RTT, r.done) {
		_ = client.Close()
		return
	}
	conn, err := net.Dial("tcp", r.target)
	if err != nil {
		_ = client.Close()
		return
	}
	server := conn.(*net.TCPConn)
	r.mu.Lock()
	r.conns[client], r.conns[server] = struct{}{}, struct{}{}
	r.mu.Unlock()
	var both sync.WaitGroup
	talk, dialogue := &talk{}, r.options.Traffic.dialogue()
	both.Go(func() { r.pass(server, client, r.line.up, direction{dialogue.said, dialogue.arrived, talk.speaks}) })
	both.Go(func() { r.pass(client, server, r.line.down, direction{func(int) {}, dialogue.heard, talk.answers}) })
	both.Wait()
	r.mu.Lock()
	delete(r.conns, client)
	delete(r.conns, server)
	r.mu.Unlock()
	_ = client.Close()
	_ = server.Close()
}

// parcel is bytes on their way.
type parcel struct {
	data []byte
	due  time.Time
}

// talk is who spoke last on a connection.
type talk struct {
	mu    sync.Mutex
	n     int
	inRow int // bytes of the client's since the last operation; 0 after the server spoke
}

// speaks takes note of bytes from the client; ok tells that they begin an operation.
func (t *talk) speaks(bytes int) (op Operation, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ok = t.inRow == 0 || t.inRow >= Step; ok {
		t.n, t.inRow = t.n+1, 0
	}
	t.inRow += bytes
	return Operation{N: t.n, Bytes: bytes}, ok
}

// answers takes note of bytes from the server.
func (t *talk) answers(int) (op Operation, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inRow = 0
	return Operation{}, false
}

// direction is told of each piece of bytes that goes one way: when it leaves its sender, right before it arrives, and whether an
// operation begins with it.
type direction struct {
	leaves, arrives func(bytes int)
	note            func(bytes int) (Operation, bool)
}

// pass carries bytes one way: each is due when the line had time for it and the delay has passed.
func (r *Relay) pass(to, from *net.TCPConn, way *way, told direction) {
	// What is on its way: at 1 Gbit/s and 100 ms that is 12 MB, in parcels of up to 32 KiB.
	travelling := make(chan parcel, 512)
	go func() {
		defer close(travelling)
		for {
			buffer := make([]byte, 32*1024)
			n, err := from.Read(buffer)
			if n > 0 {
				told.leaves(n)
				sent, ok := way.send(n, r.done)
				if !ok {
					return
				}
				select {
				case travelling <- parcel{buffer[:n], sent.Add(r.options.RTT / 2)}:
				case <-r.done:
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range travelling {
		if !pause(time.Until(p.due), r.done) {
			return
		}
		r.mu.Lock()
		flowing := r.mute
		r.mu.Unlock()
		select {
		case <-flowing:
		case <-r.done:
			return
		}
		told.arrives(len(p.data))
		if op, ok := told.note(len(p.data)); ok && r.options.Before != nil && r.options.Before(op) != nil {
			_, _ = from.Close(), to.Close()
			return
		}
		if _, err := to.Write(p.data); err != nil {
			_ = from.Close()
			return
		}
	}
	r.end(to)
}

// end tells a side that no more comes, but not after a cut.
func (r *Relay) end(to *net.TCPConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.conns[to]; ok {
		_ = to.CloseWrite()
	}
}
