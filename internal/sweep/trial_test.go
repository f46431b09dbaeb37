//go:build linux

package sweep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// trial is one run of the world's mission with faults put at moments, and what follows.
type trial struct {
	*world
	rounds [][]placed // the faults of each attempt before the one that is to go well
	post   bool       // the post step runs where the attempt was killed or cancelled
	now    atomic.Pointer[runner]

	mu      sync.Mutex
	armed   []placed // faults of the attempt under way; nil between attempts
	count   map[string]int
	ops     []counted
	errs    []error // of the harness itself
	wrong   []string
	logs    []string
	decided bool           // a person's word was needed
	pending sync.WaitGroup // operations that are told of, and what faults do in the background
}

// placed is a fault put at a moment.
type placed struct {
	fault
	moment
	about  string // instead of a moment: the first operation of web1's steps, or of the runner's log, that is about this
	struck *atomic.Bool
}

func (p placed) isAt(here moment, op operation) bool {
	if p.about == "" {
		return p.moment == here
	}
	return (op.place == "web1-step" || op.place == "runner-line") && strings.HasPrefix(op.what, p.about)
}

func (p placed) String() string { return p.name + " at " + p.moment.String() }

func place(f fault, m moment) placed { return placed{fault: f, moment: m, struck: &atomic.Bool{}} }

// see is told of every operation, and breaks what is to break there.
func (t *trial) see(op operation) error {
	t.mu.Lock()
	armed := t.armed
	if armed == nil {
		t.mu.Unlock()
		return nil
	}
	t.count[op.place]++
	here := moment{op.place, t.count[op.place]}
	t.ops = append(t.ops, counted{here, op})
	t.pending.Add(1) // while armed: whoever ends the round waits for it
	defer t.pending.Done()
	t.mu.Unlock()
	var errs []error
	for _, f := range armed {
		if f.isAt(here, op) && f.struck.CompareAndSwap(false, true) {
			errs = append(errs, f.strike(t, op))
		}
	}
	return errors.Join(errs...)
}

// runner is the first attempt's. An operation may be told of before start has returned.
func (t *trial) runner() *runner {
	for {
		if r := t.now.Load(); r != nil {
			return r
		}
		<-time.After(time.Millisecond)
	}
}

func (t *trial) at(op operation) *host {
	name := moment{place: op.place}.host()
	return t.hosts[slices.IndexFunc(t.hosts, func(h *host) bool { return h.name == name })]
}

func (t *trial) everyHost(do func(*host) error) error {
	var errs []error
	for _, h := range t.hosts {
		errs = append(errs, do(h))
	}
	return errors.Join(errs...)
}

func (t *trial) background(do func() error) { t.pending.Go(func() { t.broken(do()) }) }

// broken takes an error of the harness itself: the trial says nothing then.
func (t *trial) broken(err error) {
	if err == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.errs = append(t.errs, err)
}

// violation takes note of what must never be. The same one is noted once.
func (t *trial) violation(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.wrong, text) {
		t.wrong = append(t.wrong, text)
	}
}

// run is a trial from its beginning to its end.
func (t *trial) run(ctx context.Context) error {
	if err := t.reset(); err != nil {
		return err
	}
	t.trial().Store(t)
	defer t.trial().Store(nil)
	stop, err := t.observe()
	if err != nil {
		return err
	}
	defer stop()

	for i, faults := range t.rounds {
		if err := t.round(ctx, i+1, faults); err != nil {
			return err
		}
	}
	t.rerun(ctx, len(t.rounds)+1)
	return errors.Join(t.errs...)
}

// round is an attempt with faults, and a look at what it left.
func (t *trial) round(ctx context.Context, attempt int, faults []placed) error {
	before := t.versions()
	if t.undoes {
		if err := os.WriteFile(t.failing(), nil, 0o600); err != nil {
			return err
		}
	}
	t.mu.Lock()
	t.armed, t.count = append([]placed{}, faults...), map[string]int{}
	t.mu.Unlock()
	code, err := t.attempt(ctx, attempt, t.struck()...)
	t.mu.Lock()
	t.armed = nil
	t.mu.Unlock()
	if err != nil {
		t.violation("attempt %d: %v", attempt, err)
	}
	t.pending.Wait()
	for _, f := range faults {
		t.broken(f.repair(t))
	}
	t.afterFault(code, before, faults)
	if t.post && (code == killed || code == deploy.ExitInterrupted) {
		t.afterPost(t.attempt(ctx, attempt, post))
	}
	if t.undoes {
		t.broken(os.Remove(t.failing()))
	}
	return errors.Join(t.errs...)
}

func (t *trial) trial() *atomic.Pointer[trial] { return &t.world.trial }

// attempt runs a command to its end.
func (t *trial) attempt(ctx context.Context, number int, args ...string) (int, error) {
	t.now.Store(nil)
	r, err := t.start(t.mission.run, number, args...)
	if err != nil {
		return killed, err
	}
	t.now.Store(r)
	code, err := r.wait(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logs = append(t.logs, fmt.Sprintf("=== attempt %d: %s: exit %d\n%s", number, strings.Join(args, " "), code, r.output()))
	if strings.Contains(r.output(), token) {
		t.wrong = append(t.wrong, "a secret is in the log")
	}
	return code, err
}

// observe looks all through the trial at what a visitor sees and at what current names, and tells of what is written.
func (t *trial) observe() (stop func(), err error) {
	done := make(chan struct{})
	var wait sync.WaitGroup
	var watches []*watch
	stop = func() {
		close(done)
		wait.Wait()
		for _, w := range watches {
			w.close()
		}
	}
	files, err := watchFolders(func(path string, _ bool) {
		_ = t.see(operation{place: "runner-file", kind: "file", what: filepath.Base(path)})
	}, t.ciFiles(), t.temp())
	if err != nil {
		return nil, err
	}
	watches = append(watches, files)
	for _, h := range t.hosts {
		current := filepath.Join(h.deployPath(), "current")
		steps, err := watchFolders(func(path string, removed bool) {
			if path == current && removed {
				t.violation("%s: current was removed", h.name)
			}
			if path == current {
				t.checkCurrent(h)
			}
			if path == current || filepath.Dir(path) == h.shared() {
				_ = t.see(operation{place: h.name + "-step", kind: "step", what: filepath.Base(path)})
			}
		}, h.deployPath(), h.shared())
		if err != nil {
			stop()
			return nil, err
		}
		watches = append(watches, steps)
		wait.Go(func() { t.visit(h, done) })
	}
	return stop, nil
}

// visitEvery is the pause between two looks at a site.
const visitEvery = 40 * time.Millisecond

// visit asks for the page of a site again and again.
func (t *trial) visit(h *host, done <-chan struct{}) {
	ticker := time.NewTicker(visitEvery)
	defer ticker.Stop()
	for {
		if _, version, err := h.site.page(); err != nil {
			t.violation("%s: the site does not answer: %v", h.name, err)
		} else if !slices.Contains(versions, version) {
			t.violation("%s: the site shows %q", h.name, version)
		}
		t.checkLink(h)
		select {
		case <-ticker.C:
		case <-done:
			return
		}
	}
}
