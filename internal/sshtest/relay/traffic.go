package relay

import (
	"sync"
	"sync/atomic"
)

// Traffic counts what goes through the relays that share it.
type Traffic struct {
	up, down, connections, turns atomic.Int64
}

// Counts are what a Traffic has counted.
type Counts struct {
	Up, Down    int64 // bytes, from clients and to them; without TCP's and IP's headers
	Connections int64
	// Turns are how often a client spoke after it had waited for all that it sent to arrive and for an answer: a round trip each.
	// Where the relay adds no delay nothing is ever on its way, and every word is a turn.
	Turns int64
}

// Counts is what was counted so far.
func (t *Traffic) Counts() Counts {
	return Counts{Up: t.up.Load(), Down: t.down.Load(), Connections: t.connections.Load(), Turns: t.turns.Load()}
}

// Less is what was counted since.
func (c Counts) Less(before Counts) Counts {
	return Counts{
		Up: c.Up - before.Up, Down: c.Down - before.Down,
		Connections: c.Connections - before.Connections, Turns: c.Turns - before.Turns,
	}
}

// dialogue is one connection's part of the traffic; nil is of nobody who counts.
type dialogue struct {
	traffic *Traffic

	mu      sync.Mutex
	flying  int  // bytes from the client that have not arrived
	waiting bool // the client has said something, and nothing has reached it since
}

func (t *Traffic) dialogue() *dialogue {
	if t == nil {
		return nil
	}
	t.connections.Add(1)
	return &dialogue{traffic: t}
}

// said takes note of bytes that leave the client.
func (d *dialogue) said(bytes int) {
	if d == nil {
		return
	}
	d.traffic.up.Add(int64(bytes))
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.flying == 0 && !d.waiting {
		d.traffic.turns.Add(1)
	}
	d.flying += bytes
	d.waiting = true
}

// arrived takes note of bytes of the client that reach the server.
func (d *dialogue) arrived(bytes int) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.flying -= bytes
}

// heard takes note of bytes that reach the client.
func (d *dialogue) heard(bytes int) {
	if d == nil {
		return
	}
	d.traffic.down.Add(int64(bytes))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = false
}
