package stepper

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// lacking says that a script, which a journal kept, is not run without secrets of its own: with an empty value it may do anything.
type lacking struct {
	secrets []string // names
}

func (l *lacking) Error() string {
	if len(l.secrets) == 1 {
		return fmt.Sprintf("it is not run without the secret `%s`, which is not given, or not declared any more", l.secrets[0])
	}
	return fmt.Sprintf("it is not run without the secrets `%s`, which are not given, or not declared any more", strings.Join(l.secrets, "`, `"))
}

func (l *lacking) hint() string {
	return "name " + strings.Join(l.secrets, ", ") + " in `secrets` of the deploy file, and give the value in the input `secrets`"
}

// lacks is why a step of an earlier command cannot run in this one; nil where it can. A journal keeps the names of its secrets and no values.
func (r *Stepper) lacks(s deploy.Step) *lacking {
	var names []string
	for _, name := range s.Secrets {
		if s.Sees(name) && r.Secrets[name].IsEmpty() {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return &lacking{names}
}

// lackingIn reports whether an error says that a secret is lacking: trying again is of no use then.
func lackingIn(err *deploy.Error) (l *lacking, ok bool) {
	ok = err != nil && errors.As(err, &l)
	return l, ok
}

// refuse is the span of a step that is not run.
func (l *lacking) refuse(host string, s deploy.Step) deploy.Span {
	err := deploy.OnHost(host, s.Phase, s.Name, l)
	err.At, err.Hint = s.At, l.hint()+": the next command takes it back before anything else"
	return deploy.Span{Host: host, Phase: s.Phase, Step: s.Name, Start: time.Now(), Outcome: deploy.Failed, Status: NotStarted, Err: err}
}
