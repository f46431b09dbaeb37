package inspect_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/plan"
)

// tried is a host with the journals of deployments 1, 2, ... of which each ran a step of migrate, a minute after the other.
func tried(name string, deployments int) inspect.Answer {
	a := running(name, newest)
	for i := range deployments {
		id := deploy.DeploymentID(fmt.Sprint(i + 1))
		at := now.Add(time.Duration(i-100) * time.Minute)
		a.Past.Journals = slices.Insert(a.Past.Journals, 0, journal(id, at, time.Second, "activated",
			deploy.StepFacts{Folder: "prepare-1-build", Try: 1, Status: "exit 0"}, deploy.StepFacts{Folder: "migrate-1-migrate", Try: 1, Status: "exit 1"},
			deploy.StepFacts{Folder: "migrate-1-migrate", Try: 2, Status: "exit 0"}, deploy.StepFacts{Folder: "migrate-1-migrate", Undo: true, Try: 1, Status: "exit 0"},
			deploy.StepFacts{Folder: "migrate-2-back-up", Try: 1, Status: "exit 0", Void: true}))
		a.Past.History = append(a.Past.History, line(id, at, "activated", ids(i), ""))
	}
	return a
}

func ids(i int) deploy.ReleaseID {
	return deploy.ReleaseID(fmt.Sprintf("20261118-1015%02d-5cc00%02d-11aa22", i, i))
}

func migrating(i int, hosts ...string) plan.Record {
	return plan.Record{Release: ids(i), Command: "deploy", Hosts: hosts, Steps: []plan.RecordStep{{Phase: deploy.Migrate, Name: "Migrate", Hosts: hosts[:1]}}}
}

// Of what was deployed after a release first went live, the tries of steps of migrate that count are read, of the oldest deployment first.
func TestMigratedSince(t *testing.T) {
	t.Parallel()
	web1 := tried("web1", 4)
	rollback := line("9", now, "activated", ids(0), ids(3)) // it was gone back to once already
	rollback.Command = "rollback"
	web1.Past.History = append(web1.Past.History, rollback)
	plans := inspect.Plans{"1": migrating(0, "web1"), "2": migrating(1, "web1"), "3": migrating(2, "gone1", "web1")}
	answers := []inspect.Answer{web1}
	since := func(id deploy.ReleaseID) ([]inspect.Wanted, []string) {
		return inspect.MigratedSince(id, inspect.Merge(head, answers, plans, nil), answers, plans)
	}
	list, unknown := since(ids(0))
	var found []string
	for _, w := range list {
		for _, host := range w.Tries {
			for _, try := range host.Tries {
				found = append(found, fmt.Sprintf("%s %s %s %d", w.Deployment.ID, host.Host, try.Folder, try.Try))
			}
		}
	}
	want := []string{
		"2 web1 migrate-1-migrate 1", "2 web1 migrate-1-migrate 2", "3 web1 migrate-1-migrate 1", "3 web1 migrate-1-migrate 2",
		"4 web1 migrate-1-migrate 1", "4 web1 migrate-1-migrate 2",
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"what Migrate of 5cc0002 did on gone1, which was not asked", "what the deployment of 5cc0003 did: its record is gone"}, unknown); diff != "" {
		t.Error(diff)
	}
	again := line("10", now.Add(time.Minute), "activated", "20200101-000000-0000000-000000", ids(0)) // of it nothing else is kept
	again.Command = "rollback"
	answers[0].Past.History = append(answers[0].Past.History, again)
	if list, unknown := since("20200101-000000-0000000-000000"); len(list) != 0 || !slices.Equal(unknown, []string{"when 20200101-000000-0000000-000000 went live"}) {
		t.Errorf("a release that nobody records: %v, %v", list, unknown)
	}
}

// Of very many deployments the newest are looked at.
func TestMigratedSinceIsBounded(t *testing.T) {
	t.Parallel()
	answers, plans := []inspect.Answer{tried("web1", 30)}, inspect.Plans{}
	for i := range 30 {
		plans[deploy.DeploymentID(fmt.Sprint(i+1))] = migrating(i, "web1")
	}
	list, unknown := inspect.MigratedSince(ids(0), inspect.Merge(head, answers, plans, nil), answers, plans)
	if len(list) != 20 || list[0].Deployment.ID != "11" || !slices.Equal(unknown, []string{"what 9 earlier deployments did"}) {
		t.Errorf("%d, %v", len(list), unknown)
	}
}

// The last note of a step counts. Where one says what it applied, the silence of the others means nothing.
func TestMigrated(t *testing.T) {
	t.Parallel()
	log := func(step string, lines ...string) inspect.StepLog { return inspect.StepLog{Step: step, Lines: lines} }
	w := inspect.Wanted{Deployment: inspect.Deployment{Release: ids(7)}}
	for _, c := range []struct {
		logs []inspect.StepLog
		want deploy.Applied
	}{
		{},
		{[]inspect.StepLog{log("Back up", "slipway-note: 12.3 MB"), log("Migrate", "slipway-note: first", "slipway-note: 2 applied: a.1, a.2", "bye")}, deploy.Applied{What: []string{"a.1", "a.2"}}},
		{[]inspect.StepLog{log("Back up", "slipway-note: 12.3 MB"), log("Migrate", "slipway-note: nothing to apply")}, deploy.Applied{}},
		{[]inspect.StepLog{log("Run SQL"), log("Load", "ok"), log("Load", "ok")}, deploy.Applied{Unknown: []string{"what Load, Run SQL of 5cc0007 did"}}},
	} {
		var got deploy.Applied
		inspect.Migrated(&got, w, c.logs)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Error(diff)
		}
	}
}
