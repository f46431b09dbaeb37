// Package pool bounds how many hosts are connected to at the same time, however many there are, and makes a connection again
// that was lost, so that a deployment outlives a dropped link and a host that restarts.
//
// Terms: a slot is the right to be connected to one host; a use is a command or a forward under way, or a lease; an urgent
// command is one that must not wait behind long ones, as transport.Command has it. A host keeps its slot, and its connection,
// when its last use is over, until another host needs one: then the slot that was used longest ago goes over, rather one whose
// host does not wait for its next turn.
//
// Work waits for a slot in the order in which it came. While there are more hosts than slots, some slots are reserved from
// work, so that what is urgent finds one soon on any host. The package must not know what the commands do, and repeats none.
package pool

import (
	"slices"
	"sync"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
)

// DefaultSlots is how many hosts are connected to at a time where nobody says.
const DefaultSlots = 50

// MinSlots is how few slots there can be: one for work, and one reserved.
const MinSlots = 2

// HostsPerReservedSlot is for how many hosts without a connection one slot is reserved. The lock's sign of life is due within
// 90 s, and takes about a second where the host has to be connected to.
const HostsPerReservedSlot = 20

// Pool is slots, and the hosts that share them. It is safe for concurrent use.
type Pool struct {
	dialer transport.Dialer
	size   int

	mu    sync.Mutex
	hosts int       // with a Conn that is not closed
	slots []*Conn   // who has one; the first was used longest ago
	queue []*waiter // in the order in which they came
}

// waiter is a use that waits for its host's slot.
type waiter struct {
	conn    *Conn
	urgent  bool
	granted chan struct{} // closed when it goes on
	err     error         // why it does not; set before
}

// New makes a pool of slots; 0 is DefaultSlots, and fewer than MinSlots are MinSlots. The dialer stays the caller's.
func New(dialer transport.Dialer, slots int) *Pool {
	if slots == 0 {
		slots = DefaultSlots
	}
	return &Pool{dialer: dialer, size: max(slots, MinSlots)}
}

// Conn is a host's connection. It is made when it is needed first.
func (p *Pool) Conn(host deploy.Host) *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hosts++
	return &Conn{pool: p, host: host}
}

// reserved is how many slots work may not have.
func (p *Pool) reserved() int {
	without := p.hosts - p.size
	if without <= 0 {
		return 0
	}
	return min((without+HostsPerReservedSlot-1)/HostsPerReservedSlot, p.size/2)
}

// serve lets all go on who can. The lock is held.
func (p *Pool) serve() {
	for {
		w := p.next()
		if w == nil {
			return
		}
		p.queue = slices.DeleteFunc(p.queue, func(other *waiter) bool { return other == w })
		p.grant(w)
	}
}

// next is who goes on now, or nil.
func (p *Pool) next() *waiter {
	var work, urgent *waiter
	for _, w := range p.queue {
		switch {
		case w.conn.closed || w.joins():
			return w
		case w.urgent:
			// A host that is away would hold up those that are there.
			if urgent == nil || (urgent.conn.away && !w.conn.away) {
				urgent = w
			}
		case work == nil:
			work = w
		}
	}
	working, signs := p.load()
	if work != nil && (working >= p.size-p.reserved() || !p.room(work)) {
		work = nil
	}
	if urgent != nil && p.room(urgent) && (work == nil || signs < p.reserved()) {
		return urgent
	}
	return work
}

// joins reports whether the host has all that the use needs already.
func (w *waiter) joins() bool {
	if w.urgent {
		return w.conn.hasSlot
	}
	return w.conn.work > 0
}

// load is how many slots are used for work, and how many for nothing but what is urgent.
func (p *Pool) load() (working, urgent int) {
	for _, c := range p.slots {
		switch {
		case c.work > 0:
			working++
		case c.urgent > 0:
			urgent++
		}
	}
	return working, urgent
}

// room reports whether a host has a slot, or there is one for it.
func (p *Pool) room(w *waiter) bool {
	return w.conn.hasSlot || len(p.slots) < p.size || slices.ContainsFunc(p.slots, (*Conn).idle)
}

// grant lets a use begin, and gives the host a slot where it has none and is not closed.
func (p *Pool) grant(w *waiter) {
	defer close(w.granted)
	c := w.conn
	if c.closed {
		w.err = transport.ErrLost
		return
	}
	*c.count(w.urgent)++
	if c.hasSlot {
		return
	}
	c.hasSlot = true
	if len(p.slots) >= p.size {
		at := p.evictable()
		c.before = p.slots[at].giveUp()
		p.slots = slices.Delete(p.slots, at, at+1)
	}
	p.slots = append(p.slots, c)
}

// evictable is the idle slot that was used longest ago, preferably of a host for which nobody waits.
func (p *Pool) evictable() int {
	at := slices.IndexFunc(p.slots, func(c *Conn) bool {
		return c.idle() && !slices.ContainsFunc(p.queue, func(w *waiter) bool { return w.conn == c })
	})
	if at < 0 {
		at = slices.IndexFunc(p.slots, (*Conn).idle)
	}
	return at
}

// leave takes a host's slot away.
func (p *Pool) leave(c *Conn) {
	if c.hasSlot {
		c.hasSlot = false
		p.slots = slices.DeleteFunc(p.slots, func(other *Conn) bool { return other == c })
	}
}
