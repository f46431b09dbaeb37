package config

import (
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/config/assignments"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

// expression is what CI puts a value in place of, in a workflow and nowhere else.
var expression = lazyregexp.New(`\$\{\{.*?\}\}`)

// scriptKeys are the keys of the deploy file that hold shell, which a parser judges.
var scriptKeys = []string{"run", "undo", "check", "stop", "log"}

// filledInByRunner are inputs that have an expression as their default: a runner that does not know it leaves it, or fills in nothing.
var filledInByRunner = []string{matrixJobs, "check_run_id"}

// expressions refuses what was meant for CI to fill in and was left as it is: it would become the value of a variable, or of a secret.
func (l *loader) expressions() {
	l.expressionsIn(l.node)
	for doc, value := range l.in.All() {
		if slices.Contains(filledInByRunner, doc.Name) || slices.Contains([]string{"prepare", "migrate", "restart", "verify"}, doc.Name) || !expression.MatchString(*value) {
			continue
		}
		line := 1 + strings.Count((*value)[:expression.FindStringIndex(*value)[0]], "\n")
		l.problem(deploy.InInput(doc.Name, line, 1), "it is filled in where it stands in a workflow, but not in a file that a step reads, nor in single quotes of a shell",
			"`%s` has an expression of the workflow in it, ${{ ... }}, that nobody filled in", doc.Name)
	}
}

func (l *loader) expressionsIn(n *yamlfile.Node) {
	if n == nil {
		return
	}
	for _, item := range n.Items {
		l.expressionsIn(item)
	}
	for _, entry := range n.Entries {
		if !slices.Contains(scriptKeys, entry.Key) && !strings.HasPrefix(entry.Key, "x-") {
			l.expressionsIn(entry.Value)
		}
	}
	if found := expression.FindString(n.Text); found != "" {
		l.problem(n.At, "give it in an input of the action: `vars: NAME=${{ ... }}` or `secrets`, and `${NAME}` here",
			"`%s` is filled in by CI in a workflow, and not here", found)
	}
}

// quoted remarks on values that stand in quotes: shells and .env files take them away, and here they are a part of the value.
func (l *loader) quoted(c *Config) {
	for _, list := range []struct {
		input string
		found []assignments.Assignment
	}{{"vars", l.inputVars}, {"secrets", l.inputSecrets}} {
		for _, a := range list.found {
			if n := len(a.Value); a.OneLine && a.IsPlain() && n >= 2 && strings.ContainsRune(`"'`, rune(a.Value[0])) && a.Value[0] == a.Value[n-1] {
				c.Remarks = append(c.Remarks, deploy.Problem{
					At: a.At, Message: "the value of `" + a.Name + "` in `" + list.input + "` stands in quotes, and they are a part of it",
					Hint: "leave them out; where they are meant, write " + a.Name + "<<END, the value, and a line END",
				})
			}
		}
	}
}
