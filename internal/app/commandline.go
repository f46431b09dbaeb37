package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/app/cmdline"
	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// errUsage says that the command line is wrong.
var errUsage = errors.New("see slipway --help")

// commandLine is the arguments behind the command as cmdline reads them, and what of them may be shown.
//
// A key begins with dashes, a passphrase may; a value that was not quoted falls apart into words. So the word after a flag
// whose value is secret belongs to it whatever it looks like, and no message shows a word that may be a part of a secret.
type commandLine struct {
	args   []string
	secret bool // one of the flags has a secret value
}

// newCommandLine takes the arguments of a command, of none where nil.
func newCommandLine(c *cmdline.Command, args []string) (*commandLine, error) {
	secrets, known := map[string]string{}, map[string]bool{} // of every command, whichever is called
	for _, doc := range ci.Names() {
		for _, spelling := range append(doc.Aliases, doc.Name) {
			if known[spelling] = true; doc.Secret {
				secrets[spelling] = doc.Name
			}
		}
	}
	if c != nil {
		for _, flag := range c.Flags {
			known[flag.Name] = true
		}
	}
	isFlag := func(word string) bool {
		name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
		return strings.HasPrefix(word, "--") && known[name] || word == "--help" || word == "-h" || word == "-e"
	}
	line, verbatim := &commandLine{}, false // behind -- nothing is a flag: it may be the command of exec
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		spelling, _, assigned := strings.Cut(strings.TrimPrefix(word, "--"), "=")
		name := secrets[spelling]
		if !strings.HasPrefix(word, "--") || name == "" {
			line.args = append(line.args, word)
			verbatim = verbatim || word == "--"
			continue
		}
		line.secret = true
		switch {
		case assigned, verbatim:
			line.args = append(line.args, word)
		case len(args) == 0 || isFlag(args[0]):
			return nil, fmt.Errorf("--%s has no value (%w)", name, errUsage)
		default:
			line.args = append(line.args, "--"+name+"="+args[0])
			args = args[1:]
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
	var unknown *cmdline.UnknownFlag
	var surplus *cmdline.Unexpected
	var message string
	switch {
	case errors.As(err, &surplus) && l.secret:
		message = "an argument too many: put a value of several words or lines in quotes, or in a file, as in --ssh_key=@PATH"
	case errors.As(err, &surplus) && plainWord.MatchString(surplus.Word):
		message = surplus.Error() + didYouMean(surplus.Meant)
	case surplus != nil:
		message = "unexpected argument"
	case errors.As(err, &unknown) && plainFlag.MatchString(unknown.Word):
		message = unknown.Error() + didYouMean(unknown.Meant)
	case unknown != nil:
		message = "unknown flag; a value that begins with a dash is written --flag=VALUE"
	default:
		return fmt.Errorf("%w (%w)", err, errUsage)
	}
	return fmt.Errorf("%s (%w)", message, errUsage)
}

func didYouMean(word string) string {
	if word == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", word)
}
