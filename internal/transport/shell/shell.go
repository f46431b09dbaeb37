// Package shell runs commands in one long-lived remote `sh` that is driven over its standard input and outputs.
//
// Terms: the loader is the command line that starts the shell and all that an argument list ever shows; a session is
// one running shell; a frame is what one command writes, between two lines with the command's random token; the preface
// is what login shells print before the first frame. The package must not know SSH: it has three byte streams.
package shell

import (
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"

	"al.essio.dev/pkg/shellescape"

	"github.com/slipway/slipway/internal/transport"
)

//go:embed loader.sh
var loaderText string

//go:embed control.sh
var controlText string

// controlMark begins a line of the control script, and no line that it prints.
const controlMark = "slipway_read() {"

// Loader is the command line that starts a session. Bash, dash, zsh, fish, csh and tcsh understand it alike as a login
// shell; the rest of the session is for /bin/sh.
func Loader() string {
	return "exec /bin/sh -c '" + strings.Join(code(loaderText), "") + "'"
}

// prologue is what a new session reads first: the control script, up to an empty line.
func prologue() string {
	return strings.Join(code(controlText), "\n") + "\n\n"
}

// code is the lines of a script less comments and empty lines.
func code(script string) []string {
	var lines []string
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// sent is a script as a host gets it: of comments no more than the first line of each that does not stand in a function. Two fifths of the
// scripts are comments, which a host has to read byte by byte.
func sent(script string) string {
	var b strings.Builder
	b.Grow(len(script))
	inComment := false
	for line := range strings.Lines(script) {
		isComment := strings.HasPrefix(strings.TrimLeft(line, " \t"), "#")
		if !isComment || line[0] == '#' && !inComment {
			b.WriteString(line)
		}
		inComment = isComment
	}
	return b.String()
}

// mostKept bounds the scripts that a session keeps. Slipway's own are some thirty.
const mostKept = 100

// kept numbers the scripts that a session has, from 1.
type kept map[string]int

// request is what the control script reads of a command, less the bytes of its standard input. A script that the session has
// is not sent again; one that it is not to keep has number 0.
func (k kept) request(token string, cmd transport.Command) string {
	input := "null"
	if cmd.Stdin != nil {
		input = "stdin"
	}
	state, number := "kept", k[cmd.Script]
	if number == 0 {
		state = "new"
		if len(k) < mostKept {
			number = len(k) + 1
			k[cmd.Script] = number
		}
	}
	// The arguments become $1.. by a line of quoted words in front of the script: the one place where shell is put
	// together, and nothing in it is left to be read by a shell.
	arguments, script := "set -- "+shellescape.QuoteCommand(cmd.Args), ""
	if state == "new" {
		script = sent(cmd.Script)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s %d %d %d %s\n%s\n%s\n",
		token, input, state, number, len(arguments), len(script), shellescape.StripUnsafe(cmd.Name), arguments, token)
	if state == "new" {
		b.WriteString(script + "\n" + token + "\n")
	}
	return b.String()
}

// newToken is 128 random bits: no output holds them by chance, and nobody can print them beforehand.
func newToken() string {
	var bits [16]byte
	_, _ = rand.Read(bits[:]) // never fails
	return hex.EncodeToString(bits[:])
}
