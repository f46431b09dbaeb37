package checkout_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/checkout"
	"github.com/slipway/slipway/internal/needtest"
)

// repository is a new one, and what runs git in it.
func repository(t *testing.T) (dir string, git func(args ...string) string) {
	t.Helper()
	program, dir := needtest.Program(t, "git"), t.TempDir()
	git = func(args ...string) string {
		t.Helper()
		cmd := exec.Command(program, append([]string{"-C", dir, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	return dir, git
}

// commits makes so many commits, and gives the last.
func commits(git func(...string) string, n int) string {
	for range n {
		git("commit", "-q", "--allow-empty", "-m", rand.Text()) // else two of one second may be one
	}
	return git("rev-parse", "HEAD")
}

func at(dir string) checkout.Checkout {
	return checkout.Checkout{Dir: dir, LookupEnv: os.LookupEnv}
}

func TestDiffer(t *testing.T) {
	t.Parallel()
	dir, git := repository(t)
	first := commits(git, 1)
	ahead := commits(git, 3)
	git("checkout", "-q", "-b", "other", first)
	aside := commits(git, 2)
	inside := filepath.Join(dir, "deploy")
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		one, other    string
		only, missing int
	}{
		"behind":     {ahead, first, 3, 0},
		"ahead":      {first[:7], ahead, 0, 3},
		"diverged":   {ahead, aside[:10], 3, 2},
		"themselves": {ahead, ahead[:7], 0, 0},
	} {
		only, missing, err := at(inside).Differ(t.Context(), test.one, test.other)
		if err != nil || only != test.only || missing != test.missing {
			t.Errorf("%s: %d, %d, %v", name, only, missing, err)
		}
	}
}

// What the checkout cannot tell is said, with what helps.
func TestDifferUnknown(t *testing.T) {
	t.Parallel()
	dir, git := repository(t)
	first := commits(git, 1)
	last := commits(git, 2)
	git("branch", "abcdef0", first)
	shallow := filepath.Join(t.TempDir(), "shallow")
	git("clone", "-q", "--depth", "1", "file://"+dir, shallow)
	over, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("no answer within 10s"))
	for name, test := range map[string]struct {
		ctx        context.Context
		dir, other string
		want       string
	}{
		"no checkout":            {t.Context(), t.TempDir(), first, "there is no git checkout here"},
		"lacks one":              {t.Context(), dir, "0123456789", "the git checkout here lacks 0123456: `git fetch` may bring it"},
		"a branch, no commit":    {t.Context(), dir, "abcdef0", "the git checkout here lacks abcdef0"},
		"an option, from a host": {t.Context(), dir, "--all", "the git checkout here lacks --all"},
		"shallow":                {t.Context(), shallow, first, "the git checkout here is shallow: `git fetch --unshallow` brings its history"},
		"no time":                {over, dir, first, "no answer within 10s"},
	} {
		if _, _, err := at(test.dir).Differ(test.ctx, last, test.other); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// git sees nothing of the environment but what it needs: it holds secrets.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	dir, git := repository(t)
	last := commits(git, 1)
	asked := map[string]bool{}
	c := checkout.Checkout{Dir: dir, LookupEnv: func(name string) (string, bool) {
		asked[name] = true
		return os.LookupEnv(name)
	}}
	if _, _, err := c.Differ(t.Context(), last, last); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 3 || !asked["PATH"] || !asked["HOME"] || !asked["XDG_CONFIG_HOME"] {
		t.Errorf("asked for %v", asked)
	}
}
