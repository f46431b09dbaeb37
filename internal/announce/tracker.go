package announce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
)

// tracker keeps a deployment on GitHub up to date from a goroutine of its own. Of the statuses that come while a call is under way only
// the newest is told.
type tracker struct {
	o     Options
	wake  chan struct{}      // holds one
	done  chan struct{}      // closed when nothing is told any more
	hurry context.CancelFunc // ends the telling of a status that another one follows
	stop  context.CancelFunc // ends everything

	mu   sync.Mutex
	next *Status   // to be told; nil is none
	last time.Time // until when the last one may be told; zero before it is wanted
	told bool      // the last one is
	err  error     // of the last call; nil where it went well

	deployment github.Deployment // the goroutine's own until done
}

// Status is a status of a deployment, and what it means for others.
type Status struct {
	github.DeploymentStatus
	Replaces bool  // what was live before it in the same place becomes inactive
	Shard    int64 // the run of which this is one job of several, and must not hide what another one failed in; 0 is none
}

// hides reports whether a status would take the place of what another job of its run failed in.
func (s Status) hides(newest github.DeploymentStatus) bool {
	failed := newest.State == github.StateFailure || newest.State == github.StateError
	return s.Shard != 0 && failed && strings.Contains(newest.LogURL+"/", fmt.Sprintf("/actions/runs/%d/", s.Shard))
}

func newTracker(ctx context.Context, o Options, d github.Deployment) *tracker {
	t := &tracker{o: o, deployment: d, wake: make(chan struct{}, 1), done: make(chan struct{})}
	ctx, t.stop = context.WithCancel(ctx)
	interim, hurry := context.WithCancel(ctx)
	t.hurry = hurry
	go t.run(ctx, interim)
	return t
}

// want has a status told soon.
func (t *tracker) want(s Status) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next = &s
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// finish has the last status told, and waits for that as long as the context lasts. Its error says why GitHub does not have it; where
// another try may go well, that is left to the job's post step.
func (t *tracker) finish(ctx context.Context, s Status) error {
	t.mu.Lock()
	t.last, _ = ctx.Deadline()
	t.mu.Unlock()
	t.hurry()
	t.want(s)
	select {
	case <-t.done:
	case <-ctx.Done():
	}
	t.stop()
	<-t.done
	if t.told {
		return nil
	}
	err := cmp.Or(context.Cause(ctx), t.err)
	if !isHopeless(err) {
		t.o.keep(t.deployment, &s)
	}
	return err
}

// run tells what is wanted, until the last status is told or nothing can be. interim ends once the last one is wanted.
func (t *tracker) run(ctx, interim context.Context) {
	defer close(t.done)
	t.o.keep(t.deployment, nil)
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.wake:
		}
		t.mu.Lock()
		status, last := *t.next, t.last
		t.mu.Unlock()
		err := t.tell(ctx, interim, status, last)
		t.mu.Lock()
		t.told, t.err = err == nil && !last.IsZero(), err
		t.mu.Unlock()
		if isHopeless(err) {
			t.o.keep(github.Deployment{}, nil) // the post step need not try
			return
		}
		if !last.IsZero() {
			return
		}
	}
}

// tell tells a status; last is until when it may, zero where another one will follow.
func (t *tracker) tell(ctx, interim context.Context, s Status, last time.Time) error {
	setting, until := ctx, last
	if last.IsZero() {
		setting, until = interim, time.Now().Add(t.o.limits.call)
	}
	if t.deployment.ID == 0 {
		if err := t.make(ctx, until); err != nil {
			return err
		}
	}
	setting, cancel := context.WithDeadline(setting, until)
	defer cancel()
	return set(setting, t.o.GitHub, t.deployment, s)
}

// make makes the deployment, or finds it.
func (t *tracker) make(ctx context.Context, until time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	made, err := ensure(ctx, t.o.GitHub, t.deployment)
	if err == nil {
		t.deployment = made
		t.o.keep(made, nil)
	}
	return err
}

// ensure makes a deployment that is not there yet.
func ensure(ctx context.Context, client *github.Client, d github.Deployment) (github.Deployment, error) {
	if d.ID != 0 {
		return d, nil
	}
	if !wholeCommit.MatchString(d.Commit) {
		if !someCommit.MatchString(d.Commit) {
			return d, errors.New("nothing records what the release was built of")
		}
		named, err := client.Resolve(ctx, d.Commit)
		if err != nil {
			return d, err
		}
		d.Commit = named.Commit
	}
	var err error
	d.ID, err = client.Deploy(ctx, d)
	return d, err
}

// mostRivals is how many deployments of the same place are looked at, the newest first.
const mostRivals = 10

// set gives a deployment its status, and makes what it replaces inactive.
func set(ctx context.Context, client *github.Client, d github.Deployment, s Status) error {
	if s.Shard != 0 {
		if newest, err := client.Status(ctx, d.ID); err != nil || s.hides(newest) {
			return err
		}
	}
	if err := client.SetStatus(ctx, d.ID, s.DeploymentStatus); err != nil || !s.Replaces {
		return err
	}
	replaced, err := replacedBy(ctx, client, d)
	for _, other := range replaced {
		if err := client.SetStatus(ctx, other.ID, github.DeploymentStatus{State: github.StateInactive}); err != nil {
			return err
		}
	}
	return err
}

// replacedBy are the deployments that a deployment to all hosts replaces: those that were live, of which there are several after one to a
// part of the fleet, and older ones that a run left as they were when it died.
func replacedBy(ctx context.Context, client *github.Client, d github.Deployment) ([]github.Deployment, error) {
	rivals, err := client.Deployments(ctx, d.Environment)
	if err != nil {
		return nil, err
	}
	rivals = slices.DeleteFunc(rivals, func(other github.Deployment) bool { return !isRival(d, other) })
	rivals = rivals[:min(len(rivals), mostRivals)]
	replaced := make([]bool, len(rivals))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, other := range rivals {
		group.Go(func() error {
			newest, err := client.Status(ctx, other.ID)
			switch newest.State {
			case github.StateSuccess:
				replaced[i] = true
			case github.StateQueued, github.StateInProgress, "":
				replaced[i] = err == nil && other.ID < d.ID
			default:
			}
			return err
		})
	}
	err = group.Wait()
	var list []github.Deployment
	for i, other := range rivals {
		if replaced[i] {
			list = append(list, other)
		}
	}
	return list, err
}

// isHopeless reports whether another try gives the same: the token may not, or GitHub does not know the commit.
func isHopeless(err error) bool {
	var failure *deploy.Error
	return errors.As(err, &failure) && failure.Fault != deploy.FaultHost
}
