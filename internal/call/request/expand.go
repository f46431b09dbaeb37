package request

import (
	"errors"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// variableName is the form of a variable's name, as shells have it.
var variableName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

// errNoName says that a ${ has no name and } after it.
var errNoName = errors.New("`${` without a name and `}` after it; for a literal one write `$${NAME}`")

// Expand replaces each ${NAME} by what put gives for the name, which is also told what stands before it. $${NAME} stands for a
// literal ${NAME}; any other $ is itself. An error is put's, or that a ${ has no name and } after it.
func Expand(text string, put func(before, name string) (string, error)) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		if !found {
			b.WriteString(text)
			return b.String(), nil
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed || !variableName.MatchString(name) {
			return "", errNoName
		}
		text = rest
		if plain, literal := strings.CutSuffix(before, "$"); literal {
			b.WriteString(plain + "${" + name + "}")
			continue
		}
		b.WriteString(before)
		value, err := put(b.String(), name)
		if err != nil {
			return "", err
		}
		b.WriteString(value)
	}
}

// Escaped is a text with everything escaped but its variables, which Fill escapes when it knows them.
func Escaped(text string, escape func(string) string) string {
	var b strings.Builder
	for {
		found := variable.FindStringIndex(text)
		if found == nil {
			b.WriteString(escape(text))
			return b.String()
		}
		b.WriteString(escape(text[:found[0]]))
		if name := text[found[0]:found[1]]; strings.HasPrefix(name, "$$") {
			b.WriteString(strings.ReplaceAll(escape(name[1:]), "${", "$${")) // it stands for ${NAME} itself
		} else {
			b.WriteString(name)
		}
		text = text[found[1]:]
	}
}

// variable is ${NAME}, or $${NAME}, which is none.
var variable = lazyregexp.New(`\$?\$\{[A-Za-z_][A-Za-z0-9_]*\}`)
