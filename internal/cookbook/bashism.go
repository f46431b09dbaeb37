package cookbook

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// Bashisms are the places where a script that sh runs counts on bash, the first of each kind, with what to write instead. dash,
// which is the sh of Debian and Ubuntu, makes something else of them: `[[` is a command that it does not find, and an `if`
// with it is false. There are none where another shell is asked for, or where the script does not parse.
func Bashisms(script *yamlfile.Node, shell string) deploy.Problems {
	if languageOf(shell) != syntax.LangPOSIX {
		return nil
	}
	var problems deploy.Problems
	for _, b := range bashisms(script.Text) {
		problems = append(problems, deploy.Problem{
			At:      script.Inside(int(b.at.Line()), int(b.at.Col())),
			Message: "`" + b.what + "` is bash, and sh runs this: dash, the sh of Debian and Ubuntu, does not know it",
			Hint:    "write " + b.instead,
		})
	}
	return problems
}

// bashism is what a POSIX shell need not know.
type bashism struct {
	what, instead string
	at            syntax.Pos
}

// bashisms finds the first of each kind.
func bashisms(text string) []bashism {
	file, err := parse(text, syntax.LangBash)
	if err != nil {
		file, err = parse(text, syntax.LangPOSIX) // the other way about: what bash does not take, sh may
	}
	if err != nil {
		return nil
	}
	b := finder{functions: map[string]bool{}}
	syntax.Walk(file, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.FuncDecl:
			b.functions[n.Name.Value] = true
		case *syntax.Subshell:
			b.tried = b.tried || strings.Contains(text[n.Pos().Offset():n.End().Offset()], "pipefail")
		}
		return true
	})
	syntax.Walk(file, b.visit)
	return b.found
}

// finder collects the bashisms of a script.
type finder struct {
	functions map[string]bool // that the script declares: no command of theirs is bash's
	tried     bool            // whether sh has pipefail is tried in a subshell first
	found     []bashism
}

func (b *finder) add(at syntax.Pos, what, instead string) {
	if !slices.ContainsFunc(b.found, func(other bashism) bool { return other.what == what }) {
		b.found = append(b.found, bashism{what, instead, at})
	}
}

// commands are the builtins of bash that neither dash nor POSIX has.
var commands = map[string]string{
	"[[":        insteadOfTest,
	"source":    "`. ./FILE`",
	"declare":   "plain `NAME=value`",
	"typeset":   "plain `NAME=value`",
	"let":       insteadOfArithmetic,
	"shopt":     "it for sh: there are no such options",
	"pushd":     "`(cd DIR && ...)`",
	"popd":      "`(cd DIR && ...)`",
	"mapfile":   "`while read -r LINE; do ...; done <FILE`",
	"readarray": "`while read -r LINE; do ...; done <FILE`",
}

const (
	insteadOfTest       = "`[ ]`, or `case` for a pattern"
	insteadOfArithmetic = "`NAME=$((...))`, or `[ \"$NAME\" -gt 0 ]`"
	insteadOfArray      = "`set -- a b c` and `\"$@\"`"
)

func (b *finder) visit(node syntax.Node) bool {
	switch n := node.(type) {
	case *syntax.TestClause:
		b.add(n.Pos(), "[[ ]]", insteadOfTest)
	case *syntax.ArithmCmd:
		b.add(n.Pos(), "(( ))", insteadOfArithmetic)
	case *syntax.LetClause:
		b.add(n.Pos(), "let", commands["let"])
	case *syntax.DeclClause:
		if instead, is := commands[n.Variant.Value]; is {
			b.add(n.Pos(), n.Variant.Value, instead)
		}
	case *syntax.FuncDecl:
		if n.RsrvWord {
			b.add(n.Pos(), "function", "`"+n.Name.Value+"() { ...; }`")
		}
	case *syntax.ForClause:
		b.loop(n)
	case *syntax.CoprocClause:
		b.add(n.Pos(), "coproc", "it for sh")
	case *syntax.BinaryCmd:
		if n.Op == syntax.PipeAll {
			b.add(n.OpPos, "|&", "`2>&1 |`")
		}
	case *syntax.Redirect:
		b.redirect(n)
	case *syntax.ProcSubst:
		b.add(n.Pos(), n.Op.String()+"...)", "a pipe, or a file of `mktemp`")
	case *syntax.ArrayExpr:
		b.add(n.Pos(), "NAME=(...)", insteadOfArray)
	case *syntax.Assign:
		switch {
		case n.Append:
			b.add(n.Pos(), "+=", "`NAME=$NAME...`")
		case n.Index != nil:
			b.add(n.Pos(), "NAME[...]=", insteadOfArray)
		}
	case *syntax.ArithmExp:
		if n.Bracket {
			b.add(n.Pos(), "$[ ]", "`$(( ))`")
		}
	case *syntax.ParamExp:
		b.expansion(n)
	case *syntax.SglQuoted:
		if n.Dollar {
			b.add(n.Pos(), "$'...'", "`$(printf '...')`")
		}
	case *syntax.DblQuoted:
		if n.Dollar {
			b.add(n.Pos(), `$"..."`, "it without the `$`")
		}
	case *syntax.ExtGlob:
		b.add(n.Pos(), n.Op.String()+"...)", "plain patterns")
	case *syntax.CallExpr:
		b.command(n)
	}
	return true
}

