package cookbook

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

// paramName keeps parameters apart from the environment's variables, which are upper-case.
var paramName = lazyregexp.New(`^[a-z][a-z0-9_]*$`)

// variable is what stays alive in a parameter's value: ${NAME}. A second $ before it makes it plain text.
var variable = lazyregexp.New(`\$?\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// Names are the names of the parameters, in the recipe's order.
func (r Recipe) Names() []string {
	names := make([]string, len(r.Params))
	for i, p := range r.Params {
		names[i] = p.Name
	}
	return names
}

// Scripts are a recipe's scripts with their parameters, each of them whole; what the recipe has not got is "".
type Scripts struct{ Run, Check, Undo, Stop, Log, Rights, Preview string }

// Render puts an assignment for each parameter before each of the recipe's texts. In a value only ${NAME} is live: the host's
// shell replaces it from the step's environment, and judges there what comes of it.
func (r Recipe) Render(with map[string]Value) (Scripts, error) {
	names := r.Names()
	for _, name := range slices.Sorted(maps.Keys(with)) {
		if !slices.Contains(names, name) {
			return Scripts{}, fmt.Errorf("%s has no parameter `%s`%s", r.Uses, name, parenthesised(yamlfile.DidYouMean(name, names)))
		}
	}
	var assignments strings.Builder
	functions := ""
	for _, p := range r.Params {
		value, given := with[p.Name]
		switch {
		case !given && p.Required:
			return Scripts{}, fmt.Errorf("%s needs the parameter `%s`", r.Uses, p.Name)
		case !given:
			value = p.Default
		}
		if !value.live() && !p.Accepts(value) && given || strings.ContainsRune(value.String(), 0) {
			return Scripts{}, fmt.Errorf("`%s` of %s must be %s, not %q", p.Name, r.Uses, p.Takes(), value)
		}
		text, judged := p.assignment(value)
		if judged {
			functions = values
		}
		assignments.WriteString(text)
	}
	whole := func(text string) string {
		if text == "" {
			return ""
		}
		return functions + assignments.String() + text
	}
	return Scripts{
		Run: whole(r.Run), Check: whole(r.Check), Undo: whole(r.Undo), Stop: whole(r.Stop), Log: whole(r.Log), Rights: whole(r.Rights),
		Preview: whole(r.Preview),
	}, nil
}

// values is what judges a value on the host.
//
//go:embed recipes/functions/values.sh
var values string

func parenthesised(hint string) string {
	if hint == "" {
		return ""
	}
	return " (" + hint + ")"
}

// quote is a value as a POSIX shell word in double quotes, in which ${NAME} alone is expanded.
func quote(value string) string {
	var quoted strings.Builder
	quoted.WriteByte('"')
	rest := value
	for {
		found := variable.FindStringIndex(rest)
		if found == nil {
			break
		}
		quoted.WriteString(escape.Replace(rest[:found[0]]))
		name := rest[found[0]:found[1]]
		if plain, literal := strings.CutPrefix(name, "$$"); literal {
			quoted.WriteString(`\$` + plain)
		} else {
			quoted.WriteString(name)
		}
		rest = rest[found[1]:]
	}
	quoted.WriteString(escape.Replace(rest))
	quoted.WriteByte('"')
	return quoted.String()
}

// escape takes the meaning from what has one between double quotes (POSIX, 2.2.3).
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`)
