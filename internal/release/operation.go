package release

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/retry"
)

// Operation is one thing to do on one host, as a value: making one touches no host. Run and Do carry it out.
type Operation struct {
	Name    string // for people: "link"
	Script  string // POSIX sh; $1.. are Args; "" is nothing to do
	Args    []string
	Stdin   func() (io.ReadCloser, error) // opened anew for each try; nil is none
	Read    func(Answer) error            // reads what the script printed, once it has succeeded; nil discards that
	Output  func() (Output, error)        // instead of Read: takes what one try prints, while it runs
	Reasons map[int]Reason                // why the script fails, by its exit status

	// Once says that a try which the link failed is not simply repeated: the caller has to look first what it did.
	Once bool
	// Next is what to do after a try that failed, instead of this operation: at once, or after the pause that a
	// failed link asks for. ok is false where this operation stands. nil is never.
	Next func(err error) (next Operation, ok bool)

	// Falls says that the script ends itself only where it fails, and leaves no trap, file descriptor or shell option but -e and -u: another
	// one may follow in the same shell, which costs no process.
	Falls bool

	Limit   int64         // of what the script may print, as transport.Command has it
	Silence time.Duration // as transport.Command has it
	Ahead   bool          // one with Stdin will follow, as transport.Command has it
	Urgent  bool          // takes a moment, and must not wait behind long commands where connections are few
	Invalid error         // why it cannot be done on any host
}

// Unique stands in Args for a text that no other try has, of lower-case letters and digits: two tries of an operation may
// run at the same time, where the link to the first was lost.
const Unique = "<unique>"

// Answer is what a script printed that succeeded.
type Answer struct {
	Host  string
	Text  []byte
	Asked time.Time // when the host was asked, on the runner's clock: the middle of the time that it took
}

// Output takes what one try of an operation prints.
type Output interface {
	io.Writer
	// End is told how the try ended, nil being well, and gives the error that stands.
	End(err error) error
}

// Invalid is an operation that cannot be done: it has no script, and its error on every host is err.
func Invalid(name string, err error) Operation { return Operation{Name: name, Invalid: err} }

// Run tries an operation once. Its error is a *deploy.Error that names the host, and has the hint that fits.
func Run(ctx context.Context, conn transport.Conn, op Operation) error {
	return failure(conn, op, attempt(ctx, conn, op))
}

func attempt(ctx context.Context, conn transport.Conn, op Operation) error {
	if op.Invalid != nil || op.Script == "" {
		return op.Invalid
	}
	command := transport.Command{
		Name: op.Name, Script: op.Script, Args: slices.Clone(op.Args), Limit: op.Limit, Silence: op.Silence, Ahead: op.Ahead, Urgent: op.Urgent,
	}
	for i, arg := range command.Args {
		if arg == Unique {
			command.Args[i] = strings.ToLower(rand.Text())
		}
	}
	if op.Stdin != nil {
		input, err := op.Stdin()
		if err != nil {
			return err
		}
		defer func() { _ = input.Close() }()
		command.Stdin = input
	}
	if op.Output != nil {
		output, err := op.Output()
		if err != nil {
			return err
		}
		command.Stdout = output
		return output.End(conn.Run(ctx, command))
	}
	var text bytes.Buffer
	if op.Read != nil {
		command.Stdout = &text
	}
	before := time.Now()
	if err := conn.Run(ctx, command); err != nil || op.Read == nil {
		return err
	}
	return op.Read(Answer{Host: conn.Host().Name, Text: text.Bytes(), Asked: before.Add(time.Since(before) / 2)})
}

// Do carries an operation out: again, for as long as a host may be away, where the link failed it and it may be repeated.
func Do(ctx context.Context, conn transport.Conn, op Operation, patience time.Duration) error {
	if op.Once {
		return Run(ctx, conn, op)
	}
	return retry.Do(ctx, patience, func() error {
		for {
			err := Run(ctx, conn, op)
			if err == nil || op.Next == nil {
				return err
			}
			next, ok := op.Next(err)
			if !ok {
				return err
			}
			op = next
			if retry.LinkFailed(err) {
				return err
			}
		}
	})
}

// Whole is an Output for a short answer that counts although the script failed: read gets what was printed, and how the try
// ended.
func Whole(read func(text []byte, err error) error) func() (Output, error) {
	return func() (Output, error) { return &whole{read: read}, nil }
}

type whole struct {
	bytes.Buffer
	read func(text []byte, err error) error
}

func (w *whole) End(err error) error { return w.read(w.Bytes(), err) }
