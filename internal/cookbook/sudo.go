package cookbook

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Sudo is a script that prints the commands which a script runs by sudo, a line each, as far as they stand in its text: plain words,
// and variables of the environment. "" where there are none.
func Sudo(script string) string {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return ""
	}
	var printed strings.Builder
	printer := syntax.NewPrinter()
	syntax.Walk(file, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok || len(call.Args) < 2 || call.Args[0].Lit() != "sudo" || slices.ContainsFunc(call.Args, runsCommand) {
			return true
		}
		printed.WriteString("(printf '%s '")
		for _, word := range call.Args {
			printed.WriteString(" ")
			if printer.Print(&printed, word) != nil {
				return false
			}
		}
		// A variable that only the script sets is not known here: nothing is said of the command then.
		printed.WriteString(" && echo) 2>/dev/null || :\n")
		return true
	})
	return printed.String()
}

// runsCommand reports whether a word of a script runs something.
func runsCommand(word *syntax.Word) bool {
	found := false
	syntax.Walk(word, func(node syntax.Node) bool {
		switch node.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst, *syntax.ArithmExp:
			found = true
		}
		return !found
	})
	return found
}
