package release

import (
	"errors"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
)

type webHost struct{ transport.Conn }

func (webHost) Host() deploy.Host { return deploy.Host{Name: "web1"} }

// A full disk is told in plain words, whatever the program says that met it.
func TestFullDiskInPlainWords(t *testing.T) {
	t.Parallel()
	for stderr, want := range map[string]string{
		"sh: printf: I/O error":                                "the disk is full, or fails: exit 1: sh: printf: I/O error",
		"cat: write error: No space left on device":            "exit 1: cat: write error: No space left on device",
		"mv: cannot create 'outcome': Disk quota exceeded":     "exit 1: mv: cannot create 'outcome': Disk quota exceeded",
		"sh: 5: printf: I/O error\nmv: can't rename 'outcome'": "the disk is full, or fails: exit 1: mv: can't rename 'outcome'",
	} {
		err := failure(webHost{}, Operation{Name: "end journal"}, &transport.ExitError{Name: "end journal", Status: 1, Stderr: stderr})
		var told *deploy.Error
		if !errors.As(err, &told) || !errors.Is(err, ErrNoSpace) || told.Cause.Error() != want || told.Fault != deploy.FaultHost || told.Hint == "" {
			t.Errorf("%q: %v", stderr, err)
		}
		if strings.Count(err.Error(), "end journal") != 1 {
			t.Errorf("the operation is not named once: %v", err)
		}
	}
	other := failure(webHost{}, Operation{Name: "end journal"}, &transport.ExitError{Status: 1, Stderr: "mv: permission denied"})
	if errors.Is(other, ErrNoSpace) {
		t.Errorf("%v", other)
	}
}
