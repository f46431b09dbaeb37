package toggle

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
)

func intent(name, drained string) deploy.LiveEntry {
	return deploy.LiveEntry{What: deploy.ToggleOn, State: deploy.RecordIntent, Toggle: &deploy.Toggle{Name: name, For: drained, Step: &deploy.Step{Name: name}}}
}

// What an earlier attempt left on counts, but for drains; a toggle that is done again moves to the end.
func TestEnsured(t *testing.T) {
	t.Parallel()
	e := &Ensured{}
	e.Found("web1", []deploy.LiveEntry{intent("page", ""), intent("drain of web2", "web2"), intent("queue", "")})
	e.Found("web2", []deploy.LiveEntry{intent("queue", "")})
	if diff := cmp.Diff([]string{"queue", "page"}, e.Names()); diff != "" {
		t.Error(diff)
	}
	if on := e.ByHost("queue"); len(on) != 2 || on["web1"].Step == nil {
		t.Errorf("%v", on)
	}
	e.set("web1", deploy.Toggle{Name: "page"})
	if diff := cmp.Diff([]string{"page", "queue"}, e.Names()); diff != "" {
		t.Error(diff)
	}
	if !e.Has("web2", "queue") || e.Has("web2", "page") || e.Has("web1", "drain of web2") {
		t.Error("what is on where")
	}
}

// Whoever runs a drain for another host has the drained host's variables, and Slipway's own ones of itself.
func TestDrainOfAnotherHost(t *testing.T) {
	t.Parallel()
	vars := map[string]map[string]string{
		"web1": {"UPSTREAM": "site", "SLIPWAY_HOST": "web1"},
		"lb1":  {"UPSTREAM": "other", "SLIPWAY_HOST": "lb1"},
	}
	b := &Balancers{Vars: func(host string) map[string]string { return vars[host] }}
	h := deploy.Host{Name: "web1", Address: deploy.Address{Host: "10.0.0.11"}}
	got := b.toggle(h, deploy.Drain{Step: deploy.Step{Name: "Drain", Run: "out", Undo: "in"}, Role: "balancer", Wait: 30 * time.Second}, "lb1")
	want := deploy.Toggle{
		Name: "drain of web1", For: "web1", Step: &deploy.Step{Name: "Drain web1", Run: "out", Undo: "in"},
		Vars: map[string]string{
			"UPSTREAM": "site", "SLIPWAY_HOST": "lb1", "SLIPWAY_TARGET": "web1", "SLIPWAY_TARGET_ADDRESS": "10.0.0.11", "SLIPWAY_DRAIN_WAIT": "30",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(vars["web1"]) != 2 {
		t.Error("the host's variables were changed")
	}
}

func TestDrained(t *testing.T) {
	t.Parallel()
	b := &Balancers{}
	if b.Drained("web1") || b.Touched("web1") {
		t.Error("nobody was drained")
	}
	b.set("web2", true)
	b.set("web1", true)
	b.set("web3", true)
	b.set("web3", false)
	if diff := cmp.Diff([]string{"web1", "web2"}, b.AllDrained()); diff != "" {
		t.Error(diff)
	}
	if !b.Drained("web1") || b.Drained("web3") || !b.Touched("web3") || b.Touched("web4") {
		t.Error("who was touched")
	}
}

// The failure of a drain is the drained host's, and says where it failed.
func TestDrainFailure(t *testing.T) {
	t.Parallel()
	failure := &deploy.Error{Host: "lb1", Step: "Drain web1", Cause: errors.New("exit 1"), Hint: "look there"}
	got := forHost("web1", "drain", failure)
	if got.Error() != "web1: drain: on lb1: exit 1 (look there)" || failure.Host != "lb1" {
		t.Error(got)
	}
	if got := forHost("lb1", "drain", failure); got.Error() != "lb1: drain: exit 1 (look there)" {
		t.Error(got)
	}
}

// What a journal does not say how to take back needs a person.
func TestTakeBackOfAnUnknownToggle(t *testing.T) {
	t.Parallel()
	undone, errs := (&Toggles{}).TakeBack(t.Context(), "web1", []deploy.Toggle{{Name: "page"}, {Name: "queue", Step: &deploy.Step{}}})
	if len(undone) != 0 || len(errs) != 2 || errs[0].Host != "web1" || errs[0].Step != "page" {
		t.Errorf("%v %v", undone, errs)
	}
}
