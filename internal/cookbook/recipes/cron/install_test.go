//go:build cookbook

package cron_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// user is somebody whose crontab lies in a folder of the test: the script runs where that is mounted over the crontabs of the host.
type user struct {
	spool, home string
}

func newUser(t *testing.T) user {
	t.Helper()
	needtest.Programs(t, "crontab", "unshare")
	u := user{t.TempDir(), t.TempDir()}
	if out := u.run(t, []string{"dash"}, "crontab -l"); !strings.Contains(out.Out, "no crontab for") {
		needtest.Skip(t, "the crontab is not the test's own: "+out.Out)
	}
	return u
}

func (u user) run(t *testing.T, shell []string, script string, env ...string) shelltest.Outcome {
	t.Helper()
	inside := []string{"unshare", "--mount"}
	if os.Geteuid() != 0 {
		inside = []string{"sudo", "-n", "-E", "unshare", "--mount"}
	}
	inside = append(inside, "sh", "-c", `mount --bind "$1" /var/spool/cron/crontabs && shift && exec "$@"`, "sh", u.spool)
	return shelltest.Run(t, append(inside, shell...), t.TempDir(), script, append(env, "HOME="+u.home)...)
}

// site runs the recipe for an application at a deploy path, whose release holds a crontab.
func (u user) site(t *testing.T, shell []string, path, lines string, script func(*testing.T, string, map[string]string) string) shelltest.Outcome {
	t.Helper()
	release := t.TempDir()
	shelltest.Write(t, release, map[string]string{"deploy/crontab": lines})
	return u.run(t, shell, "cd '"+release+"'\n"+script(t, "cron/install", nil), "SLIPWAY_DEPLOY_PATH="+path, "SLIPWAY_CURRENT_PATH="+path+"/current",
		"SLIPWAY_SHARED_PATH="+path+"/shared", "SLIPWAY_ENVIRONMENT=production", "SLIPWAY_HOST=web1", "SLIPWAY_RELEASE_PATH="+release)
}

