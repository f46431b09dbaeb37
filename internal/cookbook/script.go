package cookbook

import (
	"errors"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"slipway/internal/deploy"
	"slipway/internal/yamlfile"
)

// ScriptProblem parses a script and says where it is no valid shell, nil when it is or when the interpreter is none of
// whose language a parser is at hand. shell is the interpreter with its arguments, "sh -eu" or "bash -eu".
func ScriptProblem(script *yamlfile.Node, shell string) *deploy.Problem {
	words := strings.Fields(shell)
	if len(words) == 0 {
		return nil
	}
	var language syntax.LangVariant
	switch path.Base(words[0]) {
	case "sh", "dash", "ash":
		language = syntax.LangPOSIX
	case "bash":
		language = syntax.LangBash
	case "mksh", "ksh":
		language = syntax.LangMirBSDKorn
	default:
		return nil
	}
	if strings.TrimSpace(script.Text) == "" {
		return &deploy.Problem{At: script.At, Message: "the script is empty"}
	}
	_, err := syntax.NewParser(syntax.Variant(language)).Parse(strings.NewReader(script.Text), "")
	if err == nil {
		return nil
	}
	problem := &deploy.Problem{At: script.At, Message: "no valid shell: " + err.Error()}
	var parse syntax.ParseError
	var other syntax.LangError
	switch {
	case errors.As(err, &parse):
		problem.At = script.Inside(int(parse.Pos.Line()), int(parse.Pos.Col()))
		problem.Message = "no valid shell: " + parse.Text
	case errors.As(err, &other):
		problem.At = script.Inside(int(other.Pos.Line()), int(other.Pos.Col()))
		problem.Message = "no POSIX shell: " + other.Feature
		if language == syntax.LangPOSIX {
			problem.Hint = "write it for sh, or set `shell: bash -eu`"
		}
	}
	return problem
}
