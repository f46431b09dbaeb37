package ci

import (
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/sethvargo/go-githubactions"

	"slipway/internal/deploy"
	"slipway/internal/secret"
)

// Commands is the one writer of standard output where the CI reads workflow commands from it (GitHub, Gitea, Forgejo). Two
// writers would let a line of one end up inside a line of the other. It is safe for concurrent use.
//
// The escaping of commands is go-githubactions'. What remote hosts print is written by RemoteLine and Remote only: cleaned,
// and fenced, so that the runner obeys no command until the next call of another method lifts the fence.
type Commands struct {
	mu     sync.Mutex
	w      io.Writer
	action *githubactions.Action
	given  map[string]int // annotations by kind
	fence  string         // the token that makes the runner obey again; "" when it obeys
	err    error          // the first error of a write
}

// MaxAnnotations is how many annotations of a kind a step may have: GitHub shows ten, and the runner adds one of its own
// when the step fails.
const MaxAnnotations = 9

// maxMessage is how many characters of an annotation GitHub keeps.
const maxMessage = 4096

// NewCommands makes the writer of workflow commands. getenv is asked for nothing but what the runner sets.
func NewCommands(w io.Writer, getenv func(string) string) *Commands {
	c := &Commands{w: w, given: map[string]int{}}
	c.action = githubactions.New(githubactions.WithWriter(c.latch()), githubactions.WithGetenv(getenv))
	return c
}

// Mask makes the runner take a secret out of all logs from here on, in the forms of secret.Masks. It must come before
// anything is printed, and does nothing inside Remote.
func (c *Commands) Mask(s secret.Secret) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	for _, mask := range secret.Masks(s) {
		c.action.AddMask(mask)
	}
}

// Group starts a collapsed part of the log. Groups are flat: a second one ends the first.
func (c *Commands) Group(title string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	c.action.Group(Clean(title))
}

// EndGroup ends the part that Group started.
func (c *Commands) EndGroup() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	c.action.EndGroup()
}

// Error puts an annotation at a position of a file. Position, title and message may be empty; a position that is no file's
// line, like an input's, goes into the message.
func (c *Commands) Error(at deploy.Position, title, message string) {
	c.annotate("error", at, title, message)
}

// Warning is Error of a lesser level.
func (c *Commands) Warning(at deploy.Position, title, message string) {
	c.annotate("warning", at, title, message)
}

// Notice is Error of the least level.
func (c *Commands) Notice(at deploy.Position, title, message string) {
	c.annotate("notice", at, title, message)
}

func (c *Commands) annotate(kind string, at deploy.Position, title, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	if c.given[kind]++; c.given[kind] > MaxAnnotations {
		return
	}
	properties := githubactions.CommandProperties{}
	if at.Line > 0 && !strings.HasPrefix(at.File, "input ") {
		properties["file"] = Clean(at.File)
		properties["line"] = strconv.Itoa(at.Line)
		if at.Column > 0 {
			properties["col"] = strconv.Itoa(at.Column)
		}
	} else if !at.IsZero() {
		message = at.String() + ": " + message
	}
	if title != "" {
		properties["title"] = Clean(title)
	}
	c.action.IssueCommand(&githubactions.Command{Name: kind, Message: clip(CleanText(message), maxMessage), Properties: properties})
}

// clip cuts text to so many characters, and says so.
func clip(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	const mark = " ..."
	return string([]rune(text)[:most-len(mark)]) + mark
}

// Print writes one line that is Slipway's own. It is cleaned all the same: a host's name, or an error's cause, may be in it.
func (c *Commands) Print(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	c.write(line)
}

// RemoteLine writes one line that a host printed, or that belongs between such lines.
func (c *Commands) RemoteLine(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raise()
	c.write(line)
}

// Remote writes what hosts printed: all that tell writes to w, split at CR and LF as the runner does it. Nothing else is
// written meanwhile: tell must not call methods of c.
func (c *Commands) Remote(tell func(w io.Writer)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raise()
	lines := &lineWriter{write: c.write}
	tell(lines)
	lines.flush()
	c.lift()
}

// Close lifts the fence, so that the runner obeys whoever comes next, and gives the first error of a write.
func (c *Commands) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	return c.err
}

// raise makes the runner obey no command, lift makes it obey again.
func (c *Commands) raise() {
	if c.fence == "" {
		c.fence = randomToken()
		c.action.IssueCommand(&githubactions.Command{Name: "stop-commands", Message: c.fence})
	}
}

func (c *Commands) lift() {
	if c.fence != "" {
		c.action.IssueCommand(&githubactions.Command{Name: c.fence})
		c.fence = ""
	}
}

func (c *Commands) write(line string) { _, _ = io.WriteString(c.latch(), guard(Clean(line))+"\n") }

// latch never fails, and keeps the first error: go-githubactions panics on one, and a log that nobody reads any more must
// not end a deployment.
func (c *Commands) latch() io.Writer { return (*latch)(c) }

type latch Commands

func (l *latch) Write(p []byte) (int, error) {
	if l.err == nil {
		if _, err := l.w.Write(p); err != nil {
			l.err = fmt.Errorf("write the log: %w", err)
		}
	}
	return len(p), nil
}

// randomToken has 128 bits and more, in characters that need no escaping.
func randomToken() string { return rand.Text() }
