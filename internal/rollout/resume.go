package rollout

import (
	"fmt"
	"path"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/step"
)

// verb is what the journal's record of a step makes of it in this attempt.
type verb int

const (
	runIt    verb = iota // it was not done, or has to be done again
	keepIt               // it is recorded as done
	joinIt               // an earlier attempt's is still running, or nobody saw it end: following it tells
	refuseIt             // it is done once and for all, and is another step now
)

// decision is what to do with a step on a host.
type decision struct {
	verb    verb
	try     int // of the try that is kept or joined
	attempt int // of the CI run that started that try
	folder  string
}

// decide looks a step up in what earlier attempts of this deployment recorded on a host. A step is known by its phase and
// name, wherever it stands in the deploy file now.
func decide(s deploy.Step, earlier *plan.Earlier) decision {
	if earlier == nil || s.Always {
		return decision{}
	}
	var last *deploy.StepFacts
	for _, try := range earlier.Facts.Steps {
		if try.Undo || try.Void || !sameStep(try.Folder, s) {
			continue
		}
		if try.Succeeded() {
			kept := decision{keepIt, try.Try, try.Attempt, try.Folder}
			switch {
			case try.Fingerprint == s.Fingerprint:
				return kept
			case s.Once && !s.Rerun:
				kept.verb = refuseIt
				return kept
			}
		}
		if last == nil || try.Try > last.Try {
			last = &try
		}
	}
	if last != nil && last.Status == "" {
		return decision{joinIt, last.Try, last.Attempt, last.Folder}
	}
	return decision{}
}

// sameStep tells whether a folder of the journal, <phase>-<number>-<name>, is a step's.
func sameStep(folder string, s deploy.Step) bool {
	phase, name := stepKey(folder)
	ownPhase, ownName := stepKey(stepFolder(s))
	return phase == ownPhase && name == ownName
}

// stepFolder is the name of a step's folder in the journal.
func stepFolder(s deploy.Step) string { return path.Base(path.Dir(step.Instance{Step: s}.Folder())) }

func stepKey(folder string) (phase, name string) {
	phase, rest, _ := strings.Cut(folder, "-")
	_, name, _ = strings.Cut(rest, "-")
	return phase, name
}

// nextTry numbers a new try of a step on a host: every try has a folder of its own, over all attempts.
func (r *run) nextTry(host string, s deploy.Step, undo bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	phase, name := stepKey(stepFolder(s))
	key := fmt.Sprint(host, " ", phase, " ", name, " ", undo)
	if _, known := r.tries[key]; !known {
		for _, try := range r.earlierSteps(host) {
			if try.Undo == undo && sameStep(try.Folder, s) {
				r.tries[key] = max(r.tries[key], try.Try)
			}
		}
	}
	r.tries[key]++
	return r.tries[key]
}

func (r *run) earlierSteps(host string) []deploy.StepFacts {
	if h := r.host(host); h.Earlier != nil {
		return h.Earlier.Facts.Steps
	}
	return nil
}

// host is what is to be done on a host, also on one that the others go on without; nothing on one that could not be asked.
func (r *run) host(name string) plan.Host { return r.asked[name] }

// refusals are the steps that succeeded once and for all and are not what they were: running them again is not ours to
// decide, and leaving them out is not either.
func (r *run) refusals() deploy.Errors {
	var errs deploy.Errors
	for _, steps := range [][]deploy.Step{r.Prepare, r.Migrate} {
		for _, s := range steps {
			for _, host := range s.Hosts {
				d := decide(r.On(host, s), r.host(host).Earlier)
				if d.verb != refuseIt {
					continue
				}
				errs = append(errs, &deploy.Error{
					Host: host, Phase: s.Phase, Step: s.Name, At: s.At,
					Cause: fmt.Errorf("it succeeded in attempt %d and has changed since: the step, its variables, or the artifact", d.attempt),
					Hint:  "start a new run for the change; or give the step `rerun: true` if it may run twice in one deployment",
				})
			}
		}
	}
	return errs
}
