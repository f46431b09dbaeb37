package announce

import (
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/report/layout"
)

// tool is who made a deployment on GitHub, in its payload.
const tool = "slipway"

// deployment is what GitHub calls this one. A re-run, and another run with the same commit, is the same; a rollback is another.
func (a *Announcer) deployment(h deploy.Header) github.Deployment {
	d := github.Deployment{
		Commit: h.Revision, Environment: environment(h), Task: "deploy", Payload: map[string]string{"tool": tool, "app": h.App},
	}
	what := "release "
	if a.o.Key != "" {
		d.Payload["key"] = a.o.Key
	}
	if h.Command == "rollback" {
		d.Task, what = "rollback", "rollback to "
		d.Payload["rollback"] = "true"
	}
	d.Description = a.short(deploy.Joined(" by ", what+layout.RunsOf(h)+" of "+h.App, h.Actor))
	return d
}

// isRival reports whether a deployment is of the same application and key as another one in its environment: only one of them is live.
func isRival(of, other github.Deployment) bool {
	return other.ID != of.ID && other.Payload["tool"] == tool && other.Payload["app"] == of.Payload["app"] && other.Payload["key"] == of.Payload["key"]
}

// during is the status of a deployment in a phase.
func (a *Announcer) during(phase deploy.Phase) Status {
	state, text := github.StateInProgress, string(phase)
	switch phase {
	case deploy.Preflight:
		state, text = github.StateQueued, "preflight: asks the hosts, waits for their lock"
	case deploy.Prepare:
		text = "prepare: brings the release; the live one is untouched"
	case deploy.Migrate:
		text = "migrate: the live code is untouched"
	case deploy.Activate:
		text = "activate: switches hosts, and verifies them"
	case deploy.Unwind:
		text = "unwind: it failed, and what was switched goes back"
	case deploy.Finish:
		text = "finish: the release is live"
	default:
	}
	return Status{DeploymentStatus: github.DeploymentStatus{State: state, Description: a.short(text), LogURL: a.o.LogURL}, Shard: a.shard}
}

// end is the status of a deployment that is over.
func (a *Announcer) end(res deploy.Result) Status {
	s := Status{DeploymentStatus: github.DeploymentStatus{Description: a.short(a.o.Words.Headline(res)), LogURL: a.o.LogURL}}
	switch res.Outcome {
	case deploy.OutcomeActivated, deploy.OutcomeUnchanged:
		s.State = github.StateSuccess
	case deploy.OutcomeReconciled:
		s.State = github.StateFailure
		if stands(res) {
			s.State = github.StateSuccess
		}
	case deploy.OutcomeFailed, deploy.OutcomeUnwound:
		s.State = github.StateFailure
	case deploy.OutcomePrepared: // of a shard: another job goes on
		s.State, s.Shard = github.StateInProgress, a.shard
	case deploy.OutcomeSuperseded:
		s.State = github.StateInactive
	default: // cancelled, or a person is needed
		s.State = github.StateError
	}
	if s.State == github.StateSuccess {
		s.EnvironmentURL, s.Replaces = a.address(res.URL), len(res.LeftOut) == 0
	}
	return s
}

// stands reports whether a run that only reconciled found its release live on all hosts.
func stands(res deploy.Result) bool {
	for _, h := range res.Hosts {
		if h.Now != res.Release {
			return false
		}
	}
	return res.Release != "" && len(res.Hosts) > 0
}

// address is an address without secrets, as GitHub takes it; "" where it is none.
func (a *Announcer) address(url string) string {
	if clean := a.o.Words.Clean(url); clean == url && webAddress.MatchString(url) {
		return url
	}
	return ""
}
