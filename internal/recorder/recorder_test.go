package recorder_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/recorder"
)

var errCancel = errors.New("cancelled")

// newRecorder is a recorder of two hosts, and the events that it told.
func newRecorder() (*recorder.Recorder, *[]deploy.Event) {
	events := &[]deploy.Event{}
	hosts := []deploy.HostResult{
		{Host: "web1", Outcome: deploy.HostUnchanged, Before: "a", Now: "a"}, {Host: "web2", Outcome: deploy.HostUnchanged},
	}
	rec := recorder.New(func(e deploy.Event) { *events = append(*events, e) }, deploy.Header{App: "shop"}, time.Now(), hosts,
		func(err error) bool { return errors.Is(err, errCancel) })
	return rec, events
}

func TestHosts(t *testing.T) {
	t.Parallel()
	rec, _ := newRecorder()
	rec.Host("web1", deploy.HostActivated, "b")
	rec.Host("lb1", deploy.HostActivated, "b") // gets no releases
	rec.Missed("web1")
	rec.Missed("web2")
	want := []deploy.HostResult{
		{Host: "web1", Outcome: deploy.HostActivated, Before: "a", Now: "b"}, {Host: "web2", Outcome: deploy.HostSkipped},
	}
	if diff := cmp.Diff(want, rec.Result().Hosts); diff != "" {
		t.Error(diff)
	}
}

// A step is told once all its hosts are through, in the plan's order.
func TestStep(t *testing.T) {
	t.Parallel()
	rec, events := newRecorder()
	step := rec.Step("Build", deploy.Step{Phase: deploy.Prepare, Run: "\n# as usual\n make all\n"}, []string{"web1", "web2", "web3", "web4"})
	step.Begin()
	step.Begin()
	step.End(deploy.Span{Host: "web2", Outcome: deploy.Failed, Err: &deploy.Error{Host: "web2", Cause: errors.New("exit 1")}})
	step.End(deploy.Span{Host: "web1", Outcome: deploy.Failed, Err: &deploy.Error{Host: "web1", Cause: errCancel}})
	step.End(deploy.Span{Host: "web3", Outcome: deploy.Succeeded, Kept: 1})
	if done := rec.Result().Steps; len(done) != 0 {
		t.Errorf("told too early: %v", done)
	}
	step.Skip("web4")
	done := rec.Result().Steps
	if len(done) != 1 || done[0].Command != "make all" || done[0].Phase != deploy.Prepare {
		t.Fatalf("%+v", done)
	}
	var got []string
	for _, span := range done[0].Spans {
		got = append(got, span.Host+" "+string(span.Outcome)+" "+span.Status)
	}
	want := []string{"web1 failed cancelled", "web2 failed ", "web3 succeeded ", "web4 " + string(deploy.NotRun) + " "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if errs := step.Errors().Error(); errs != "web1: cancelled\nweb2: exit 1" {
		t.Error(errs)
	}
	var kinds []string
	for _, event := range *events {
		switch event.(type) {
		case deploy.StepStarted:
			kinds = append(kinds, "started")
		case deploy.SpanDone:
			kinds = append(kinds, "span")
		case deploy.StepDone:
			kinds = append(kinds, "done")
		}
	}
	if !slices.Equal(kinds, []string{"started", "span", "span", "done"}) {
		t.Error(kinds)
	}
}

// A step that started nowhere is not told.
func TestStepThatNobodyStarted(t *testing.T) {
	t.Parallel()
	rec, events := newRecorder()
	rec.Step("Build", deploy.Step{}, []string{"web1"}).Skip("web1")
	if len(*events) != 0 || len(rec.Result().Steps) != 0 {
		t.Error(*events)
	}
}

func TestAllKept(t *testing.T) {
	t.Parallel()
	looked := deploy.StepDone{Phase: deploy.Preflight, Spans: []deploy.Span{{Phase: deploy.Preflight}}}
	kept := deploy.StepDone{Spans: []deploy.Span{{Step: "Build", Kept: 1}}}
	ran := deploy.StepDone{Spans: []deploy.Span{{Step: "Build"}}}
	pruned := deploy.StepDone{Spans: []deploy.Span{{Step: recorder.Prune}}}
	for name, test := range map[string]struct {
		steps []deploy.StepDone
		parts []deploy.HostDone
		want  bool
	}{
		"nothing done":        {nil, nil, false},
		"all kept":            {[]deploy.StepDone{looked, kept, pruned}, []deploy.HostDone{{Host: "web1", Kept: true}, {Host: deploy.FleetName}}, true},
		"a step ran":          {[]deploy.StepDone{kept, ran}, []deploy.HostDone{{Host: "web1", Kept: true}}, false},
		"a host was switched": {[]deploy.StepDone{kept}, []deploy.HostDone{{Host: "web1", Kept: true}, {Host: "web2"}}, false},
	} {
		rec, _ := newRecorder()
		for _, step := range test.steps {
			rec.StepDone(step)
		}
		for _, part := range test.parts {
			rec.HostDone(part)
		}
		if got := rec.AllKept(); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestApplied(t *testing.T) {
	t.Parallel()
	span := func(note deploy.Note) deploy.Span { return deploy.Span{Host: "web1", Step: "Migrate", Note: note} }
	applied := func(changes ...string) deploy.Note { return deploy.Note{Short: "applied", Applied: changes} }
	nothing, silent := deploy.Note{Short: "nothing to apply", Nothing: true}, deploy.Note{}
	for name, test := range map[string]struct {
		span    deploy.Span
		recalls deploy.Note
		want    string
	}{
		"one":               {span(applied("shop.0042")), silent, "shop.0042 stays"},
		"two":               {span(applied("shop.0042", "shop.0043")), silent, "shop.0042, shop.0043 stay"},
		"nothing":           {span(nothing), silent, ""},
		"nothing said":      {span(silent), silent, "Migrate stays"},
		"kept: two":         {deploy.Span{Step: "Migrate", Kept: 1}, applied("a", "b"), "a, b stay"},
		"kept: nothing":     {deploy.Span{Step: "Migrate", Kept: 1}, nothing, ""},
		"kept: nobody says": {deploy.Span{Step: "Migrate", Kept: 1}, silent, "Migrate stays"},
	} {
		rec, _ := newRecorder()
		rec.StepDone(deploy.StepDone{Phase: deploy.Prepare, Step: "Build", Spans: []deploy.Span{span(applied("no"))}})
		rec.StepDone(deploy.StepDone{Phase: deploy.Migrate, Step: "Migrate", Spans: []deploy.Span{test.span}})
		got := rec.Applied(func(asked deploy.Span) deploy.Note {
			if asked.Kept == 0 {
				t.Errorf("%s: asked for what ran in this attempt", name)
			}
			return test.recalls
		})
		if got != test.want {
			t.Errorf("%s: %q, wanted %q", name, got, test.want)
		}
	}
}
