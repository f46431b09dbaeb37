// Package ask asks hosts what inspect merges and judges. It changes nothing on any host and takes no lock: it works while a deployment
// runs, and on hosts that are on hold.
//
// A host that does not answer has an error in its answer, and the others go on. The package must not know what an answer means.
package ask

import (
	"context"
	"errors"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/survey"
)

// each makes the answers of hosts that were gathered, and asks those that answered more.
func each(hosts []deploy.Host, there *fleet.Fleet, more func(h *fleet.Host, a *inspect.Answer)) []inspect.Answer {
	return fanout.Do(hosts, func(host deploy.Host) inspect.Answer {
		h := there.On(host.Name)
		a := inspect.Answer{Host: host, Facts: h.Facts, Err: h.Span.Err, LockAge: -1}
		if a.Err == nil {
			more(h, &a)
		}
		return a
	})
}

// Status asks hosts for what status tells; with drift, the patterns of paths that do not count, also which files of the live release are
// not as they were deployed.
func Status(ctx context.Context, hosts []deploy.Host, there *fleet.Fleet, drift *[]string) []inspect.Answer {
	return each(hosts, there, func(h *fleet.Host, a *inspect.Answer) {
		defer h.Lease(ctx)()
		if !a.Facts.Lock.Free() {
			// What the lock's owner does is told without it, too.
			_ = h.Do(ctx, lock.LastSign(h.Site(), &a.LockAge))
		}
		if drift != nil && !a.Host.NoRelease {
			a.Drift, a.NoDrift = driftOf(ctx, h, a.Facts, *drift)
		}
	})
}

// Drift asks hosts which files of what is live are not as they were deployed, less those that patterns name.
func Drift(ctx context.Context, hosts []deploy.Host, there *fleet.Fleet, ignore []string) []inspect.Answer {
	return each(hosts, there, func(h *fleet.Host, a *inspect.Answer) {
		if a.Facts.CurrentID != "" && !a.Host.NoRelease {
			defer h.Lease(ctx)()
			a.Drift, a.NoDrift = driftOf(ctx, h, a.Facts, ignore)
		}
	})
}

// driftOf compares what is live on a host, or says why it cannot be.
func driftOf(ctx context.Context, h *fleet.Host, f deploy.Facts, ignore []string) (*survey.Differences, string) {
	if f.CurrentID == "" {
		return nil, "no release of Slipway's is live"
	}
	var found survey.Differences
	err := h.Do(ctx, survey.Drift(h.Site(), f.CurrentID, inspect.Ignored(ignore), &found))
	switch {
	case errors.Is(err, survey.ErrNoManifest):
		return nil, "another tool made the release"
	case err != nil:
		return nil, deploy.CauseIn(err).Error()
	}
	return &found, ""
}

// Past asks hosts for what they keep of past deployments, and for their plans: each of the first host that has it.
func Past(ctx context.Context, hosts []deploy.Host, there *fleet.Fleet) ([]inspect.Answer, inspect.Plans) {
	answers := each(hosts, there, func(h *fleet.Host, a *inspect.Answer) {
		a.Err = deploy.OnHost(h.Name, "", "", h.Do(ctx, survey.TakePast(h.Site(), &a.Past)))
	})
	wanted := map[string][]deploy.DeploymentID{}
	asked := map[deploy.DeploymentID]bool{}
	for _, a := range answers {
		for _, j := range a.Past.Journals {
			if !asked[j.ID] {
				asked[j.ID] = true
				wanted[a.Host.Name] = append(wanted[a.Host.Name], j.ID)
			}
		}
	}
	type read struct {
		plans map[deploy.DeploymentID][]byte
		err   error
	}
	plans := inspect.Plans{}
	for i, r := range fanout.Do(hosts, func(host deploy.Host) read {
		r := read{plans: map[deploy.DeploymentID][]byte{}}
		if ids := wanted[host.Name]; len(ids) > 0 {
			h := there.On(host.Name)
			r.err = h.Do(ctx, survey.TakePlans(h.Site(), ids, r.plans))
		}
		return r
	}) {
		if r.err != nil {
			answers[i].Err = deploy.OnHost(hosts[i].Name, "", "", r.err)
		}
		for id, text := range r.plans {
			plans[id] = plan.Read(text)
		}
	}
	return answers, plans
}

// Logs reads the logs that are wanted, of each at most so many lines.
func Logs(ctx context.Context, w inspect.Wanted, there *fleet.Fleet, lines int) (logs []inspect.StepLog, unasked []inspect.Unasked) {
	type read struct {
		logs []inspect.StepLog
		err  error
	}
	for i, r := range fanout.Do(w.Tries, func(host inspect.HostTries) (r read) {
		h := there.On(host.Host)
		take := func(try int, log survey.Log) {
			r.logs = append(r.logs, w.Log(host.Host, host.Tries[try], log, h.Facts.ClockSkew, lines))
		}
		r.err = h.Do(ctx, survey.TakeLogs(h.Site(), w.Deployment.ID, host.Tries, w.BytesEach(), take))
		return r
	}) {
		if r.err != nil {
			unasked = append(unasked, inspect.Unasked{Host: w.Tries[i].Host, Error: deploy.CauseIn(r.err).Error()})
		}
		logs = append(logs, r.logs...)
	}
	inspect.Sort(logs)
	return logs, unasked
}

// noteLines is how many lines of a log are read for the note that a step leaves at its end.
const noteLines = 200

// Migrated asks hosts what steps of migrate did since a release first went live.
func Migrated(ctx context.Context, since deploy.ReleaseID, hosts []deploy.Host, there *fleet.Fleet) (told deploy.Applied) {
	answers, plans := Past(ctx, hosts, there)
	wanted, unknown := inspect.MigratedSince(since, inspect.Merge(inspect.Head{}, answers, plans, nil), answers, plans)
	for _, w := range wanted {
		logs, unasked := Logs(ctx, w, there, noteLines)
		inspect.Migrated(&told, w, logs)
		for _, host := range unasked {
			unknown = append(unknown, host.Host+": "+host.Error)
		}
	}
	for _, a := range answers {
		if a.Err != nil {
			unknown = append(unknown, a.Host.Name+": "+deploy.CauseIn(a.Err).Error())
		}
	}
	told.What, told.Unknown = unique(told.What), append(told.Unknown, unknown...)
	if ctx.Err() != nil {
		told.Unknown = []string{context.Cause(ctx).Error()}
	}
	return told
}

// unique leaves the first of those that are alike: a step that runs on several hosts does the same on each.
func unique(texts []string) (list []string) {
	for _, text := range texts {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}
