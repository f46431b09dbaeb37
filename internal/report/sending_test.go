package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/golden"
	"github.com/slipway/slipway/internal/report/layout"
)

// sending is an upload that goes on second by second, each host at a rate of its own.
type sending struct {
	r     *Reporter
	total int64
	rates map[string]int64 // bytes a second
	done  map[string]int64
}

func (s *sending) second() {
	<-time.After(time.Second)
	synctest.Wait()
	for host, rate := range s.rates {
		if s.done[host] == s.total || rate == 0 {
			continue
		}
		s.done[host] = min(s.done[host]+rate, s.total)
		s.r.Emit(deploy.Progress{Phase: deploy.Prepare, Step: "Upload", Host: host, Done: s.done[host], Total: s.total})
		if s.done[host] == s.total {
			s.r.Emit(deploy.SpanDone{Span: span(deploy.Prepare, "Upload", host, time.Second)})
		}
	}
}

func (s *sending) seconds(n int) {
	for range n {
		s.second()
	}
}

// A log says every ten seconds how far all hosts together are, how fast that goes and how long it will take. One slow host goes on, and some have no turn yet.
func TestLongUpload(t *testing.T) {
	t.Parallel()
	for _, count := range []int{1, 3, 12} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			s := &sending{r: New(Options{Log: ci.NewPlain(&log)}), total: 40_000_000, rates: map[string]int64{}, done: map[string]int64{}}
			hosts := make([]string, count)
			for i := range hosts {
				hosts[i] = fmt.Sprintf("web%d", i+1)
			}
			s.r.Emit(deploy.Started{Header: deploy.Header{Version: "1.0.0", App: "shop", Hosts: hosts}})
			s.r.Emit(deploy.PhaseStarted{Phase: deploy.Prepare})
			<-time.After(time.Second / 2) // so that no line is due while the hosts get something
			s.r.Emit(deploy.StepStarted{Phase: deploy.Prepare, Step: "Upload", Hosts: hosts})
			for _, host := range hosts[:(count+1)/2] {
				s.rates[host] = 1_500_000
			}
			s.rates[hosts[0]] = 600_000
			s.seconds(22)
			for _, host := range hosts[(count+1)/2:] {
				s.rates[host] = 2_000_000
			}
			s.seconds(20)
			s.rates[hosts[0]] = 4_000_000
			s.seconds(3)
			s.r.Emit(deploy.HostAway{Host: hosts[0], Wait: 3 * time.Minute})
			s.rates[hosts[0]] = 0
			s.seconds(30)
			s.r.Emit(deploy.HostBack{Host: hosts[0]})
			s.done[hosts[0]], s.rates[hosts[0]] = 0, 4_000_000 // the link had dropped
			s.seconds(11)
			s.r.Emit(done("Upload", hosts...))
			s.r.Emit(deploy.Finished{Result: deploy.Result{Header: deploy.Header{App: "shop", Hosts: hosts}, Outcome: deploy.OutcomeActivated}})
			if err := s.r.Close(); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, fmt.Sprintf("testdata/sending-%d.txt", count), log.String())
			for line := range strings.Lines(log.String()) {
				if n := layout.Width(strings.TrimRight(line, "\n")); n > layout.Columns {
					t.Errorf("%d columns: %s", n, line)
				}
			}
		})
	}
}

// What is sent within ten seconds needs no line, nor does what ended before its first one.
func TestShortUploadIsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := New(Options{Log: ci.NewPlain(&log)})
		s := &sending{r: r, total: 8_000_000, rates: map[string]int64{"web1": 1_000_000}, done: map[string]int64{}}
		<-time.After(9 * time.Second) // a tick comes in its middle
		r.Emit(deploy.StepStarted{Phase: deploy.Prepare, Step: "Upload", Hosts: []string{"web1"}})
		r.Emit(printed("Upload", "web1", "begins"))
		s.seconds(8)
		r.Emit(done("Upload", "web1"))
		<-time.After(time.Minute)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(log.String(), "...") {
			t.Errorf("it says\n%s", log.String())
		}
	})
}
