package stepper

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// undoable is a counting step of migrate and what takes it back: that counts as well.
func undoable(then string) deploy.Step {
	s := counting(deploy.Migrate, "")
	s.Undo = "echo undone >> undone\n" + then
	return s
}

// undone is how often the undo ran.
func (m *machine) undone() int {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.root, "releases/r1/undone"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		m.t.Fatal(err)
	}
	return strings.Count(string(text), "undone")
}

func (m *machine) undo(attempt int, s deploy.Step) deploy.Span {
	m.t.Helper()
	span := m.attempt(attempt).Undo(m.t.Context(), host, s, scene())
	if span.Phase != deploy.Undo || span.Err != nil && span.Err.Phase != deploy.Undo {
		m.t.Errorf("%+v", span)
	}
	return span
}

// What is undone is undone once; what runs again after it is undone again.
func TestUndo(t *testing.T) {
	m := newMachine(t)
	s := undoable("")
	for round := 1; round <= 2; round++ {
		if span := m.step(round, s); span.Outcome != deploy.Succeeded || m.ran() != round {
			t.Fatalf("round %d: %+v, ran %d times", round, span, m.ran())
		}
		for try := range 2 {
			span := m.undo(round, s)
			if span.Outcome != deploy.Succeeded || m.undone() != round || (span.Kept > 0) != (try > 0) {
				t.Fatalf("round %d: %+v, undone %d times", round, span, m.undone())
			}
		}
	}
}

// An undo that failed is not run again, unless the step may run twice or a person says so; what a person did counts.
func TestUndoThatFailed(t *testing.T) {
	for _, test := range []struct {
		name, decision string
		idempotent     bool
		undone         int
	}{{"nobody decides", "", false, 1}, {"it may run twice", "", true, 2}, {"a person undid it", "done", false, 1}, {"a person mended it", "rerun", false, 2}} {
		t.Run(test.name, func(t *testing.T) {
			m := newMachine(t)
			s := undoable("test -e mended")
			s.Idempotent = test.idempotent
			m.step(1, s)
			failed := m.undo(1, s)
			if failed.Outcome != deploy.Failed || !strings.Contains(failed.Err.Hint, `--step "undo Charge" done`) {
				t.Fatalf("%+v", failed)
			}
			m.touch("mended")
			m.attempt(2)
			if test.decision != "" {
				if _, err := Decide(t.Context(), m.fleet, host, deployment, "undo Charge", test.decision); err != nil {
					t.Fatal(err)
				}
			}
			span := m.undo(2, s)
			var decide *Undecided
			if undecided := test.decision == "" && !test.idempotent; undecided != (span.Err != nil && errors.As(span.Err, &decide)) || undecided == (span.Outcome == deploy.Succeeded) {
				t.Errorf("%+v", span)
			}
			if m.undone() != test.undone {
				t.Errorf("undone %d times", m.undone())
			}
			if _, err := Decide(t.Context(), m.fleet, host, deployment, "Charge", "done"); err == nil {
				t.Error("a step that is undone may be said to be done")
			}
		})
	}
}

// An undo that still runs is joined.
func TestUndoThatRuns(t *testing.T) {
	m := newMachine(t)
	s := undoable("until test -e go; do sleep 0.02; done")
	m.step(1, s)
	first := make(chan deploy.Span)
	begun := m.attempt(1)
	go func() { first <- begun.Undo(t.Context(), host, s, scene()) }()
	for m.undone() == 0 {
		select {
		case span := <-first:
			t.Fatalf("it ended: %+v", span)
		default:
		}
	}
	other := m.attempt(2)
	m.touch("go")
	second := other.Undo(t.Context(), host, s, scene())
	if span := <-first; span.Outcome != deploy.Succeeded || second.Outcome != deploy.Succeeded || second.Joined != 1 || m.undone() != 1 {
		t.Errorf("%+v, %+v, undone %d times", span, second, m.undone())
	}
}

// What a person says of an undo that failed more than once holds for all of its tries.
func TestUndoThatFailedTwice(t *testing.T) {
	for decision, want := range map[string]int{"done": 2, "rerun": 3} {
		t.Run(decision, func(t *testing.T) {
			m := newMachine(t)
			s := undoable("test -e mended")
			s.Idempotent = true
			m.step(1, s)
			m.undo(1, s)
			m.undo(2, s)
			s.Idempotent = false
			m.touch("mended")
			m.attempt(3)
			if _, err := Decide(t.Context(), m.fleet, host, deployment, "undo Charge", decision); err != nil {
				t.Fatal(err)
			}
			if span := m.undo(3, s); span.Outcome != deploy.Succeeded || m.undone() != want {
				t.Errorf("%+v, undone %d times", span, m.undone())
			}
		})
	}
}

// An undo whose secret is not given any more is refused, and does not run with an empty value.
func TestUndoWithoutItsSecret(t *testing.T) {
	m := newMachine(t)
	s := undoable("")
	s.Secrets, s.Retries = []string{"TOKEN", "GONE"}, 1
	m.step(1, s)
	span := m.undo(1, s)
	if span.Outcome != deploy.Failed || m.undone() != 0 {
		t.Fatalf("%+v, undone %d times", span, m.undone())
	}
	if text := span.Err.Error(); !strings.Contains(text, "without the secret `GONE`") || !strings.Contains(text, "name GONE in `secrets` of the deploy file") {
		t.Error(text)
	}
	s.Secrets = []string{"TOKEN"}
	if span := m.undo(2, s); span.Outcome != deploy.Succeeded || m.undone() != 1 {
		t.Errorf("%+v, undone %d times", span, m.undone())
	}
}