func (b *finder) loop(n *syntax.ForClause) {
	switch each := n.Loop.(type) {
	case *syntax.CStyleLoop:
		b.add(n.Pos(), "for ((...))", "`while [ \"$i\" -lt 10 ]; do ...; i=$((i + 1)); done`")
	case *syntax.WordIter:
		b.braces(each.Items)
	}
	if n.Select {
		b.add(n.Pos(), "select", "it for sh: nobody is asked in a deployment")
	}
}

func (b *finder) redirect(n *syntax.Redirect) {
	op, target := n.Op, n.Word.Lit()
	if op == syntax.RdrAll || op == syntax.AppAll {
		b.add(n.OpPos, op.String(), "`"+strings.TrimPrefix(op.String(), "&")+"FILE 2>&1`")
	}
	if op == syntax.DplOut && strings.Trim(target, "0123456789-") != "" {
		b.add(n.OpPos, ">&FILE", "`>FILE 2>&1`")
	}
	if op == syntax.WordHdoc {
		b.add(n.OpPos, "<<<", "`printf '%s\\n' TEXT |`")
	}
}

func (b *finder) expansion(n *syntax.ParamExp) {
	switch {
	case n.Index != nil:
		b.add(n.Pos(), "${NAME[...]}", insteadOfArray)
	case n.Slice != nil:
		b.add(n.Pos(), "${NAME:n:m}", "`$(printf %s \"$NAME\" | cut -c 1-7)`")
	case n.Repl != nil:
		b.add(n.Pos(), "${NAME/a/b}", "`$(printf %s \"$NAME\" | sed s/a/b/)`")
	case n.Excl || n.Names != 0:
		b.add(n.Pos(), "${!NAME}", "it for sh: `eval`, or a `case`")
	case n.Exp != nil && n.Exp.Op >= syntax.UpperFirst && n.Exp.Op <= syntax.LowerAll:
		b.add(n.Pos(), "${NAME"+n.Exp.Op.String()+"}", "`$(printf %s \"$NAME\" | tr a-z A-Z)`")
	case n.Exp != nil && n.Exp.Op == syntax.OtherParamOps:
		b.add(n.Pos(), "${NAME@...}", "it for sh")
	}
}

// command judges a command by its name, and the few options that count.
func (b *finder) command(n *syntax.CallExpr) {
	b.braces(n.Args)
	if len(n.Args) == 0 || b.functions[n.Args[0].Lit()] {
		return
	}
	at, name := n.Args[0].Pos(), n.Args[0].Lit()
	var args []string
	for _, word := range n.Args[1:] {
		args = append(args, word.Lit())
	}
	switch {
	case commands[name] != "":
		b.add(at, name, commands[name])
	case (name == "[" || name == "test") && slices.Contains(args, "=="):
		b.add(at, "[ a == b ]", "`=`")
	case (name == "[" || name == "test") && slices.Contains(args, "=~"):
		b.add(at, "[ a =~ b ]", "`case`, or `grep -q`")
	case name == "set" && slices.Contains(args, "pipefail") && !b.tried:
		b.add(at, "set -o pipefail", "it for sh, without `pipefail`: a pipe's status is that of its last command")
	case name == "echo" && len(args) > 0 && echoEscapes[args[0]]:
		b.add(at, "echo "+args[0], "`printf`")
	}
}

// echoEscapes are the options by which bash's echo reads escapes. dash's prints them.
var echoEscapes = map[string]bool{"-e": true, "-ne": true, "-en": true, "-E": true}

// braces finds {a,b}, which sh leaves as it is: `mkdir {a,b}` makes one folder of that name, and nothing fails.
func (b *finder) braces(words []*syntax.Word) {
	for _, word := range words {
		split := *word
		split.Parts = slices.Clone(word.Parts)
		if syntax.SplitBraces(&split) && slices.ContainsFunc(split.Parts, func(part syntax.WordPart) bool {
			_, is := part.(*syntax.BraceExp)
			return is
		}) {
			b.add(word.Pos(), "{a,b}", "each word out in full")
		}
	}
}
