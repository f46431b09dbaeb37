package step

import (
	"errors"
	"testing"
	"time"
)

func TestParseStatus(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]Status{
		"exit 0":           {},
		"exit 255":         {Exit: 255},
		"exit 1         ":  {Exit: 1},
		"signal TERM":      {Signal: "TERM"},
		"timeout":          {TimedOut: true, Limit: time.Minute},
		"timeout whatever": {TimedOut: true, Limit: time.Minute},
	} {
		if got, err := parseStatus(line, time.Minute); err != nil || got != want {
			t.Errorf("%q is %+v, %v", line, got, err)
		}
	}
	for _, line := range []string{"", "exit", "exit 256", "exit -1", "exit 0x1", "signal", "signal ", "EXIT 0", "exit 0 0", "unreadable", "unknown", "\x00"} {
		if got, err := parseStatus(line, time.Minute); !errors.Is(err, ErrUnknown) || got != (Status{}) {
			t.Errorf("%q is %+v, %v", line, got, err)
		}
	}
	if _, err := parseStatus("dropped", time.Minute); !errors.Is(err, ErrNeverStarted) {
		t.Error(err)
	}
}

// A status that cannot be read is an unknown one, and never a success.
func FuzzParseStatus(f *testing.F) {
	for _, line := range []string{"exit 0", "exit 1  ", "signal TERM", "timeout", "unknown", "dropped", "exit 0\n", "exit 00"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		status, err := parseStatus(line, time.Minute)
		switch {
		case err != nil && status != Status{}:
			t.Errorf("%q is %+v, and %v", line, status, err)
		case err != nil && !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrNeverStarted):
			t.Errorf("%q: %v", line, err)
		case err == nil && status.OK() && len(line) < len("exit 0"):
			t.Errorf("%q is a success", line)
		case err == nil && status.String() == "":
			t.Errorf("%q has no words", line)
		}
	})
}
