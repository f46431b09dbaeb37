package release_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/transport"
)

// Two operations as one command: each has its own arguments, and the second is done only where the first was.
func TestThen(t *testing.T) {
	other := errors.New("another")
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		eleven := []string{"a b", "", "$HOME", "4", "5", "6", "7", "8", "9", "it's", host.Home}
		first := release.Operation{
			Name: "first", Script: `set -eu; x=${10}; printf '%s.' "$@" >"${11}/first"; echo printed; ! [ -e "${11}/stop" ] || { echo why >&2; exit 90; }`,
			Args: eleven, Reasons: map[int]release.Reason{90: {Err: errRefused}},
		}
		var said string
		second := release.Operation{
			Name: "second", Script: `printf '%s.' "${x-unset}" "$@"; [ "$1" != fail ] || exit 91`, Args: []string{"one", "two"},
			Reasons: map[int]release.Reason{91: {Err: other}}, Read: func(a release.Answer) error { said = string(a.Text); return nil },
		}
		both := release.Then(first, second)
		if err := release.Run(t.Context(), host, both); err != nil || said != "unset.one.two." {
			t.Errorf("%q, %v", said, err)
		}
		if text, err := os.ReadFile(filepath.Join(host.Home, "first")); err != nil || string(text) != strings.Join(eleven, ".")+"." {
			t.Errorf("%q, %v", text, err)
		}
		if err := os.WriteFile(filepath.Join(host.Home, "stop"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		said = ""
		err := release.Run(t.Context(), host, both)
		if !errors.Is(err, errRefused) || errors.Is(err, other) || said != "" {
			t.Errorf("the first fails: %v, %q", err, said)
		}
		again := first
		again.Args = append([]string{}, eleven...)
		again.Args[10] = t.TempDir()
		retried := first
		retried.Next = func(err error) (release.Operation, bool) { return again, errors.Is(err, errRefused) }
		if err := release.Do(t.Context(), host, release.Then(retried, second), 0); err != nil || said != "unset.one.two." {
			t.Errorf("what comes instead of the first: %q, %v", said, err)
		}
	})
	for name, c := range map[string]struct{ first, second, want release.Operation }{
		"nothing first":    {release.Operation{Name: "a"}, release.Operation{Name: "b", Script: ":"}, release.Operation{Name: "b", Script: ":"}},
		"nothing second":   {release.Operation{Name: "a", Script: ":"}, release.Operation{Name: "b"}, release.Operation{Name: "a", Script: ":"}},
		"the first not":    {release.Invalid("a", errRefused), release.Operation{Name: "b", Script: ":"}, release.Invalid("a", errRefused)},
		"the second not":   {release.Operation{Name: "a", Script: ":"}, release.Invalid("b", errRefused), release.Invalid("b", errRefused)},
		"two meanings":     {release.Operation{Name: "a", Script: ":", Reasons: reasons}, release.Operation{Script: ":", Reasons: reasons}, release.Operation{Name: "a"}},
		"two readers":      {release.Operation{Name: "a", Script: ":", Read: unread}, release.Operation{Script: ":", Read: unread}, release.Operation{Name: "a"}},
		"input for second": {release.Operation{Name: "a", Script: ":"}, release.Operation{Script: ":", Stdin: noInput}, release.Operation{Name: "a"}},
	} {
		got := release.Then(c.first, c.second)
		if got.Name != c.want.Name || got.Script != c.want.Script || c.want.Invalid != nil && !errors.Is(got.Invalid, c.want.Invalid) || c.want.Script == "" && got.Invalid == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Two operations as one command may print, and be silent, as much as the one of them that may more.
func TestBoundsOfThen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, second, want int64 }{
		"as usual":         {0, 0, transport.DefaultLimit},
		"one is small":     {0, 5, transport.DefaultLimit},
		"both are small":   {3, 5, 5},
		"one is large":     {9 * transport.DefaultLimit, 0, 9 * transport.DefaultLimit},
		"one has no bound": {9 * transport.DefaultLimit, transport.Unlimited, transport.Unlimited},
		"neither has one":  {transport.Unlimited, transport.Unlimited, transport.Unlimited},
	} {
		for _, pair := range [][2]int64{{c.first, c.second}, {c.second, c.first}} {
			got := release.Then(release.Operation{Name: "a", Script: ":", Limit: pair[0]}, release.Operation{Name: "b", Script: ":", Limit: pair[1]})
			if got.Limit != c.want {
				t.Errorf("%s, %v: %d, wanted %d", name, pair, got.Limit, c.want)
			}
		}
	}
	got := release.Then(release.Operation{Name: "a", Script: ":", Silence: transport.LongSilence}, release.Operation{Name: "b", Script: ":", Silence: transport.Unlimited})
	if got.Silence != transport.Unlimited {
		t.Errorf("silence: %v", got.Silence)
	}
}

