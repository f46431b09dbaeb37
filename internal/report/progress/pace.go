package progress

import (
	"slices"
	"time"
)

// window is how far back a rate looks: far enough to be steady, near enough to show a link that stalls, or one that is faster alone.
const window = 20 * time.Second

// pace is how fast bytes went of late.
type pace struct {
	sent  int64
	marks []mark // one for each second in which something was sent, not older than the window
}

type mark struct {
	at   time.Time
	sent int64 // before then
}

func (p *pace) add(now time.Time, bytes int64) {
	if n := len(p.marks); n == 0 || now.Sub(p.marks[n-1].at) >= time.Second {
		p.marks = append(slices.DeleteFunc(p.marks, func(m mark) bool { return now.Sub(m.at) > window }), mark{now, p.sent})
	}
	p.sent += bytes
}

// Rate is bytes a second.
func (p *pace) Rate(now time.Time) float64 {
	for _, m := range p.marks {
		if took := now.Sub(m.at); took > 0 && took <= window {
			return float64(p.sent-m.sent) / took.Seconds()
		}
	}
	return 0
}
