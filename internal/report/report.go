// Package report shows a deployment to people: events become the live log (or, in a terminal, a live view), annotations,
// the job's summary and the action's outputs.
//
// The rules of its output, which every file here keeps: a verdict is one line of at most 100 columns and stands outside
// groups; what hosts printed is prefixed with the host, cleaned and redacted, and never torn; no time stamps (CI adds its
// own); of more than eight hosts only counts and exceptions are named; the block that says what failed comes last.
//
// It sees events and no hosts: it must not know how anything is run.
package report

import (
	"errors"
	"io"
	"sync"
	"time"

	"slipway/internal/ci"
	"slipway/internal/deploy"
	"slipway/internal/secret"
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
	minLogLines     = 20
	defaultWidth    = 100
	quietInterval   = 15 * time.Second       // of progress lines in a log
	frameInterval   = 100 * time.Millisecond // of the live view
)

// Reporter takes the events of one deployment.
type Reporter struct {
	mu      sync.Mutex
	options Options
	sink    sink
	now     func() time.Time
	stop    chan struct{} // closed by Close
	stopped chan struct{} // closed when no more ticks are worked on

	header    deploy.Header
	hostWidth int // of the longest host's name
	stream    stream
	tails     map[tailKey]*tail
	work      work
	fleet     fleet
	unwound   deploy.ReleaseID // what the last unwound host went back to
	noted     map[string]bool  // texts of notes that were shown
	notes     []deploy.Noted
	failed    error // of CI files
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
		options: options,
		now:     now,
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
		tails:   map[tailKey]*tail{},
		noted:   map[string]bool{},
	}
	r.work.now = now
	r.sink = logSink{options.Log}
	if options.Terminal != nil {
		r.sink = newScreen(options, func() []string { return r.work.view(options.Width, r.hostWidth) })
	}
	r.stream = stream{sink: r.sink, limit: options.LogLines, buffers: map[streamKey]*buffer{}}
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
	if view, ok := r.sink.(*screen); ok {
		view.repaint()
		return
	}
	if r.stream.quiet() {
		r.say(r.work.progressLines()...)
	}
}

// Emit takes an event. It may be called concurrently, and waits for nothing but the log.
func (r *Reporter) Emit(event deploy.Event) {
	event = r.cleaned(event)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := event.(type) {
	case deploy.Started:
		r.started(e.Header)
	case deploy.PhaseStarted:
		r.flushFleet()
		r.stream.phase = e.Phase
		r.work.enter(e.Phase, r.header.Hosts)
	case deploy.StepStarted:
		r.work.start(e)
	case deploy.Output:
		r.output(e)
	case deploy.Progress:
		r.work.progress(e)
	case deploy.SpanDone:
		r.work.hostDone(e.Span)
	case deploy.StepDone:
		r.stepDone(e)
	case deploy.HostDone:
		r.hostDone(e)
	case deploy.Noted:
		r.note(e)
	case deploy.Finished:
		r.finished(e.Result)
	}
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
	r.stream.flush()
	return errors.Join(r.failed, r.sink.close())
}

// started opens the log.
func (r *Reporter) started(h deploy.Header) {
	r.header = h
	r.hostWidth = 0
	for _, host := range append([]string{deploy.FleetName}, h.Hosts...) {
		r.hostWidth = max(r.hostWidth, min(width(host), maxHostWidth))
	}
	r.stream.hostWidth = r.hostWidth
	r.stream.large = len(h.Hosts) > fewHosts
	if r.stream.large {
		r.stream.limit = max(min(minLogLines, r.options.LogLines), r.options.LogLines*fewHosts/len(h.Hosts))
	}
	r.say(append(headerLines(h, r.options.Run), resumingLines(h)...)...)
	r.say("")
}

// note shows what a person should know. A warning becomes an annotation, at the end, with the others.
func (r *Reporter) note(n deploy.Noted) {
	if r.noted[n.Text] {
		return
	}
	r.noted[n.Text] = true
	r.notes = append(r.notes, n)
	word := "note"
	if n.Level == deploy.LevelWarning {
		word = "WARNING"
	}
	r.say(wrap(pad(word, phaseWidth)+n.Text, phaseWidth)...)
}

// say prints lines of our own, outside groups.
func (r *Reporter) say(lines ...string) {
	if len(lines) == 0 {
		return
	}
	r.stream.suspend()
	for _, line := range lines {
		r.sink.own(r.safe(line))
	}
}

// safe makes a line printable: no secrets, nothing that acts. Events are made safe when they come in; lines once more when
// they go out, since two texts beside each other may make up a third.
// Secrets are looked for before cleaning, as the host printed them, and after it, as people would read them: colours
// inside a secret are gone by then.
func (r *Reporter) safe(line string) string {
	redactor := r.options.Redactor
	return redactor.String(ci.Clean(redactor.String(line)))
}
