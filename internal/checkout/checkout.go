// Package checkout asks the git checkout on this machine about commits.
//
// It runs git, which reads and fetches nothing. The package must not know whose commits they are, or what for they are asked.
package checkout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Checkout is the git checkout that a folder lies in.
type Checkout struct {
	Dir       string
	LookupEnv func(string) (string, bool)
}

// Reasons why nothing can be told.
var (
	errNoGit  = errors.New("git is not installed here")
	errNone   = errors.New("there is no git checkout here")
	errCut    = errors.New("the git checkout here is shallow: `git fetch --unshallow` brings its history")
	errAnswer = errors.New("git gave an answer that is not understood")
)

// Differ counts the commits that the history of one has and that of another has not, and the other way round. Both must be in the
// checkout, with all that came before them.
func (c Checkout) Differ(ctx context.Context, one, other string) (only, missing int, err error) {
	shallow, err := c.git(ctx, "rev-parse", "--is-shallow-repository")
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed) && ctx.Err() == nil:
		return 0, 0, because(errNone, failed)
	case err != nil:
		return 0, 0, err
	case shallow == "true":
		return 0, 0, errCut
	}
	for _, name := range []string{one, other} {
		found := ""
		if isCommit(name) {
			found, err = c.git(ctx, "rev-parse", "--verify", "--quiet", name+"^{commit}")
		}
		switch {
		case ctx.Err() != nil:
			return 0, 0, err
		case err != nil || !strings.HasPrefix(found, name): // a branch may be called like the digits of a commit
			return 0, 0, fmt.Errorf("the git checkout here lacks %.7s: `git fetch` may bring it", name)
		}
	}
	counted, err := c.git(ctx, "rev-list", "--count", "--left-right", one+"..."+other)
	if err != nil {
		return 0, 0, err
	}
	if _, err := fmt.Sscanf(counted, "%d\t%d", &only, &missing); err != nil {
		return 0, 0, errAnswer
	}
	return only, missing, nil
}

// isCommit reports whether a text is the hash of a commit, or its first digits. Hosts say which: nothing else goes to git.
func isCommit(text string) bool {
	return len(text) >= 7 && strings.Trim(text, "0123456789abcdef") == ""
}

// because is a reason with what git said, where that is another than that there is no repository.
func because(reason error, failed *exec.ExitError) error {
	said, _, _ := strings.Cut(strings.TrimPrefix(string(failed.Stderr), "fatal: "), "\n")
	if said == "" || strings.HasPrefix(said, "not a git repository") {
		return reason
	}
	return fmt.Errorf("git does not read the checkout here: %.200s", said)
}

// git is what git prints, less the line's end. It sees nothing of this process's environment, which may hold secrets, but for where
// programs and its own settings are; it asks nobody and fetches nothing.
func (c Checkout) git(ctx context.Context, args ...string) (string, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return "", errNoGit
	}
	cmd := exec.CommandContext(ctx, program, append([]string{"-C", c.Dir}, args...)...)
	cmd.Env = []string{"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0"}
	for _, name := range []string{"PATH", "HOME", "XDG_CONFIG_HOME"} {
		if value, set := c.LookupEnv(name); set {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	return string(bytes.TrimRight(out, "\n")), err
}
