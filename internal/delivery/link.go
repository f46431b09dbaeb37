package delivery

import (
	"math"
	"sync"
	"time"
)

// What sending takes where nothing has shown it yet: a link that all hosts share, in bytes a second, and a connection's round trip.
const (
	usualRate      = 100_000_000 / 8
	usualRoundTrip = 40 * time.Millisecond
)

// firstFlight is how many bytes a connection sends before it waits for an answer for the first time: then twice as many, and so on.
const firstFlight = 14_600

// What compressing against old contents takes, in bytes a second of these and of the new ones together, on a runner that is not the fastest:
// measured were 270 and 50 million.
const (
	quickRate    = 100_000_000
	thoroughRate = 15_000_000
)

// link is what is known of the way to the hosts.
type link struct {
	limit int64 // bytes a second that may be sent; 0 is any

	mu          sync.Mutex
	first, last time.Time // when bytes went
	sent        int64     // between these
}

// took counts bytes that went to any host.
func (l *link) took(bytes int64, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first.IsZero() {
		l.first = now
		return // they may have gone to a buffer
	}
	l.sent += bytes
	l.last = now
}

// leastMeasured is how many bytes show how fast a link is: fewer lie in buffers.
const leastMeasured = 8 << 20

func (l *link) rate() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	rate := float64(usualRate)
	if took := l.last.Sub(l.first).Seconds(); l.sent >= leastMeasured && took > 0 {
		rate = float64(l.sent) / took
	}
	if l.limit > 0 {
		rate = min(rate, float64(l.limit))
	}
	return rate
}

// sending is how long it takes to send so many bytes to each of some hosts.
func (l *link) sending(bytes, hosts int64) time.Duration {
	flights := math.Log2(1 + float64(bytes)/firstFlight)
	return time.Duration(float64(bytes*hosts)/l.rate()*float64(time.Second)) + time.Duration(flights*float64(usualRoundTrip))
}

// compressing is how long it takes to compress old and new contents of so many bytes together.
func compressing(bytes int64, thorough bool) time.Duration {
	rate := int64(quickRate)
	if thorough {
		rate = thoroughRate
	}
	return time.Duration(bytes) * time.Second / time.Duration(rate)
}