// A first that falls through has no subshell; where it fails, the second is not done all the same, and what it set is no matter to the second.
func TestThenInOneShell(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		first := release.Operation{
			Name: "first", Script: "set -eu\ncd \"$1\"\nshift\n[ ! -e stop ]\necho done >>first", Args: []string{host.Home, "a b"},
			Falls: true,
		}
		var said string
		second := release.Operation{
			Name: "second", Script: "false\n: \"$unset\"\nprintf '%s.' \"$@\"", Args: []string{"one", "it's"},
			Read: func(a release.Answer) error { said = string(a.Text); return nil },
		}
		third := release.Operation{Name: "third", Script: "echo third >>first"}
		if err := release.Run(t.Context(), host, release.Then(first, release.Then(second, third))); err != nil || !strings.HasPrefix(said, "one.it's.") {
			t.Errorf("%q, %v", said, err)
		}
		if text, _ := os.ReadFile(filepath.Join(host.Home, "first")); string(text) != "done\nthird\n" {
			t.Errorf("%q", text)
		}
		middle := release.Operation{Name: "middle", Script: "set -u\nprintf '%s+' \"$1\"", Args: []string{"two"}, Read: second.Read, Falls: true}
		if err := release.Run(t.Context(), host, release.Then(release.Then(first, middle), third)); err != nil || said != "two+" {
			t.Errorf("%q, %v", said, err)
		}
		if text, _ := os.ReadFile(filepath.Join(host.Home, "first")); string(text) != "done\nthird\ndone\nthird\n" {
			t.Errorf("%q", text)
		}
		if err := os.WriteFile(filepath.Join(host.Home, "stop"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		said = ""
		if err := release.Run(t.Context(), host, release.Then(first, second)); err == nil || said != "" {
			t.Errorf("the first fails: %v, %q", err, said)
		}
	})
}

func unread(release.Answer) error { return nil }

func noInput() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }

// The first may take input and be read; what comes instead of the second, when it fails, comes alone.
func TestThenWithInput(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		said, fails := "", errors.New("the second fails")
		first := release.Operation{
			Name: "first", Script: `read -r line; echo "got $line"`, Read: func(a release.Answer) error { said = string(a.Text); return nil },
			Stdin: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("input\nof nobody\n")), nil },
		}
		second := release.Operation{Name: "second", Script: `cat; echo unread`}
		if err := release.Run(t.Context(), host, release.Then(first, second)); err != nil || said != "got input\n" {
			t.Errorf("%q, %v", said, err)
		}
		second = release.Operation{Name: "second", Script: `echo why >&2; exit 81`, Reasons: map[int]release.Reason{81: {Err: fails}}}
		err := release.Run(t.Context(), host, release.Then(first, second))
		if !errors.Is(err, fails) || !strings.Contains(err.Error(), "second: why") {
			t.Errorf("%v", err)
		}
		said = ""
		second.Next = func(err error) (release.Operation, bool) {
			return release.Operation{Name: "instead", Script: ":"}, errors.Is(err, fails)
		}
		if err := release.Do(t.Context(), host, release.Then(first, second), 0); err != nil || said != "" {
			t.Errorf("%q, %v", said, err)
		}
	})
}

// The first ends at what fails in it, as it does alone: `set -e` holds nothing where the status of a function is asked for in the same line.
func TestThenEndsWhereTheFirstFails(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		first := release.Operation{Name: "first", Script: `set -eu; (exit 7); echo on >"$1/on"`, Args: []string{host.Home}}
		second := release.Operation{Name: "second", Script: `echo second >"$1/second"`, Args: []string{host.Home}}
		err := release.Run(t.Context(), host, release.Then(first, release.Then(first, second)))
		var exit *transport.ExitError
		if !errors.As(err, &exit) || exit.Status != 7 {
			t.Errorf("%v", err)
		}
		for _, name := range []string{"on", "second"} {
			if _, err := os.Stat(filepath.Join(host.Home, name)); err == nil {
				t.Errorf("it went on to write %s", name)
			}
		}
	})
}

// The first may take long: whose lock is lost meanwhile does not begin with the second.
func TestThenAsksForTheLockInBetween(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Patch = func(script string) string {
			return `fence() { [ ! -e "$HOME/lost" ] || exit 79; }` + "\n" + script
		}
		first := release.Operation{Name: "first", Script: `echo lost >"$1/lost"`, Args: []string{host.Home}}
		second := release.Operation{Name: "second", Script: `echo second >"$1/second"`, Args: []string{host.Home}}
		err := release.Run(t.Context(), host, release.Then(first, second))
		var exit *transport.ExitError
		if !errors.As(err, &exit) || exit.Status != 79 {
			t.Errorf("%v", err)
		}
		if _, err := os.Stat(filepath.Join(host.Home, "second")); err == nil {
			t.Error("the second ran")
		}
	})
}
