// Package completion answers what a shell asks while a person types: which words may stand next. Commands and flags are those of
// the command line, so that a new one needs no entry here. The scripts that the shells read are beside it.
package completion

import (
	"embed"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/app/cmdline"
)

//go:embed slipway.bash slipway.zsh slipway.fish
var scripts embed.FS

// Script is what a shell reads: bash, zsh or fish. Each asks `slipway __complete` for the words.
func Script(shell string) (string, error) {
	text, err := scripts.ReadFile("slipway." + shell)
	return string(text), err
}

// Word is one that may stand next.
type Word struct{ Text, Help string }

// Words are those that may stand in place of the last of the typed words, which may be empty. None: the shell offers files.
// values are those that a flag may have, by its name.
func Words(all []*cmdline.Command, typed []string, values func(flag string) []string) []Word {
	if len(typed) < 2 {
		return commands(all, strings.Join(typed, ""))
	}
	at := slices.IndexFunc(all, func(c *cmdline.Command) bool { return c.Name == typed[0] })
	if at < 0 {
		return nil
	}
	command := all[at]
	before, word, prefix := split(typed)
	if flag := command.Flag(before[len(before)-1]); flag != nil && !flag.IsBool() {
		return plain(append(slices.Clone(flag.Enum), values(flag.Name)...), word, prefix)
	}
	switch {
	case strings.HasPrefix(word, "-"):
		return flags(append(slices.Clone(command.Flags), cmdline.Help), word)
	case command.Argument != nil:
		return plain(command.Argument.Enum, word, "")
	}
	return nil
}

// split divides what was typed into the words before, ending with the flag if the word is its value, and the word itself with
// what stands before it in the same word of the shell. bash takes the sign of --flag=value for a word of its own.
func split(typed []string) (before []string, word, prefix string) {
	last := len(typed) - 1
	before, word = typed[:last], typed[last]
	name, value, assigned := strings.Cut(word, "=")
	switch {
	case assigned && strings.HasPrefix(name, "--"):
		return append(slices.Clone(before), name), value, name + "="
	case word == "=":
		return before, "", ""
	case before[last-1] == "=" && last > 1:
		return before[:last-1], word, ""
	}
	return before, word, ""
}

func commands(all []*cmdline.Command, word string) (found []Word) {
	for _, command := range all {
		if strings.HasPrefix(command.Name, word) {
			found = append(found, Word{command.Name, command.Help})
		}
	}
	return found
}

func flags(all []*cmdline.Flag, word string) (found []Word) {
	for _, flag := range all {
		if name := "--" + flag.Name; !flag.Hidden && strings.HasPrefix(name, word) {
			found = append(found, Word{name, flag.Help})
		}
	}
	return found
}

func plain(all []string, word, prefix string) (found []Word) {
	for _, text := range all {
		if strings.HasPrefix(text, word) {
			found = append(found, Word{Text: prefix + text})
		}
	}
	return found
}
