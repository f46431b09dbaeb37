package failure

import (
	"maps"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/sanitize"
)

// Tails keep the last lines that hosts printed in their steps, until it is known that a step went well: those of many hosts in
// many steps are a lot.
type Tails struct{ lines map[tailKey][]string }

type tailKey struct {
	phase deploy.Phase
	step  string
	host  string
}

// Add takes a line that a host printed, safe to print.
func (t *Tails) Add(e deploy.Output) {
	if t.lines == nil {
		t.lines = map[tailKey][]string{}
	}
	key := tailKey{e.Phase, e.Step, e.Host}
	lines := t.lines[key]
	if len(lines) == sanitize.TailLines {
		copy(lines, lines[1:])
		lines = lines[:len(lines)-1]
	}
	t.lines[key] = append(lines, e.Line)
}

// Forget drops the lines of what went well.
func (t *Tails) Forget(spans []deploy.Span) {
	for _, span := range spans {
		if !span.Failed() {
			delete(t.lines, tailKey{span.Phase, span.Step, span.Host})
		}
	}
}

// ForgetHost drops the lines of a host that is activated or unwound: what it prints then has other steps than the parts.
func (t *Tails) ForgetHost(host string) {
	maps.DeleteFunc(t.lines, func(key tailKey, _ []string) bool { return key.host == host && key.phase.PerHost() })
}

// Of are the last lines that a host printed before it failed: what the error brings, else what was seen.
func (t *Tails) Of(e *deploy.Error) []string {
	if len(e.Tail) > 0 || t == nil {
		return e.Tail
	}
	return t.lines[tailKey{e.Phase, e.Step, e.Host}]
}
