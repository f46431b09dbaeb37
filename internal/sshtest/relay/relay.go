// Package relay is a network between a test and a server on this machine: a TCP relay with a delay, a rate limit, and
// a plug that can be pulled. It needs no privileges, unlike netem. It must not know what goes through it.
package relay

import (
	"net"
	"sync"
	"time"
)

// Options say what the network is like. The zero value is as fast as the loopback interface.
type Options struct {
	RTT            time.Duration // half of it is added in each direction
	BytesPerSecond int           // in each direction, over all connections; 0 is no limit

	// Before is asked before bytes from the client are passed on that begin an Operation; nil allows all. An error cuts the
	// connection, and the bytes are lost. It may block, and is called from many goroutines.
	Before func(Operation) error
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
	listener net.Listener
	up, down *limiter

	mu    sync.Mutex
	conns map[net.Conn]struct{}
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
		target: target, options: options, listener: listener, conns: map[net.Conn]struct{}{},
		up: newLimiter(options.BytesPerSecond), down: newLimiter(options.BytesPerSecond),
		mute: flowing, done: make(chan struct{}),
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
	for conn := range r.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
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
	err := r.listener.Close()
	r.Cut()
	return err
}

func (r *Relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		go r.serve(client)
	}
}

func (r *Relay) serve(client net.Conn) {
	if r.options.Before != nil && r.options.Before(Operation{}) != nil {
		_ = client.Close()
		return
	}
	server, err := net.Dial("tcp", r.target)
	if err != nil {
		_ = client.Close()
		return
	}
	r.mu.Lock()
	r.conns[client], r.conns[server] = struct{}{}, struct{}{}
	r.mu.Unlock()
	var both sync.WaitGroup
	talk := &talk{}
	both.Go(func() { r.pass(server, client, r.up, talk.speaks) })
	both.Go(func() { r.pass(client, server, r.down, talk.answers) })
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

// pass carries bytes one way: each is due when the line had time for it and the delay has passed.
func (r *Relay) pass(to, from net.Conn, limit *limiter, note func(int) (Operation, bool)) {
	// The line holds what is on its way: at 1 Gbit/s and 100 ms that is 12 MB, in parcels of up to 32 KiB.
	line := make(chan parcel, 512)
	go func() {
		defer close(line)
		for {
			buffer := make([]byte, 32*1024)
			n, err := from.Read(buffer)
			if n > 0 {
				due := limit.reserve(n).Add(r.options.RTT / 2)
				select {
				case line <- parcel{buffer[:n], due}:
				case <-r.done:
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range line {
		if wait := time.Until(p.due); wait > 0 {
			time.Sleep(wait)
		}
		r.mu.Lock()
		flowing := r.mute
		r.mu.Unlock()
		select {
		case <-flowing:
		case <-r.done:
			return
		}
		if op, ok := note(len(p.data)); ok && r.options.Before != nil && r.options.Before(op) != nil {
			_, _ = from.Close(), to.Close()
			return
		}
		if _, err := to.Write(p.data); err != nil {
			_ = from.Close()
			return
		}
	}
	if tcp, ok := to.(interface{ CloseWrite() error }); ok {
		_ = tcp.CloseWrite()
	}
}

// limiter shares a line's bytes per second out in the order of asking.
type limiter struct {
	rate float64 // bytes per second; 0 is no limit
	mu   sync.Mutex
	free time.Time // when the line has sent all that was reserved
}

func newLimiter(bytesPerSecond int) *limiter { return &limiter{rate: float64(bytesPerSecond)} }

// reserve says when n more bytes have been sent.
func (l *limiter) reserve(n int) time.Time {
	now := time.Now()
	if l.rate == 0 {
		return now
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(float64(n) / l.rate * float64(time.Second)))
	return l.free
}
