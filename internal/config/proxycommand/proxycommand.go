// Package proxycommand reads the command line of a program that is the connection to a host, as ProxyCommand of ssh_config(5) has
// it, and puts a host into it.
//
// Terms: a word is one argument of the program; a token is %h, %p or %r. No shell is there unless the command line begins with one:
// what only a shell does is refused, and whatever a host is called, it makes no word of its own. The package must not know where a
// command line was written, and starts nothing.
package proxycommand

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// Command is a command line that was read. Its zero value is none.
type Command struct{ words []string }

// None reports whether there is no program.
func (c Command) None() bool { return len(c.words) == 0 }

// Program is the name or the path of the program.
func (c Command) Program() string { return c.words[0] }

// Arguments are the program's, with their tokens.
func (c Command) Arguments() []string { return c.words[1:] }

// Parse reads a command line. It is none where it is empty, or says `none` as in ssh_config(5).
func Parse(text string) (Command, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.EqualFold(text, "none") {
		return Command{}, nil
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "")
	if err != nil {
		var wrong syntax.ParseError
		if errors.As(err, &wrong) {
			err = errors.New(wrong.Text)
		}
		return Command{}, fmt.Errorf("it cannot be split into words: %w", err)
	}
	call, err := onlyCall(file)
	if err != nil {
		return Command{}, err
	}
	var c Command
	for _, word := range call.Args {
		literal, err := literal(word)
		if err != nil {
			return Command{}, err
		}
		if _, err := expand(literal, func(byte) (string, error) { return "", nil }); err != nil {
			return Command{}, err
		}
		c.words = append(c.words, literal)
	}
	switch program := c.words[0]; {
	case program == "":
		return Command{}, errors.New("the program has no name")
	case strings.Contains(program, "%"):
		return Command{}, fmt.Errorf("`%s`: which program runs must not depend on the host", program)
	}
	return c, nil
}

// errShell is what people do about something that only a shell knows.
var errShell = errors.New("no shell runs it: write `sh -c '...'` where one is wanted")

// onlyCall is the one command that a text consists of.
func onlyCall(file *syntax.File) (*syntax.CallExpr, error) {
	if len(file.Stmts) != 1 {
		return nil, fmt.Errorf("it must be one command; %w", errShell)
	}
	stmt := file.Stmts[0]
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || stmt.Negated || stmt.Background || len(stmt.Redirs) > 0 || len(call.Assigns) > 0 {
		return nil, fmt.Errorf("it must be a program and its arguments; %w", errShell)
	}
	return call, nil
}

// literal is a word without its quotes.
func literal(word *syntax.Word) (string, error) {
	var text strings.Builder
	for i, part := range word.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			if i == 0 && strings.HasPrefix(part.Value, "~") {
				return "", fmt.Errorf("`~`: %w, or the path in full", errShell)
			}
			text.WriteString(unescaped(part.Value, ""))
		case *syntax.SglQuoted:
			text.WriteString(part.Value)
		case *syntax.DblQuoted:
			for _, inner := range part.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok {
					return "", expands(inner)
				}
				text.WriteString(unescaped(lit.Value, "$`\"\\"))
			}
		default:
			return "", expands(part)
		}
	}
	return text.String(), nil
}

// expands is the error of a part whose text only a shell knows.
func expands(part syntax.Node) error {
	var source strings.Builder
	if err := syntax.NewPrinter().Print(&source, part); err != nil {
		return errShell
	}
	return fmt.Errorf("`%s`: %w", source.String(), errShell)
}

// unescaped drops the backslashes that quote the byte behind them: within double quotes those before one of special, else all. Before a
// line's end both go.
func unescaped(text, special string) string {
	var made strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && (special == "" || text[i+1] == '\n' || strings.IndexByte(special, text[i+1]) >= 0) {
			if i++; text[i] == '\n' {
				continue
			}
		}
		made.WriteByte(text[i])
	}
	return made.String()
}

var (
	hostName = lazyregexp.New(`^[A-Za-z0-9_:][A-Za-z0-9._:%-]*$`)
	userName = lazyregexp.New(`^[A-Za-z0-9_.][A-Za-z0-9_.@+-]*$`)
)

// For gives the program and its arguments for a host. A name that the program could take for an option, or a shell for more than a
// word, is an error: who writes the hosts is not always who wrote the command line.
func (c Command) For(address deploy.Address) ([]string, error) {
	var words []string
	for _, word := range c.words {
		made, err := expand(word, func(token byte) (string, error) {
			switch token {
			case 'h':
				return safe(hostName, address.Host, "host")
			case 'r':
				return safe(userName, address.User, "user")
			}
			return strconv.Itoa(address.Port), nil
		})
		if err != nil {
			return nil, err
		}
		words = append(words, made)
	}
	return words, nil
}

func safe(pattern *lazyregexp.Regexp, name, what string) (string, error) {
	if !pattern.MatchString(name) {
		return "", fmt.Errorf("the %s `%s` cannot be handed to a program: letters, digits, . _ and - alone, and no - at the beginning", what, name)
	}
	return name, nil
}

// expand puts in what the tokens of a word stand for.
func expand(word string, value func(token byte) (string, error)) (string, error) {
	var made strings.Builder
	for i := 0; i < len(word); i++ {
		if word[i] != '%' {
			made.WriteByte(word[i])
			continue
		}
		if i++; i == len(word) {
			return "", errors.New("a % at the end of a word: write %% for the character itself")
		}
		switch word[i] {
		case '%':
			made.WriteByte('%')
		case 'h', 'p', 'r':
			text, err := value(word[i])
			if err != nil {
				return "", err
			}
			made.WriteString(text)
		default:
			return "", fmt.Errorf("`%%%c` is not known: there are %%h (host), %%p (port), %%r (user) and %%%%", word[i])
		}
	}
	return made.String(), nil
}
