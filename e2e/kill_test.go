//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// moment is when something happens to a deployment: its log shows a text, or a host shows that it is so far.
type moment struct {
	line   string
	host   string // where the condition is asked
	script string // a condition, as the deploy user in the deploy path; $1 is the release that was live
}

// reached waits for the moment.
func (m moment) reached(ctx context.Context, t *testing.T, use *Use, fleet *Fleet, before string) bool {
	t.Helper()
	if m.script == "" {
		return use.log.until(ctx, m.line)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // the deployment's end is the end of waiting
		use.log.untilEnd(ctx)
		cancel()
	}()
	script := "cd /srv/www/broken_brackets\nuntil { " + m.script + "\n}; do sleep 0.02; done"
	_, err := try(ctx, "docker", "exec", "--user", "deploy", fleet.container(m.host), "timeout", "900", "sh", "-c", script, "moment", before)
	return err == nil
}

const (
	// isSwitched: `current` names another release than before.
	isSwitched = `[ "$(readlink current)" != "$1" ]`
	// isVerified: the checks of the release that `current` names now have begun.
	isVerified = isSwitched + ` && r=$(readlink current) && grep -h '"verify"' .slipway/deployments/*/activation.jsonl | grep -q "${r#releases/}"`
)

// fault is what happens to a deployment at a moment.
type fault struct {
	name   string
	at     moment
	strike strike
	exit   int           // of the struck attempt; 0: it goes on, and no other follows
	post   bool          // whether the job's post step runs before the job is run again
	queue  bool          // whether another run comes in between
	linger time.Duration // how long Migrate takes; 0 is usualLinger
	twice  bool          // whether Migrate, which bears it, may have begun a second time
}

const (
	usualLinger = 4 * time.Second
	longLinger  = 15 * time.Second // longer than the post step takes
)

// Exit codes as the runner sees them.
const (
	exitKilled    = 137
	exitCancelled = 130
)

var faults = []fault{
	{name: "kill-preflight", at: moment{line: "preflight  ok"}, strike: killed, exit: exitKilled},
	{name: "kill-upload", at: moment{line: "prepare: Upload"}, strike: killed, exit: exitKilled, post: true},
	{name: "kill-dependencies", at: moment{line: "| unpacking"}, strike: killed, exit: exitKilled},
	{name: "kill-check", at: moment{line: "prepare: Check"}, strike: killed, exit: exitKilled, queue: true},
	{name: "kill-static-files", at: moment{line: "prepare: Collect static files"}, strike: killed, exit: exitKilled, post: true},
	{name: "kill-migrate", at: moment{line: "| Running migrations:"}, strike: killed, exit: exitKilled},
	{name: "kill-migrate-post", at: moment{line: "| Running migrations:"}, strike: killed, exit: exitKilled, post: true, linger: longLinger},
	{name: "kill-switch", at: moment{host: "web1", script: isSwitched}, strike: killed, exit: exitKilled, post: true},
	{name: "kill-first-activated", at: moment{line: "activate   ok"}, strike: killed, exit: exitKilled},
	{name: "kill-verify", at: moment{host: "web2", script: isVerified}, strike: killed, exit: exitKilled},
	{name: "kill-verify-post", at: moment{host: "web2", script: isVerified}, strike: killed, exit: exitKilled, post: true},
	{name: "kill-finish", at: moment{line: "| waiting"}, strike: killed, exit: exitKilled},

	{name: "interrupt-static-files", at: moment{line: "prepare: Collect static files"}, strike: interrupted, exit: exitCancelled, post: true},
	{name: "interrupt-migrate", at: moment{line: "| Running migrations:"}, strike: interrupted, exit: exitCancelled, post: true, linger: longLinger},
	{name: "interrupt-switch", at: moment{host: "web1", script: isSwitched}, strike: interrupted, exit: exitCancelled, post: true},

	{name: "cut-dependencies", at: moment{line: "| unpacking"}, strike: sessionsEnded},
	{name: "cut-migrate", at: moment{line: "| Running migrations:"}, strike: networkCut},
	{name: "restart-dependencies", at: moment{line: "| unpacking"}, strike: restarted("web2")},
	{name: "restart-migrate", at: moment{line: "| Running migrations:"}, strike: restarted("web1"), twice: true},
}

// testKill strikes a running deployment, looks at what the hosts serve, and runs the job again, until a version is live that
// the next deployment replaces.
func testKill(ctx context.Context, t *testing.T) {
	fleet := startFleet(ctx, t, "kill")
	site := newSite(ctx, t, fleet, deployFileChanges)
	first := site.next(ctx, t).Use(ctx, t, "kill-first")
	if first.Exit != 0 {
		t.Fatalf("the first deployment ends %d:\n%s", first.Exit, first.Raw)
	}
	for _, host := range hosts {
		fleet.watch(ctx, t, host)
	}
	for _, f := range faults {
		if !t.Run(f.name, func(t *testing.T) { f.run(ctx, t, site) }) && !everywhere(site.serves(ctx, t), site.Version) {
			t.Fatalf("%s left no live version: what comes after it would say nothing", f.name)
		}
	}
}

