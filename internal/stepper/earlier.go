package stepper

import (
	"fmt"

	"github.com/slipway/slipway/internal/deploy"
)

// verb is what this attempt does with a step, by what the journal has of it.
type verb int

const (
	runIt    verb = iota // it was not done, or has to be done again
	keepIt               // it is recorded as done
	joinIt               // a try of an earlier attempt still runs, or its end is unknown: it is followed
	refuseIt             // it is done for good, and the deploy file has changed it since
)

// decision is what to do with a step on a host.
type decision struct {
	verb             verb
	deploy.StepFacts // the try that is kept or joined, or in the way
}

// decide looks a step up in what earlier attempts of this deployment recorded on a host. A step is known by its phase and
// name, wherever it stands in the deploy file now.
func decide(s deploy.Step, earlier []deploy.StepFacts) decision {
	if s.Always {
		return decision{}
	}
	var last *deploy.StepFacts
	for _, try := range earlier {
		if try.Undo || try.Void || !try.Of(s) {
			continue
		}
		if try.Succeeded() {
			switch {
			case try.Fingerprint == s.Fingerprint:
				return decision{keepIt, try}
			case s.Once && !s.Rerun:
				return decision{refuseIt, try}
			}
		}
		if last == nil || try.Try > last.Try {
			last = &try
		}
	}
	if last != nil && last.Status == "" {
		return decision{joinIt, *last}
	}
	return decision{}
}

// Refused reports whether a step that runs once succeeded in an earlier attempt and has changed since, and in which attempt. A
// person has to decide: neither running it again nor leaving it out is safe.
func Refused(s deploy.Step, earlier []deploy.StepFacts) (attempt int, refused bool) {
	d := decide(s, earlier)
	return d.Attempt, d.verb == refuseIt
}

// nextTry numbers a new try of a step on a host: every try has a folder of its own, over all attempts.
func (r *Stepper) nextTry(host string, s deploy.Step, undo bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := tryKey(host, s, undo)
	if _, known := r.tries[key]; !known {
		for _, try := range r.Earlier(host) {
			if try.Undo == undo && try.Of(s) {
				r.tries[key] = max(r.tries[key], try.Try)
			}
		}
	}
	r.tries[key]++
	return r.tries[key]
}

func tryKey(host string, s deploy.Step, undo bool) string {
	return fmt.Sprint(host, " ", s.Phase, " ", s.Slug(), " ", undo)
}
