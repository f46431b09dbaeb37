package config

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/cookbook"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// What holds for a step from the runner where the deploy file says nothing.
const (
	callTimeout = 30 * time.Second // of one try
	callRetries = 2
)

// onlyOnHosts are the keys of a step that mean nothing where no host runs it.
var onlyOnHosts = []string{"run", "undo", "on_failure", "once", "roles", "dir", "produces", "shell", "check", "rerun", "on_cancel"}

// fromRunner builds a step that the runner carries out: a recipe's requests.
func (b *builder) fromRunner(s keys.Step, built *deploy.Step) {
	if built.Phase != deploy.Finish && built.Phase != deploy.OnFailure {
		b.problem(s.From.At(), "move the step there", "`from: runner` is for steps of `finish` and `on_failure`")
		return
	}
	for _, key := range onlyOnHosts {
		if node := s.Node.Get(key); node != nil {
			hint := "drop it"
			if key == "run" {
				hint = "`uses: http/call`, or a recipe of your own with `request`: no script runs on the runner"
			}
			b.problem(node.At, hint, "`%s` is for steps on hosts", key)
		}
	}
	if s.Required.Given() && built.Phase == deploy.OnFailure {
		b.problem(s.Required.At(), "drop it: the deployment has failed", "`required` means nothing in on_failure")
	}
	built.Required, built.Shell, built.Always = s.Required.V, "", s.Always.V || !s.Always.Given() && built.Phase == deploy.OnFailure
	if !s.Timeout.Given() {
		built.Timeout = min(callTimeout, b.config.Timeout)
	}
	if !s.Retries.Given() {
		built.Retries = callRetries
	}
	b.environments(s.Only)
	if s.Uses.Given() {
		b.requests(s, built)
	} else if s.Node.Get("uses") == nil && s.Node.Get("run") == nil {
		b.problem(s.Node.At, "", "a step from the runner needs `uses`")
	}
	b.stepName(built.Name, s)
}

// requests fills in a step from the requests of the recipe that it uses.
func (b *builder) requests(s keys.Step, built *deploy.Step) {
	recipe, ok := b.find(s.Uses)
	if !ok {
		return
	}
	built.Name = cmp.Or(built.Name, recipe.Name)
	if !recipe.Sends() {
		b.problem(s.Uses.At(), "drop `from: runner`", "`%s` runs on hosts: it has no `request`", s.Uses.V)
		return
	}
	b.mayStand(s.Uses, recipe)
	seen := *built
	seen.Secrets = slices.Concat(built.Secrets, b.ofFailure(built.Phase)) // what has no value yet
	with, good := b.parameters(s, recipe, seen)
	if !good {
		return
	}
	made, err := recipe.Requests(with)
	if err != nil {
		b.badRequest(s, err)
		return
	}
	built.Requests = made
	built.Secrets = b.filled(s, seen, made)
	built.Idempotent = built.Always || !slices.ContainsFunc(made, func(r deploy.Request) bool { return !r.Idempotent })
	if s.Idempotent.Given() {
		built.Idempotent = s.Idempotent.V
		for i := range made {
			made[i].Idempotent = s.Idempotent.V
		}
	}
	if len(made) == 0 {
		b.problem(s.Uses.At(), "look at its parameters", "`%s` sends nothing with what it is given", s.Uses.V)
	}
}

// ofFailure are the variables that say what failed, where there are some.
func (b *builder) ofFailure(phase deploy.Phase) []string {
	if phase == deploy.OnFailure {
		return keys.OfFailure
	}
	return nil
}

// badRequest says what makes no request: at the parameter, where it is one's fault.
func (b *builder) badRequest(s keys.Step, err error) {
	at, hint, of := s.Uses.At(), "", s.Uses.V
	var wrong *cookbook.ParamError
	if errors.As(err, &wrong) {
		hint = wrong.Hint
		for _, pair := range s.With.Pairs {
			if pair.Key == wrong.Param {
				at, of = pair.At, wrong.Param
			}
		}
	}
	b.problem(at, hint, "`%s`: %s", of, err)
}

// filled judges requests with the variables that are known, and with something in the place of those that a deployment gives. The
// secrets that they name are what the step sees.
func (b *builder) filled(s keys.Step, built deploy.Step, made []deploy.Request) (secrets []string) {
	vars := merged(b.config.Vars, built.Vars)
	secrets = []string{}
	for _, r := range made {
		first := startsWith.FindString(r.URL)
		filled, err := request.Fill(r, func(name string) (string, bool) {
			if value, known := vars[name]; known {
				return value, true
			}
			if !slices.Contains(keys.OfRunner, name) && !slices.Contains(built.Secrets, name) {
				return "", false
			}
			if _, secret := b.config.Secrets[name]; secret && !slices.Contains(secrets, name) {
				secrets = append(secrets, name)
			}
			if first == "${"+name+"}" {
				return "https://x", true // an address, or the beginning of one
			}
			return "1", true
		})
		switch {
		case err != nil:
			b.badRequest(s, err)
		case filled.URL.Scheme == "http" && len(secrets) > 0 && !request.Loopback(filled.URL.Hostname()):
			b.remark(deploy.Problem{
				At: s.Uses.At(), Message: "the secret `" + strings.Join(secrets, "`, `") + "` goes over http, which anybody on the way can read", Hint: "is there an address with https?",
			})
		}
	}
	return secrets
}

// startsWith is the variable with which an address begins.
var startsWith = lazyregexp.New(`^\$\{[A-Za-z_][A-Za-z0-9_]*\}`)
