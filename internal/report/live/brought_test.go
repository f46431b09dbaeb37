package live

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

// What one host made and others got: who, how much, how long it took until the last had it.
func TestBroughtLines(t *testing.T) {
	t.Parallel()
	const name = "Collect static files"
	made := span(deploy.Prepare, name, "web1", 4*time.Second)
	brought := func(host string, took time.Duration) deploy.Span {
		s := span(deploy.Prepare, name, host, took)
		s.Start, s.From, s.Note = start.Add(4*time.Second), "web1", deploy.NoteOf("12.3 MB")
		return s
	}
	failed := brought("web3", time.Second)
	failed.Outcome, failed.Err = deploy.Failed, &deploy.Error{Host: "web3", Cause: errors.New("no space left on device")}
	many := []deploy.Span{made}
	for i := range 20 {
		many = append(many, brought(fmt.Sprintf("web%d", i+2), time.Duration(i+1)*100*time.Millisecond))
	}
	kept := func(s deploy.Span) deploy.Span { s.Kept = 1; return s }
	for _, test := range []struct {
		name  string
		spans []deploy.Span
		want  string
	}{
		{"few", []deploy.Span{made, brought("web2", 700*time.Millisecond), brought("web3", 800*time.Millisecond)}, "ok    Collect static files   web1 4.0s  -> web2 web3 12.3 MB 0.8s"},
		{"many", many, "ok    Collect static files   web1 4.0s  -> 20 hosts 12.3 MB 2.0s"},
		{
			"one late", withoutKept(deploy.StepDone{Spans: []deploy.Span{kept(made), kept(brought("web2", 0)), brought("web3", 800*time.Millisecond)}}).Spans,
			"ok    Collect static files   -> web3 12.3 MB 0.8s",
		},
		{"many late", withoutKept(deploy.StepDone{Spans: append([]deploy.Span{kept(made)}, many[1:]...)}).Spans, "ok    Collect static files   -> 20 hosts 12.3 MB 2.0s"},
		{
			"one failed",
			[]deploy.Span{made, brought("web2", 700*time.Millisecond), failed},
			"FAIL  Collect static files   web1 ok 4.0s  web2 ok 0.7s\n" + strings.Repeat(" ", layout.TextColumn+layout.NameWidth) + "web3 no space left on device 1.0s",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(stepLines(deploy.StepDone{Phase: deploy.Prepare, Step: name, Spans: test.spans}), "\n")
			if want := "prepare    " + test.want; got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

var start = time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC)

func span(phase deploy.Phase, step, host string, took time.Duration) deploy.Span {
	return deploy.Span{Host: host, Phase: phase, Step: step, Start: start, Duration: took, Outcome: deploy.Succeeded}
}
