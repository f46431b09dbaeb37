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

// A host whose round trip takes no longer is in the same network, or the same data centre: what such a link carries, in bytes a second. Where
// it carries less a patch may not be made that would have paid, and what is sent takes no longer than it would have without patches.
const (
	nearRoundTrip = 5 * time.Millisecond
	nearRate      = 1_000_000_000 / 8
)

// firstFlight is how many bytes a connection sends before it waits for an answer for the first time: then twice as many, and so on.
const firstFlight = 14_600

// What compressing against old contents takes, in bytes a second of these and of the new ones together, on a runner that is not the fastest:
// measured were 50 to 80, and 15 to 30 million, on a busy one.
const (
	quickRate    = 50_000_000
	thoroughRate = 15_000_000
)

// link is what is known of the way to the hosts.
type link struct {
	limit int64 // bytes a second that may be sent; 0 is any

	mu     sync.Mutex
	active int           // uploads whose bytes count
	since  time.Time     // until when time was counted
	busy   time.Duration // for which there were such uploads
	sent   int64         // bytes in that time
}

// upload is one try of an upload, whose bytes show how fast the link is.
type upload struct {
	link  *link
	taken int64
	over  bool
}

// inFlight is how many bytes a connection takes that are nowhere yet but in buffers: the window of OpenSSH. From then on it takes as many as the
// host has read.
const inFlight = 2 << 20

// took counts bytes that were handed to the connection.
func (u *upload) took(bytes int64, now time.Time) {
	l := u.link
	l.mu.Lock()
	defer l.mu.Unlock()
	before := u.taken
	u.taken += bytes
	switch {
	case u.over || u.taken < inFlight:
	case before < inFlight:
		l.pass(now)
		l.active++
	default:
		l.pass(now)
		l.sent += bytes
	}
}

// end is called when all bytes are handed over, or the upload has failed; once more does no harm.
func (u *upload) end(now time.Time) {
	u.link.mu.Lock()
	defer u.link.mu.Unlock()
	if !u.over && u.taken >= inFlight {
		u.link.pass(now)
		u.link.active--
	}
	u.over = true
}

// pass counts the time until now.
func (l *link) pass(now time.Time) {
	if l.active > 0 && now.After(l.since) {
		l.busy += now.Sub(l.since)
	}
	l.since = now
}

// leastMeasured is how many bytes, and leastBusy how much time, show how fast a link is.
const (
	leastMeasured = 256 << 10
	leastBusy     = 100 * time.Millisecond
)

// rate is how many bytes a second all hosts can be sent together, as far as it is known, where one's round trip takes so long; 0 is not known.
func (l *link) rate(roundTrip time.Duration) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	rate := float64(usualRate)
	if roundTrip > 0 && roundTrip <= nearRoundTrip {
		rate = nearRate
	}
	if l.enough() {
		rate = float64(l.sent) / l.busy.Seconds()
	}
	if l.limit > 0 {
		rate = min(rate, float64(l.limit))
	}
	return rate
}

// measured reports whether bytes have shown how fast the link is.
func (l *link) measured() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.enough()
}

func (l *link) enough() bool { return l.sent >= leastMeasured && l.busy >= leastBusy }

// sending is how long it takes to send so many bytes to each of some hosts.
func (l *link) sending(bytes, hosts int64, roundTrip time.Duration) time.Duration {
	flights := math.Log2(1 + float64(bytes)/firstFlight)
	took := float64(bytes*hosts) / l.rate(roundTrip)
	if roundTrip == 0 {
		roundTrip = usualRoundTrip
	}
	return time.Duration(took*float64(time.Second)) + time.Duration(flights*float64(roundTrip))
}

// compressing is how long it takes to compress old and new contents of so many bytes together.
func compressing(bytes int64, thorough bool) time.Duration {
	rate := int64(quickRate)
	if thorough {
		rate = thoroughRate
	}
	return time.Duration(bytes) * time.Second / time.Duration(rate)
}

// What it takes to have what CI keeps of an artifact: to ask for it, and to download and read so many bytes a second, on a runner of CI.
const (
	fetchSetUp = 3 * time.Second
	fetchRate  = 10_000_000
)

// fetching is how long it takes to have an artifact of so many bytes from CI.
func fetching(bytes int64) time.Duration {
	return fetchSetUp + time.Duration(bytes)*time.Second/fetchRate
}
