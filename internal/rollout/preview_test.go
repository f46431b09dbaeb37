package rollout_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	hosts "github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/plan"
)

// What a preview says is what a deployment does: the same steps on the same hosts in the same order, the same uploads, the same batches.
func TestPreviewIsWhatRuns(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	f.cfg.Hosts[2].Roles = []string{"worker"}
	f.cfg.Rollout = deploy.Rollout{Batch: deploy.Portion{Count: 1}, Order: []string{"worker", "web"}}
	web := script(deploy.Prepare, "Static", "true")
	web.Roles = []string{"web"}
	once := script(deploy.Migrate, "Migrate", "true")
	once.Once = true
	f.cfg.Prepare = number(script(deploy.Prepare, "Install", "true"), web)
	f.cfg.Migrate = number(once)
	f.cfg.Finish = number(script(deploy.Finish, "Tell", "true"))
	f.cfg.Fleet = []deploy.Check{{Name: "Public", Run: check("true"), Within: f.cfg.Timeout, Interval: 1, Successes: 1}}

	var view deploy.Preview
	f.planned = func(p *plan.Plan, crew *hosts.Fleet) {
		schedule, seen := p.Against(crew.Facts(), nil)
		if schedule == nil {
			t.Fatalf("refused: %v", seen.Refusals)
		}
		view = seen
	}
	for _, run := range []struct {
		name string
		do   func() (deploy.Result, *events)
	}{
		{"first deployment", func() (deploy.Result, *events) { return f.deploy(t.Context(), good) }},
		{"next", func() (deploy.Result, *events) { return f.deploy(t.Context(), next) }},
		{"rollback", func() (deploy.Result, *events) { return f.rollback(t.Context(), "") }},
	} {
		result, log := run.do()
		wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
		if !view.Changes() || view.Release != result.Release {
			t.Errorf("%s: changes %v to %s; it activated %s", run.name, view.Changes(), view.Release, result.Release)
		}
		var live []deploy.ReleaseID
		var before []deploy.ReleaseID
		for i, l := range view.Live {
			live, before = append(live, l.Release), append(before, result.Hosts[i].Before)
		}
		if diff := cmp.Diff(before, live); diff != "" {
			t.Errorf("%s: what was live: %s", run.name, diff)
		}
		foreseen, ran := prepared(foreseen(view)), prepared(log.ran())
		if diff := cmp.Diff(foreseen, ran); diff != "" {
			t.Errorf("%s: foreseen (-), done (+):\n%s", run.name, diff)
		}
	}
	// And a host on which it would be refused is refused in both.
	f.cfg.SharedFiles = []string{"no/such.txt"}
	f.planned = func(p *plan.Plan, crew *hosts.Fleet) {
		var schedule *plan.Schedule
		if schedule, view = p.Against(crew.Facts(), nil); schedule != nil {
			t.Error("not foreseen")
		}
	}
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitFailed, deploy.OutcomeFailed)
	if len(view.Refusals) != len(result.Errors) || view.Refusals[0].Error() != result.Errors[0].Error() {
		t.Errorf("foreseen %v, refused %v", view.Refusals, result.Errors)
	}
}

// foreseen is a preview as ran gives what happened.
func foreseen(view deploy.Preview) (list []string) {
	if len(view.Upload) > 0 {
		list = append(list, line("prepare Upload", view.Upload))
	}
	activation := func() {
		for _, batch := range view.Batches {
			list = append(list, line("activate", batch.Hosts))
		}
		if len(view.Fleet) > 0 {
			list = append(list, line("activate", []string{"fleet"}))
		}
	}
	activated := false
	for _, step := range view.Steps {
		if step.Phase == deploy.Finish && !activated {
			activation()
			activated = true
		}
		list = append(list, line(string(step.Phase)+" "+step.Name, step.Hosts))
	}
	return list
}

// ran are the steps that ended, and the hosts that were activated, in order.
func (e *events) ran() (list []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, event := range e.list {
		switch event := event.(type) {
		case deploy.StepDone:
			if event.Step == "" || event.Phase == deploy.Preflight || event.Step == "prune" {
				continue
			}
			var names []string
			for _, span := range event.Spans {
				names = append(names, span.Host)
			}
			list = append(list, line(string(event.Phase)+" "+event.Step, names))
		case deploy.HostDone:
			list = append(list, line("activate", []string{event.Host}))
		}
	}
	return list
}

// prepared sorts the steps of prepare, which come first: each host goes through them on its own, so one that fewer hosts have may be the first to
// end.
func prepared(list []string) []string {
	n := 0
	for n < len(list) && strings.HasPrefix(list[n], string(deploy.Prepare)+" ") {
		n++
	}
	slices.Sort(list[:n])
	return list
}

func line(what string, hosts []string) string {
	hosts = slices.Clone(hosts)
	slices.Sort(hosts)
	for _, host := range hosts {
		what += " " + host
	}
	return what
}
