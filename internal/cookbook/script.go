package cookbook

import (
	"errors"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// ScriptProblem parses a script and says where it is no valid shell, nil when it is or when the interpreter is none of
// whose language a parser is at hand. shell is the interpreter with its arguments, "sh -eu" or "bash -eu". The problem has a
// hint where the script is bash, and sh is to run it.
func ScriptProblem(script *yamlfile.Node, shell string) *deploy.Problem {
	language := languageOf(shell)
	if language == syntax.LangAuto {
		return nil
	}
	if strings.TrimSpace(script.Text) == "" {
		return &deploy.Problem{At: script.At, Message: "the script is empty"}
	}
	_, err := parse(script.Text, language)
	if err == nil {
		return nil
	}
	problem := &deploy.Problem{At: script.At, Message: "no valid shell: " + err.Error()}
	var wrong syntax.ParseError
	var other syntax.LangError
	switch {
	case errors.As(err, &wrong):
		problem.At = script.Inside(int(wrong.Pos.Line()), int(wrong.Pos.Col()))
		problem.Message = "no valid shell: " + wrong.Text
	case errors.As(err, &other):
		problem.At = script.Inside(int(other.Pos.Line()), int(other.Pos.Col()))
		problem.Message = "no POSIX shell: " + other.Feature
	}
	if _, bash := parse(script.Text, syntax.LangBash); bash != nil || language != syntax.LangPOSIX {
		return problem
	}
	problem.Hint = "that is bash: write it for sh"
	for _, b := range bashisms(script.Text) {
		if script.Inside(int(b.at.Line()), 1).Line == problem.At.Line {
			problem.Hint = "that is bash: write " + b.instead
			break
		}
	}
	return problem
}

// languageOf is what an interpreter reads; LangAuto where no parser for that is at hand.
func languageOf(shell string) syntax.LangVariant {
	words := strings.Fields(shell)
	if len(words) == 0 {
		return syntax.LangAuto
	}
	switch path.Base(words[0]) {
	case "sh", "dash", "ash":
		return syntax.LangPOSIX
	case "bash":
		return syntax.LangBash
	case "mksh", "ksh":
		return syntax.LangMirBSDKorn
	}
	return syntax.LangAuto
}

func parse(text string, language syntax.LangVariant) (*syntax.File, error) {
	return syntax.NewParser(syntax.Variant(language)).Parse(strings.NewReader(text), "")
}
