package relay

import (
	"sync"
	"time"
)

// Line is a link's bandwidth, apart in each direction. Relays to several hosts that share one are a runner whose uplink
// they share; relays with a line each are hosts whose own links are slow.
type Line struct{ up, down *way }

// queue is how long bytes may wait for their turn on a line before who sends them must wait: what a router buffers.
const queue = 50 * time.Millisecond

// NewLine is a line of so many bytes per second.
func NewLine(bytesPerSecond int) *Line {
	return &Line{up: &way{rate: float64(bytesPerSecond)}, down: &way{rate: float64(bytesPerSecond)}}
}

// way is one direction of a line. It sends in the order of asking.
type way struct {
	rate float64 // bytes per second
	mu   sync.Mutex
	free time.Time // when all that was queued is sent
}

// send waits for a place in the queue and says when n bytes will have been sent. It is false when done was closed first.
func (w *way) send(n int, done <-chan struct{}) (time.Time, bool) {
	if w == nil {
		return time.Now(), true
	}
	for {
		at, wait := w.reserve(n)
		if wait <= 0 {
			return at, true
		}
		if !pause(wait, done) {
			return time.Time{}, false
		}
	}
}

// reserve queues n bytes, or says how long to wait before trying again.
func (w *way) reserve(n int) (sent time.Time, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if w.free.Before(now) {
		w.free = now
	}
	if wait := w.free.Sub(now) - queue; wait > 0 {
		return time.Time{}, wait
	}
	w.free = w.free.Add(time.Duration(float64(n) / w.rate * float64(time.Second)))
	return w.free, 0
}

// pause waits; it is false when done was closed first.
func pause(wait time.Duration, done <-chan struct{}) bool {
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-done:
		return false
	}
}
