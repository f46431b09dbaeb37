package fleetlock

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/transport"
)

// short is a lease that a test can wait for, and that a busy machine does not miss.
const short = 2 * time.Second

// long is a lease that nobody who waits for it gets over.
const long = time.Hour

// asker is one deployment's attempt that wants hosts.
func asker(deployment string, attempt int, hosts ...*releasetest.Host) Request {
	request := Request{
		Owner: deploy.LockOwner{
			Deployment: deploy.DeploymentID(deployment), Attempt: attempt, Command: "deploy", Actor: "anna", RunURL: "https://ci/" + deployment,
			Since: time.Now().Add(-3 * time.Minute), Token: rand.Text(),
		},
		Wait: time.Minute, Environment: "production", Lease: short, Beat: short / 10, Note: func(string) {},
	}
	for i, host := range hosts {
		request.Wants = append(request.Wants, Want{Host: fmt.Sprintf("web%d", i+1), Conn: host, Site: host.Site})
	}
	return request
}

// surveyed fills in what a survey would have found.
func surveyed(t *testing.T, request Request) Request {
	t.Helper()
	request.Wants = slices.Clone(request.Wants)
	for i, want := range request.Wants {
		state, err := releasetest.ReadLock(t.Context(), want.Conn, want.Site)
		if err != nil {
			t.Fatal(err)
		}
		request.Wants[i].Seen = state
	}
	return request
}

func twoHosts(t *testing.T) []*releasetest.Host {
	t.Helper()
	return []*releasetest.Host{releasetest.NewHost(t, "dash"), releasetest.NewHost(t, "ash")}
}

func mustAcquire(t *testing.T, request Request) *Locks {
	t.Helper()
	held, err := Acquire(t.Context(), surveyed(t, request))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.release(context.WithoutCancel(t.Context())) })
	return held
}

// die is the death of a runner: nothing beats any more, nothing is given back.
func (l *Locks) die() {
	for _, h := range l.holds {
		if h.stopBeat != nil {
			h.stopBeat()
		}
		h.left = true
	}
}

// change runs a command that changes something on each host.
func (l *Locks) change(ctx context.Context) error {
	return atOnce(l.holds, func(h *hostLock) error {
		return l.Conn(h.Host).Run(ctx, transport.Command{Name: "change", Script: ":"})
	})
}

func TestLockTurns(t *testing.T) {
	t.Parallel()
	hosts := twoHosts(t)
	first := mustAcquire(t, asker("1", 1, hosts...))
	if first.Changed() {
		t.Error("the lock was free, and it says that others were there")
	}
	waiting := make(chan string, 100)
	request := surveyed(t, asker("2", 1, hosts[1], hosts[0])) // the other way round
	request.Note = func(text string) { waiting <- text }
	got := make(chan *Locks)
	go func() {
		second, err := Acquire(t.Context(), request)
		if err != nil {
			t.Error(err)
		}
		got <- second
	}()
	if note := <-waiting; !strings.Contains(note, "waiting for run https://ci/1 by anna, 3m (deploy)") {
		t.Errorf("a waiter says %q", note)
	}
	if err := first.change(t.Context()); err != nil {
		t.Errorf("the owner under a waiter: %v", err)
	}
	if err := first.release(t.Context()); err != nil {
		t.Error(err)
	}
	second := <-got
	if !second.Changed() {
		t.Error("another deployment was there, and it says that none was")
	}
	if err := second.change(t.Context()); err != nil {
		t.Error(err)
	}
	if err := second.release(t.Context()); err != nil {
		t.Error(err)
	}
}

// Whoever waits for an owner that should have given a sign of life by now is told for how long there was none.
func TestSilentOwner(t *testing.T) {
	t.Parallel()
	l := &Locks{Request: Request{Lease: Lease, Beat: beatIn(Lease)}}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for silent, want := range map[time.Duration]string{
		40 * time.Second: "", 45 * time.Second: "; no sign of life for 45s, and the lock is taken after 90s",
	} {
		h := &hostLock{watch: watch{state: deploy.LockState{Owner: deploy.LockOwner{RunURL: "https://ci/1", Actor: "anna", Command: "deploy", Since: now}}, since: now, asked: now.Add(silent)}}
		if got := l.owner(h, now); !strings.HasSuffix(got, " by anna, 0s (deploy)"+want) {
			t.Errorf("%s: %q", silent, got)
		}
	}
}

func TestLockWaitIsOver(t *testing.T) {
	t.Parallel()
	hosts := twoHosts(t)
	mustAcquire(t, asker("1", 1, hosts[1]))
	for _, wait := range []time.Duration{0, short} {
		request := surveyed(t, asker("2", 1, hosts...))
		request.Wait = wait
		start := time.Now()
		_, err := Acquire(t.Context(), request)
		if !errors.Is(err, lock.ErrTaken) {
			t.Fatalf("behind a live owner: %v", err)
		}
		for _, text := range []string{"web2", "https://ci/1", "anna", "3m", "`slipway unlock -e production`"} {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%v does not say %s", err, text)
			}
		}
		if took := time.Since(start); took < wait {
			t.Errorf("it waited %s of %s", took, wait)
		}
		// Nothing is kept: the host that was free is free.
		if state := surveyed(t, request).Wants[0].Seen; !state.Free() {
			t.Errorf("it kept %+v", state)
		}
	}
}

