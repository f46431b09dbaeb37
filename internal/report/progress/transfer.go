package progress

import (
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Transfer is how far bytes to one host are, or to several together.
type Transfer struct {
	pace
	Done, Total int64 // bytes
}

// Percent is how much of the bytes are there.
func (t *Transfer) Percent() int {
	if t.Total <= 0 {
		return 0
	}
	return int(min(t.Done, t.Total) * 100 / t.Total)
}

// Left is how long the rest takes if it goes on as fast; 0 where nothing is left, or nothing goes.
func (t *Transfer) Left(now time.Time) time.Duration {
	rate := t.Rate(now)
	if rate <= 0 || t.Done >= t.Total {
		return 0
	}
	return time.Duration(float64(t.Total-t.Done) / rate * float64(time.Second))
}

// Sum is all that a step sends, to all its hosts together; ok is false where it sends nothing. A host whose turn has not come will get
// as much as the others, as far as anybody knows.
func (s *Step) Sum() (sum *Transfer, ok bool) {
	sum = &Transfer{pace: s.pace}
	for _, t := range s.Transfers {
		sum.Done += t.Done
		sum.Total += t.Total
	}
	if len(s.Transfers) == 0 {
		return sum, false
	}
	each := sum.Total / int64(len(s.Transfers))
	for _, host := range s.Hosts {
		if s.Transfers[host] == nil {
			sum.Total += each
		}
	}
	return sum, true
}

// Slowest is the host that got the smallest part of its bytes; nil where none gets any.
func (s *Step) Slowest() (name string, worst *Transfer) {
	for _, host := range s.Hosts {
		if t := s.Transfers[host]; t != nil && (worst == nil || t.Percent() < worst.Percent()) {
			name, worst = host, t
		}
	}
	return name, worst
}

// Bytes says how far a transfer is. One that has fewer bytes than before begins anew: its link had dropped. What is there when it is first
// heard of says nothing of the pace: a host that pulls goes on with what an earlier attempt has brought.
func (t *Tracker) Bytes(e deploy.Progress) {
	s := t.find(e.Phase, e.Step)
	if s == nil {
		s = t.Start(deploy.StepStarted{Phase: e.Phase, Step: e.Step, Hosts: []string{e.Host}})
	}
	transfer := s.Transfers[e.Host]
	if transfer == nil || e.Done < transfer.Done {
		transfer = &Transfer{Done: e.Done}
		s.Transfers[e.Host] = transfer
	}
	now, more := t.now(), e.Done-transfer.Done
	s.pace.add(now, more)
	transfer.pace.add(now, more)
	transfer.Done, transfer.Total = e.Done, e.Total
}
