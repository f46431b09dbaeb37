package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// mostMigrated is how many deployments are looked at for what they migrated.
const mostMigrated = 20

// MigratedSince are the logs that tell what steps of migrate did since a release first went live, of the oldest deployment first. What
// cannot be told by any log is unknown.
func MigratedSince(id deploy.ReleaseID, h History, answers []Answer, plans Plans) (list []Wanted, unknown []string) {
	at := -1
	for i, d := range h.Deployments {
		if d.Release == id && !d.LiveAt.IsZero() && d.Command != "rollback" { // which is never the first time
			at = i
		}
	}
	if at < 0 {
		return nil, []string{fmt.Sprintf("when %s went live", id)}
	}
	if more := at - mostMigrated; more > 0 {
		unknown = append(unknown, fmt.Sprintf("what %d earlier deployments did", more))
	}
	for _, d := range slices.Backward(h.Deployments[:min(at, mostMigrated)]) {
		w, missing := migrated(d, answers, plans)
		if len(w.Tries) > 0 {
			list = append(list, w)
		}
		if missing != "" {
			unknown = append(unknown, missing)
		}
	}
	return list, unknown
}

// migrated are the tries of a deployment's steps of migrate, and of which steps nobody can tell.
func migrated(d Deployment, answers []Answer, plans Plans) (w Wanted, missing string) {
	w = Wanted{Deployment: d, plans: plans}
	answered := map[string]bool{}
	for _, a := range answers {
		answered[a.Host.Name] = a.Err == nil
		tries := HostTries{Host: a.Host.Name}
		for _, try := range stepsOf(a, d.ID) {
			if try.Phase() == deploy.Migrate && !try.Undo && !try.Void {
				tries.Tries = append(tries.Tries, try)
			}
		}
		if len(tries.Tries) > 0 {
			w.Tries = append(w.Tries, tries)
		}
	}
	record, known := plans[d.ID]
	if !known && d.Command != "rollback" { // which migrates nothing
		return w, fmt.Sprintf("what the deployment of %s did: its record is gone", d.short())
	}
	for _, step := range record.Steps {
		for _, host := range step.Hosts {
			if step.Phase == deploy.Migrate && !answered[host] {
				return w, fmt.Sprintf("what %s of %s did on %s, which was not asked", step.Name, d.short(), host)
			}
		}
	}
	return w, ""
}

// short names a deployment in a few characters: by the commit of its release, if that has one.
func (d Deployment) short() string {
	return cmp.Or(d.Release.Revision(), string(d.Release), string(d.ID))
}

// Migrated adds to what is known what the logs of one deployment's steps tell. A step that says nothing of it may have changed anything,
// unless another of the same deployment says what it applied: that is the one that migrates.
func Migrated(to *deploy.Applied, w Wanted, logs []StepLog) {
	told := false
	var silent []string
	for _, log := range logs {
		var last deploy.Note
		for _, line := range log.Lines {
			if note, ok := deploy.ReadNote(line); ok {
				last = note
			}
		}
		switch {
		case len(last.Applied) > 0:
			told = true
			to.What = append(to.What, last.Applied...)
		case last.Nothing:
			told = true
		default:
			silent = append(silent, log.Step)
		}
	}
	if !told && len(silent) > 0 {
		slices.Sort(silent)
		to.Unknown = append(to.Unknown, fmt.Sprintf("what %s of %s did", strings.Join(slices.Compact(silent), ", "), w.Deployment.short()))
	}
}