// A dead owner of many hosts costs one lease, by the waiter's clock, and not one for each host; also when it lived at first.
func TestLockOfTheDead(t *testing.T) {
	t.Parallel()
	hosts := append(twoHosts(t), releasetest.NewHost(t, "dash"))
	first := mustAcquire(t, asker("1", 1, hosts...))
	request := asker("2", 1, hosts...)
	var died time.Time
	request.Note = func(string) {
		if died.IsZero() {
			awaitBeats(t, request)
			first.die()
			died = time.Now()
		}
	}
	second := mustAcquire(t, request)
	if took := time.Since(died); took < short*4/5 || took > 15*short { // a slow machine takes its time
		t.Errorf("a dead owner was waited for %s with a lease of %s", took, short)
	}
	if err := second.change(t.Context()); err != nil {
		t.Error(err)
	}
}

// awaitBeats returns when every host's heart has beaten.
func awaitBeats(t *testing.T, request Request) {
	t.Helper()
	before := surveyed(t, request).Wants
	for i, want := range before {
		for now := want; now.Seen.Beat == want.Seen.Beat; {
			now = surveyed(t, request).Wants[i]
		}
	}
}

func TestLockTakenOver(t *testing.T) {
	t.Parallel()
	hosts := twoHosts(t)
	attempt := func(n int) Request {
		request := asker("1", n, hosts...)
		request.Lease = long
		return request
	}
	first := mustAcquire(t, attempt(1))
	bound, stop := first.bind(t.Context())
	defer stop()
	second := mustAcquire(t, attempt(2))
	if !second.Changed() {
		t.Error("the earlier attempt was at work, and it says that nobody was")
	}
	if err := first.change(t.Context()); !errors.Is(err, lock.ErrFenced) {
		t.Errorf("a command of the earlier attempt: %v", err)
	}
	<-bound.Done() // by a heartbeat
	var told *deploy.Error
	if err := context.Cause(bound); !errors.Is(err, lock.ErrFenced) || !errors.As(err, &told) || told.Host == "" {
		t.Errorf("the earlier attempt ended with %v", err)
	}
	if err := first.release(t.Context()); err != nil {
		t.Error(err)
	}
	if err := second.change(t.Context()); err != nil {
		t.Errorf("the next attempt, after the earlier one gave back what was not its own: %v", err)
	}

	// The post step of the same attempt takes over too; the attempt itself, or an earlier one, does not come back, not even
	// when all is free again.
	last := asker("1", 2, hosts...)
	last.Owner.Command = PostCommand
	post := mustAcquire(t, last)
	if err := second.change(t.Context()); !errors.Is(err, lock.ErrFenced) {
		t.Errorf("a command of the attempt after its post step began: %v", err)
	}
	for _, held := range []bool{true, false} {
		if !held {
			if err := post.release(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Acquire(t.Context(), surveyed(t, asker("1", 1, hosts...))); !errors.Is(err, lock.ErrFenced) {
			t.Errorf("an earlier attempt, held %t: %v", held, err)
		}
	}
}

func TestLockSupersedes(t *testing.T) {
	t.Parallel()
	owner := func(deployment string, attempt int, command string) deploy.LockOwner {
		return deploy.LockOwner{Deployment: deploy.DeploymentID(deployment), Attempt: attempt, Command: command}
	}
	shard := func(deployment string, attempt int, command, shard string) deploy.LockOwner {
		of := owner(deployment, attempt, command)
		of.Shard = shard
		return of
	}
	tests := []struct {
		mine, other deploy.LockOwner
		want        bool
	}{
		{owner("a", 2, "deploy"), owner("a", 1, "deploy"), true},
		{owner("a", 2, "deploy"), owner("a", 1, "post"), true},
		{owner("a", 1, "post"), owner("a", 1, "deploy"), true},
		{owner("a", 1, "post"), owner("a", 1, "post"), false},
		{shard("a", 1, "post", "2/5"), shard("a", 1, "deploy", "2/5"), true},
		{shard("a", 1, "post", "rest/5"), shard("a", 1, "deploy", "2/5"), false}, // its job may still run
		{shard("a", 1, "deploy", "rest/5"), shard("a", 1, "deploy", "2/5"), false},
		{shard("a", 2, "deploy", "rest/5"), shard("a", 1, "deploy", "2/5"), true},
		{owner("a", 1, "deploy"), owner("a", 1, "post"), false},
		{owner("a", 1, "deploy"), owner("a", 1, "deploy"), false},
		{owner("a", 1, "post"), owner("a", 2, "deploy"), false},
		{owner("b", 2, "deploy"), owner("a", 1, "deploy"), false},
		{owner("", 2, "deploy"), owner("", 1, "deploy"), false},
		{owner("a", 2, "deploy"), owner("", 0, ""), false},
	}
	for _, test := range tests {
		if got := supersedes(test.mine, test.other); got != test.want {
			t.Errorf("%+v over %+v: %t", test.mine, test.other, got)
		}
	}
}

func TestLockSameMachine(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "dash")
	for range 2 { // without an ID at first, then with one
		request := asker("1", 1, host, host)
		state := surveyed(t, request)
		_, err := Acquire(t.Context(), state)
		if err == nil || !strings.Contains(err.Error(), "same machine") {
			t.Errorf("one machine by two names: %v", err)
		}
		if state := surveyed(t, request).Wants[0].Seen; !state.Free() {
			t.Errorf("it kept %+v", state)
		}
	}
}

// Two machines that have one deploy path between them, by a file server: said at once, whichever comes first.
func TestLockSharedFileSystem(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "dash")
	for range 2 { // without an ID at first, then with one
		request := asker("1", 1, host, host)
		request.Wait = long
		for i := range request.Wants {
			request.Wants[i].Path.Machine = request.Wants[i].Host
		}
		if id, err := os.ReadFile(host.Site.Private() + "/id"); err == nil {
			request.Wants[0].Path.ID = strings.TrimSpace(string(id))
			request.Wants[1].Path.ID = request.Wants[0].Path.ID
		}
		_, err := Acquire(t.Context(), surveyed(t, request))
		if err == nil || !strings.Contains(err.Error(), "a file system that both share") {
			t.Errorf("one deploy path on two machines: %v", err)
		}
		if state := surveyed(t, request).Wants[0].Seen; !state.Free() {
			t.Errorf("it kept %+v", state)
		}
	}
}

