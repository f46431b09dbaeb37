package release_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

// link is a connection whose commands print `prints` and end with the errors of ends, one after the other, and then well.
type link struct {
	transport.Conn
	prints   string
	ends     []error
	commands []transport.Command
	inputs   []string
}

func (l *link) Host() deploy.Host { return deploy.Host{Name: "web1"} }

func (l *link) Run(_ context.Context, command transport.Command) error {
	l.commands = append(l.commands, command)
	if command.Stdin != nil {
		text, err := io.ReadAll(command.Stdin)
		if err != nil {
			return err
		}
		l.inputs = append(l.inputs, string(text))
	}
	if command.Stdout != nil {
		if _, err := io.WriteString(command.Stdout, l.prints); err != nil {
			return err
		}
	}
	if n := len(l.commands); n <= len(l.ends) {
		return l.ends[n-1]
	}
	return nil
}

var (
	errRefused = errors.New("refused")
	reasons    = map[int]release.Reason{90: {Err: errRefused, Hint: "move it away"}}
	refusal    = &transport.ExitError{Name: "link", Status: 90, Stderr: "it is in the way\n"}
)

func TestDo(t *testing.T) {
	t.Parallel()
	stdin := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("payload")), nil }
	for name, c := range map[string]struct {
		op    release.Operation
		ends  []error
		tries int
		is    error
		says  string
	}{
		"well":                      {op: release.Operation{Script: ":"}, tries: 1},
		"nothing to do":             {op: release.Operation{}, tries: 0},
		"cannot be done":            {op: release.Invalid("link", errRefused), is: errRefused, says: "web1: link: refused"},
		"the link fails it twice":   {op: release.Operation{Script: ":", Stdin: stdin}, ends: []error{transport.ErrLost, transport.ErrUnreachable}, tries: 3},
		"it is not to be repeated":  {op: release.Operation{Script: ":", Once: true}, ends: []error{transport.ErrLost}, tries: 1, is: transport.ErrLost},
		"the script refuses":        {op: release.Operation{Script: ":", Reasons: reasons}, ends: []error{refusal}, tries: 1, is: errRefused, says: "it is in the way (move it away)"},
		"it fails without a reason": {op: release.Operation{Script: ":"}, ends: []error{refusal}, tries: 1, says: "web1: link: exit 90: it is in the way"},
		"its answer cannot be read": {op: release.Operation{Script: ":", Read: func(release.Answer) error { return errRefused }}, tries: 1, is: errRefused},
		"something follows at once": {
			op: release.Operation{Script: "first", Next: func(error) (release.Operation, bool) {
				return release.Operation{Name: "link", Script: "second"}, true
			}},
			ends: []error{refusal}, tries: 2,
		},
		"something follows the pause": {
			op: release.Operation{Script: "first", Next: func(error) (release.Operation, bool) {
				return release.Operation{Name: "link", Script: "second"}, true
			}},
			ends: []error{transport.ErrLost}, tries: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := &link{ends: c.ends}
			c.op.Name = "link"
			err := release.Do(t.Context(), conn, c.op, time.Minute)
			if (err == nil) != (c.is == nil && c.says == "") || c.is != nil && !errors.Is(err, c.is) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("it ends with %v", err)
			}
			if len(conn.commands) != c.tries {
				t.Errorf("%d tries, wanted %d", len(conn.commands), c.tries)
			}
			if c.op.Stdin != nil && strings.Join(conn.inputs, " ") != "payload payload payload" {
				t.Errorf("the tries read %q", conn.inputs)
			}
		})
	}
}

func TestEveryTryHasTextsOfItsOwn(t *testing.T) {
	t.Parallel()
	conn := &link{prints: "answer", ends: []error{transport.ErrLost}}
	read := ""
	op := release.Operation{Name: "link", Script: ":", Args: []string{"a", release.Unique, release.Unique}, Read: func(a release.Answer) error {
		read = a.Host + " " + string(a.Text)
		return nil
	}}
	if err := release.Do(t.Context(), conn, op, time.Minute); err != nil || read != "web1 answer" {
		t.Fatalf("%q, %v", read, err)
	}
	seen := map[string]bool{}
	for _, command := range conn.commands {
		if command.Args[0] != "a" {
			t.Errorf("arguments %q", command.Args)
		}
		for _, text := range command.Args[1:] {
			if seen[text] || len(text) < 20 || strings.ToLower(text) != text {
				t.Errorf("%q is not unique", text)
			}
			seen[text] = true
		}
	}
	if op.Args[1] != release.Unique {
		t.Error("a try changed the operation")
	}
}