func (f fault) run(ctx context.Context, t *testing.T, site *Site) {
	began := time.Now()
	old, before := site.Version, site.Fleet.On(ctx, t, "web1", "readlink /srv/www/broken_brackets/current")
	site.linger = cmp.Or(f.linger, usualLinger)
	action := site.next(ctx, t)
	use := action.Start(ctx, t, f.name)
	if !f.at.reached(ctx, t, use, site.Fleet, before) {
		t.Fatalf("the moment did not come:\n%s", use.log.all())
	}
	said := []string{f.strike(ctx, t, site, use)}
	outcome := use.Wait(t)
	if outcome.Exit != f.exit {
		t.Fatalf("it ended %d, want %d:\n%s", outcome.Exit, f.exit, outcome.Raw)
	}
	logs := outcome.Raw
	if f.exit != 0 {
		said = append(said, "served "+site.answers(ctx, t, old))
		if f.post {
			said = append(said, f.mend(ctx, t, site, action, old))
		}
		if f.queue {
			said = append(said, f.interlope(ctx, t, action))
		}
		action.Attempt = 2
		again := time.Now()
		outcome = action.Use(ctx, t, f.name+"-again")
		logs += "\nthe next attempt:\n" + outcome.Raw
		if outcome.Exit != 0 {
			t.Errorf("run again it ends %d", outcome.Exit)
		}
		if strings.Contains(outcome.Raw, "waiting for") {
			t.Error("run again it waits for its own dead attempt")
		}
		said = append(said, fmt.Sprintf("again green in %.0f s", time.Since(again).Seconds()))
	}
	site.checkDone(ctx, t, outcome)
	if tries := site.tries(ctx, t, "web1", outcome.Outputs["deployment"], "migrate"); tries != "1" && !f.twice {
		t.Errorf("Migrate began %s times, want once", tries)
	}
	if t.Failed() {
		t.Logf("the struck attempt:\n%s", logs)
	}
	t.Logf("%-22s %s (%.0f s)", f.name, strings.Join(said, "; "), time.Since(began).Seconds())
}

// mend is the job's post step: afterwards one version is live on all hosts, and nobody has to wait for the dead.
func (f fault) mend(ctx context.Context, t *testing.T, site *Site, action Action, old int) string {
	t.Helper()
	action.Post = true
	began := time.Now()
	outcome := action.Use(ctx, t, f.name+"-post")
	took := time.Since(began)
	locks := site.locks(ctx, t)
	// Looked at in this order: a migration that runs now ran when the lock was looked at.
	if site.migrating(ctx, t) {
		locks += " while Migrate runs"
		if strings.HasPrefix(locks, "locks released") {
			t.Error("the post step gave the lock of web1 back while Migrate runs there")
		}
	} else if strings.Contains(locks, "held") && f.linger == 0 {
		t.Errorf("after the post step: %s", locks)
	}
	if outcome.Exit != 0 {
		t.Errorf("the post step ends %d:\n%s", outcome.Exit, outcome.Raw)
	}
	served := site.serves(ctx, t)
	if !everywhere(served, old) && !everywhere(served, site.Version) {
		t.Errorf("after the post step: %v, want one version on all hosts\n%s", served, outcome.Raw)
	}
	return fmt.Sprintf("post: %.0f s, %v, %s", took.Seconds(), served, locks)
}

// interlope has another run come to hosts that a dead one holds: it waits, and says for whom.
func (f fault) interlope(ctx context.Context, t *testing.T, action Action) string {
	t.Helper()
	of := "/runs/" + action.RunID
	action.RunID, action.With = "9000", with(action.With, "lock_wait", "4s")
	outcome := action.Use(ctx, t, f.name+"-other")
	if outcome.Exit != 5 || !strings.Contains(outcome.Raw, of) {
		t.Errorf("another run ends %d, want 5 and the name of the run that holds the hosts:\n%s", outcome.Exit, outcome.Raw)
	}
	return "another run waited"
}

// answers checks that every host serves the old version or the new one, whole, and says which.
func (s *Site) answers(ctx context.Context, t *testing.T, old int) string {
	t.Helper()
	served := s.serves(ctx, t)
	for _, host := range hosts {
		if served[host] != old && served[host] != s.Version {
			t.Errorf("%s serves %d, want %d or %d", host, served[host], old, s.Version)
		}
	}
	return fmt.Sprint(served)
}

// checkDone checks that a deployment that ended well did everything: the new version everywhere, steps that run once
// counted once, every lock given back, and nothing seen in between that may not be.
func (s *Site) checkDone(ctx context.Context, t *testing.T, outcome Outcome) {
	t.Helper()
	if served := s.serves(ctx, t); !everywhere(served, s.Version) {
		t.Errorf("hosts serve %v, want %d", served, s.Version)
	}
	s.checkCount(ctx, t, outcome.Outputs["deployment"])
	if locks := s.locks(ctx, t); strings.Contains(locks, "held") {
		t.Errorf("after the end: %s", locks)
	}
	s.Fleet.checkSeen(ctx, t)
}

// locks says how every host's lock is.
func (s *Site) locks(ctx context.Context, t *testing.T) string {
	t.Helper()
	var each []string
	for _, host := range hosts {
		each = append(each, s.lockOf(ctx, t, host))
	}
	return "locks " + strings.Join(each, " ")
}

func with(inputs map[string]string, name, value string) map[string]string {
	changed := map[string]string{name: value}
	for key, value := range inputs {
		if key != name {
			changed[key] = value
		}
	}
	return changed
}