// Machines that were made from one image are two.
func TestLockImages(t *testing.T) {
	t.Parallel()
	hosts := twoHosts(t)
	request := asker("1", 1, hosts...)
	for i, host := range hosts {
		if err := errors.Join(os.MkdirAll(host.Site.Private(), 0o700), os.WriteFile(host.Site.Private()+"/id", []byte("image\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
		request.Wants[i].Path = deploy.PathID{ID: "image", Machine: fmt.Sprint(i)}
	}
	locks := mustAcquire(t, surveyed(t, request))
	if err := locks.release(t.Context()); err != nil {
		t.Error(err)
	}
}

// deaf is a connection that is cut before the answer of the first commands of a name comes.
type deaf struct {
	transport.Conn
	name string

	mu   sync.Mutex
	cuts int
}

func (d *deaf) Run(ctx context.Context, command transport.Command) error {
	err := d.Conn.Run(ctx, command)
	d.mu.Lock()
	defer d.mu.Unlock()
	if command.Name == d.name && d.cuts > 0 {
		d.cuts--
		return transport.ErrLost
	}
	return err
}

// The connection drops after the lock was taken, before the answer: it is found to be ours, not waited for.
func TestLockAnswerLost(t *testing.T) {
	t.Parallel()
	hosts := twoHosts(t)
	request := asker("1", 1, hosts...)
	request.Lease = long
	request.Wants[0].Conn = &deaf{Conn: hosts[0], name: "lock", cuts: 1}
	held := mustAcquire(t, request)
	if err := held.change(t.Context()); err != nil {
		t.Error(err)
	}
	if err := held.release(t.Context()); err != nil {
		t.Error(err)
	}
	for _, want := range surveyed(t, request).Wants {
		if !want.Seen.Free() || want.Seen.Generation != 1 {
			t.Errorf("%s was left as %+v", want.Host, want.Seen)
		}
	}
}

// Cancelled while it waits, or in the middle of taking, a run leaves nothing behind.
func TestLockCancelled(t *testing.T) {
	t.Parallel()
	hosts := twoHosts(t)
	mustAcquire(t, asker("1", 1, hosts[1]))
	ctx, cancel := context.WithCancel(t.Context())
	request := surveyed(t, asker("2", 1, hosts...))
	request.Note = func(string) { cancel() }
	if _, err := Acquire(ctx, request); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled wait: %v", err)
	}
	if state := surveyed(t, request).Wants[0].Seen; !state.Free() {
		t.Errorf("it kept %+v", state)
	}
}

func TestLockLeft(t *testing.T) {
	t.Parallel()
	hosts := twoHosts(t)
	request := asker("1", 1, hosts...)
	held := mustAcquire(t, request)
	held.Leave("web2")
	if err := held.release(t.Context()); err != nil {
		t.Error(err)
	}
	wants := surveyed(t, request).Wants
	if !wants[0].Seen.Free() || wants[1].Seen.Free() {
		t.Errorf("it left %+v and %+v", wants[0].Seen, wants[1].Seen)
	}
}
