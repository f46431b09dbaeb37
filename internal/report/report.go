// Package report shows a deployment to people. A Reporter takes events and routes each to those who show it:
//
//	event    -> sanitize            no secrets, nothing that acts
//	         -> failure.Tails       the last lines, until a step went well
//	         -> progress            what runs at the moment
//	         -> live                the log, or a screen below it
//	result   -> failure             who failed in the same way, and what helps
//	         -> outcome             the table of how a deployment can end
//	         -> annotations, summary, outputs
//
// A new outcome is a row in outcome; a new event is a case in Emit; a new output is a line in outputs; a new CI is a file in the
// package ci. It sees events and no hosts: it must not know how anything is run.
package report

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/failure"
	"github.com/slipway/slipway/internal/report/live"
	"github.com/slipway/slipway/internal/report/outcome"
	"github.com/slipway/slipway/internal/report/outputs"
	"github.com/slipway/slipway/internal/report/progress"
	"github.com/slipway/slipway/internal/report/sanitize"
	"github.com/slipway/slipway/internal/report/screen"
	"github.com/slipway/slipway/internal/report/summary"
	"github.com/slipway/slipway/internal/secret"
)

// Options say where a report goes.
type Options struct {
	Log      ci.Log           // lines, sections, annotations; nil: none
	Run      ci.Run           // for the header and the summary
	Files    *ci.Files        // outputs and summary; nil: none
	Redactor *secret.Redactor // nil: no secrets
	Terminal io.Writer        // a live view instead of the log; nil: none
	Color    bool             // in a terminal; set it from NO_COLOR
	Width    int              // of the terminal, in columns; 0 is 100
	LogLines int              // live lines of a step per host; 0 is 500
}

const (
	defaultLogLines = 500
	defaultWidth    = 100
	quietInterval   = 10 * time.Second       // of progress lines in a log
	frameInterval   = 100 * time.Millisecond // of the live view
)

// Reporter takes the events of one deployment.
type Reporter struct {
	mu      sync.Mutex
	options Options
	clean   sanitize.Sanitizer
	streams sanitize.Streams
	stop    chan struct{} // closed by Close
	stopped chan struct{} // closed when no more ticks are worked on

	tails    failure.Tails
	progress *progress.Tracker
	screen   *screen.Screen // nil: no terminal
	log      *live.Log
	hosts    []string
	notes    []deploy.Noted
	failed   error // of CI files
}

// New makes a Reporter. Close must be called, also when there was no Finished event.
func New(options Options) *Reporter {
	interval := quietInterval
	if options.Terminal != nil {
		interval = frameInterval
	}
	ticker := time.NewTicker(interval)
	r := newReporter(options, time.Now, ticker.C)
	go func() { <-r.stopped; ticker.Stop() }()
	return r
}

// newReporter is New with a clock and a ticker of the caller's.
func newReporter(options Options, now func() time.Time, ticks <-chan time.Time) *Reporter {
	if options.LogLines <= 0 {
		options.LogLines = defaultLogLines
	}
	if options.Width <= 0 {
		options.Width = defaultWidth
	}
	if options.Log == nil {
		options.Log = ci.NewPlain(io.Discard)
	}
	r := &Reporter{
		options:  options,
		clean:    sanitize.Sanitizer{Redactor: options.Redactor},
		streams:  sanitize.Streams{Redactor: options.Redactor},
		stop:     make(chan struct{}),
		stopped:  make(chan struct{}),
		progress: progress.New(now),
	}
	sink := live.ToLog(options.Log)
	if options.Terminal != nil {
		r.screen = screen.New(options.Terminal, options.Color, options.Width, r.progress)
		sink = r.screen
	}
	r.log = live.New(sink, r.clean, options.LogLines)
	go r.keepAlive(ticks)
	return r
}

// keepAlive shows that long work goes on.
func (r *Reporter) keepAlive(ticks <-chan time.Time) {
	defer close(r.stopped)
	for {
		select {
		case <-r.stop:
			return
		case <-ticks:
			r.mu.Lock()
			r.tick()
			r.mu.Unlock()
		}
	}
}

func (r *Reporter) tick() {
	if r.screen != nil {
		r.screen.Tick()
		return
	}
	r.log.Tick(r.progress)
}

// Emit takes an event. It may be called concurrently, and waits for nothing but the log.
func (r *Reporter) Emit(event deploy.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.takeAll(r.streams.Events(event))
}

func (r *Reporter) takeAll(events []deploy.Event) {
	for _, event := range events {
		r.take(r.clean.Event(event))
	}
}

// take is Emit of an event that is safe to print.
func (r *Reporter) take(event deploy.Event) {
	switch e := event.(type) {
	case deploy.Started:
		r.hosts = e.Header.Hosts
		r.log.Start(e.Header, r.options.Run)
	case deploy.PhaseStarted:
		r.log.Enter(e.Phase)
		r.progress.Enter(e.Phase, r.hosts)
	case deploy.StepStarted:
		r.progress.Start(e)
	case deploy.Output:
		r.tails.Add(e)
		r.progress.LastLine(e.Host, e.Line)
		r.log.Output(e)
	case deploy.Progress:
		r.progress.Bytes(e)
	case deploy.SpanDone:
		r.progress.HostDone(e.Span)
	case deploy.StepDone:
		r.progress.StepDone(e.Phase, e.Step)
		r.tails.Forget(e.Spans)
		r.log.Step(e)
	case deploy.HostDone:
		r.progress.HostOver(e.Phase, e.Host)
		if !e.Kept && len(deploy.FailedSpans(e.Spans)) == 0 {
			r.tails.ForgetHost(e.Host)
		}
		r.log.Host(e)
	case deploy.HostAway:
		r.progress.Away(e)
		r.log.Away(e)
	case deploy.HostBack:
		r.log.Back(e, r.progress.Back(e.Host))
	case deploy.Noted:
		r.note(e)
	case deploy.Finished:
		r.finish(e.Result)
	}
}

// note shows what a person should know, once. It becomes an annotation too, at the end, with the others.
func (r *Reporter) note(n deploy.Noted) {
	for _, known := range r.notes {
		if known.Text == n.Text {
			return
		}
	}
	r.notes = append(r.notes, n)
	r.log.Note(n)
}

// finish closes the log: what was left out, warnings, annotations, and the block that people came to read, last.
func (r *Reporter) finish(res deploy.Result) {
	r.progress.Clear()
	r.log.Flush()
	res.Next = outcome.NextOn(r.options.Run, res.Next)
	failures := failure.Of(res, &r.tails)
	r.log.Skipped(res)
	for _, text := range res.Warnings {
		r.note(deploy.Noted{Level: deploy.LevelWarning, Text: text})
	}
	page := summary.Page{Result: res, Failures: failures, Run: r.options.Run, Notes: r.notes}
	if run := r.options.Run; run.Platform != "" && !run.Summary {
		r.log.Page("Summary", page.Lines())
	}
	r.options.Log.Annotate(annotations(res, failures, r.notes)...)
	r.log.End(res, failures)
	if r.options.Files == nil {
		return
	}
	r.failed = errors.Join(outputs.Write(r.options.Files, res, r.options.Redactor), r.options.Files.AppendSummary(page.Markdown()))
}

// Close ends the report. Its error says what of the CI's files or of the log could not be written.
func (r *Reporter) Close() error {
	select {
	case <-r.stop:
	default:
		close(r.stop)
	}
	<-r.stopped
	r.mu.Lock()
	defer r.mu.Unlock()
	r.takeAll(r.streams.Flush())
	return errors.Join(r.failed, r.log.Close())
}