// TestInstall changes a crontab with Debian's own program.
func TestInstall(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		u := newUser(t)
		holds := func(what, want string) {
			t.Helper()
			out := u.run(t, shell, "crontab -l")
			if out.Out != want {
				t.Errorf("%s: the crontab is\n%s\nwant\n%s", what, out.Out, want)
			}
		}
		install := func(path, lines string) shelltest.Outcome { return u.site(t, shell, path, lines, recipetest.Rendered) }
		block := func(path, lines string) string {
			return "# slipway begins: " + path + "\n" + lines + "# slipway ends: " + path + "\n"
		}

		install("/srv/a", "# mail\r\n*/5 * * * * cd ${SLIPWAY_CURRENT_PATH} && bin/mail ${SLIPWAY_HOST} ${OTHER} >>${SLIPWAY_SHARED_PATH}/mail.log\n").Is(t, "the first", "")
		mail := block("/srv/a", "# mail\n*/5 * * * * cd /srv/a/current && bin/mail web1 ${OTHER} >>/srv/a/shared/mail.log\n")
		holds("the first", mail)
		install("/srv/a", "# mail\n*/5 * * * * cd ${SLIPWAY_CURRENT_PATH} && bin/mail ${SLIPWAY_HOST} ${OTHER} >>${SLIPWAY_SHARED_PATH}/mail.log\n").
			Is(t, "the first again", "slipway-note: the crontab has it already\n")

		// Other lines, and other applications, stay as they are. A % of a path is no end of the command.
		u.run(t, shell, "printf '%s\\n' 'MAILTO=ops' '# theirs' '@daily  backup \\%d' | crontab -").Is(t, "a person's", "")
		theirs := "MAILTO=ops\n# theirs\n@daily  backup \\%d\n"
		install("/srv/a", "@hourly x\n").Is(t, "beside theirs", "")
		install("/srv/b%20", "@hourly ${SLIPWAY_CURRENT_PATH}/y\n").Is(t, "another application", "")
		other := block("/srv/b%20", "@hourly /srv/b\\%20/current/y\n")
		holds("two applications", theirs+block("/srv/a", "@hourly x\n")+other)
		install("/srv/a", "@hourly z\n").Is(t, "the next release", "")
		holds("the next release", theirs+other+block("/srv/a", "@hourly z\n"))

		// What is refused changes nothing.
		before := theirs + other + block("/srv/a", "@hourly z\n")
		install("/srv/a", "@hourly /srv/a/releases/20260101/x\n").Expect(t, "a release", true, "deploy/crontab names a release")
		install("/srv/a", "# slipway ends: /srv/a\n@hourly x\n").Expect(t, "a mark", true, "has the lines that mark the block")
		if shell[0] == "dash" { // BusyBox takes its own crontab, which judges nothing
			install("/srv/a", "61 * * * * x\n").Expect(t, "no such minute", true, "crontab does not take it; it is as it was")
		}
		u.run(t, shell, recipetest.Rendered(t, "cron/install", map[string]string{"file": "none"}), "SLIPWAY_DEPLOY_PATH=/srv/a").
			Expect(t, "no file", true, "there is no none in the release")
		holds("refused", before)
		u.site(t, shell, "/srv/a", "", recipetest.Logging).Is(t, "log", block("/srv/a", "@hourly z\n"))

		// Without a job there is no block.
		install("/srv/a", "# nothing now\n").Is(t, "no job", "")
		holds("no job", theirs+other)
		u.site(t, shell, "/srv/b%20", "", recipetest.Stopping).Is(t, "stop", "")
		holds("stop", theirs)
		u.site(t, shell, "/srv/b%20", "", recipetest.Stopping).Is(t, "stop again", "slipway-note: the crontab has it already\n")

		// A block that a person broke is left to people.
		u.run(t, shell, "printf '%s\\n' '# slipway begins: /srv/a' '@daily precious' | crontab -").Is(t, "broken", "")
		install("/srv/a", "@hourly x\n").Expect(t, "a broken block", true, "do not stand once and in this order")
		holds("a broken block", "# slipway begins: /srv/a\n@daily precious\n")
		if left, err := os.ReadDir(u.home); err != nil || len(left) != 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	})
}

// TestUnreadable: a crontab that cannot be read is not taken for an empty one.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	shell, tools := []string{"dash"}, t.TempDir()
	shelltest.Write(t, tools, map[string]string{"crontab": "#!/bin/sh\necho \"$*\" >>\"${0%/*}/asked\"\necho 'You (deploy) are not allowed to use this program (crontab)' >&2\nexit 1\n"})
	if err := os.Chmod(filepath.Join(tools, "crontab"), 0o700); err != nil {
		t.Fatal(err)
	}
	shelltest.Write(t, tools, map[string]string{"deploy/crontab": "@hourly x\n"})
	got := shelltest.Run(t, shell, tools, recipetest.Rendered(t, "cron/install", nil), "PATH="+tools+":/usr/bin:/bin", "SLIPWAY_DEPLOY_PATH=/srv/a")
	got.Expect(t, "not allowed", true, "You (deploy) are not allowed")
	got.Expect(t, "not allowed", true, "cannot be read; it is as it was")
	if text, err := os.ReadFile(filepath.Join(tools, "asked")); err != nil || string(text) != "-l\n" {
		t.Errorf("it was asked %q, %v", text, err)
	}
}

// TestAtOnce: several applications of one user are deployed at the same time, and one run died before.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	if err := os.Symlink("999999999", filepath.Join(u.home, ".slipway-crontab")); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	paths := []string{"/srv/a", "/srv/b", "/srv/c", "/srv/d"}
	for i, path := range paths {
		all.Go(func() {
			u.site(t, shelltest.Shells[i%2], path, "@hourly "+path+"\n", recipetest.Rendered).Is(t, path, "")
		})
	}
	all.Wait()
	out := u.run(t, []string{"dash"}, "crontab -l")
	for _, path := range paths {
		if strings.Count(out.Out, "@hourly "+path+"\n") != 1 {
			t.Errorf("%s is lost:\n%s", path, out.Out)
		}
	}
}
