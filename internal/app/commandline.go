package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// errUsage says that the command line is wrong.
var errUsage = errors.New("see slipway --help")

// commandLine is the arguments as kong reads them, and what of them may be shown.
//
// A key begins with dashes, a passphrase may; a value that was not quoted falls apart into words. So the word after a flag
// whose value is secret belongs to it whatever it looks like, and no message shows a word that may be a part of a secret.
type commandLine struct {
	args   []string
	secret bool // one of the flags has a secret value
}

func newCommandLine(model *kong.Application, args []string) (*commandLine, error) {
	secrets, known := map[string]string{}, map[string]bool{} // of every command, whichever is called
	for _, doc := range ci.Names() {
		for _, spelling := range append(doc.Aliases, doc.Name) {
			if known[spelling] = true; doc.Secret {
				secrets[spelling] = doc.Name
			}
		}
	}
	for _, command := range model.Children {
		for _, flag := range command.Flags {
			known[flag.Name] = true
		}
	}
	isFlag := func(word string) bool {
		name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
		return strings.HasPrefix(word, "--") && known[name] || word == "--help" || word == "-h" || word == "-e"
	}
	line := &commandLine{}
	for i := 0; i < len(args); i++ {
		word := args[i]
		spelling, _, assigned := strings.Cut(strings.TrimPrefix(word, "--"), "=")
		name := secrets[spelling]
		if !strings.HasPrefix(word, "--") || name == "" {
			line.args = append(line.args, word)
			continue
		}
		line.secret = true
		switch {
		case assigned:
			line.args = append(line.args, word)
		case i+1 == len(args) || isFlag(args[i+1]):
			return nil, fmt.Errorf("--%s has no value (%w)", name, errUsage)
		default:
			i++
			line.args = append(line.args, "--"+name+"="+args[i])
		}
	}
	return line, nil
}

// Words that are shown as they were typed: a command's name, the name of a flag.
var (
	plainWord = lazyregexp.New(`^[a-z][a-z-]{0,19}$`)
	plainFlag = lazyregexp.New(`^--?[a-z][a-z_-]{0,39}$`)
)

// explain says what is wrong with the command line, without any value that may be secret.
func (l *commandLine) explain(err error) error {
	message := err.Error()
	switch {
	case strings.HasPrefix(message, "unexpected argument "):
		word, suggestion := cutSuggestion(strings.TrimPrefix(message, "unexpected argument "))
		switch {
		case l.secret:
			message = "an argument too many: put a value of several words or lines in quotes, or in a file, as in --ssh_key=@PATH"
		case plainWord.MatchString(word):
			message = "unexpected argument " + word + suggestion
		default:
			message = "unexpected argument"
		}
	case strings.HasPrefix(message, "unknown flag "):
		word, suggestion := cutSuggestion(strings.TrimPrefix(message, "unknown flag "))
		if plainFlag.MatchString(word) {
			message = "unknown flag " + word + suggestion
		} else {
			message = "unknown flag; a value that begins with a dash is written --flag=VALUE"
		}
	default:
		for _, quoted := range []string{" but got ", "; perhaps try "} {
			message, _, _ = strings.Cut(message, quoted)
		}
	}
	return fmt.Errorf("%s (%w)", message, errUsage)
}

// cutSuggestion divides what kong did not know from what it suggests instead.
func cutSuggestion(text string) (word, suggestion string) {
	if at := strings.LastIndex(text, ", did you mean "); at >= 0 {
		return text[:at], text[at:]
	}
	return text, ""
}
