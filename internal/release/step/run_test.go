package step_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/secret"
)

const (
	deployment = deploy.DeploymentID("412-deploy-abc")
	releaseID  = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// instance is a step on a host that has the release's folder.
func instance(t testing.TB, host *releasetest.Host, script string) step.Instance {
	t.Helper()
	if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{})); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(host.Site.Release(releaseID), 0o755); err != nil {
		t.Fatal(err)
	}
	return step.Instance{
		Deployment: deployment,
		Release:    releaseID,
		Step:       deploy.Step{Name: "Do: a thing!", Phase: deploy.Prepare, Number: 2, Run: script, Shell: "sh -eu", Timeout: time.Minute},
		Try:        1,
	}
}

// run gives a step's status and its lines.
func run(t *testing.T, host *releasetest.Host, inst step.Instance) (step.Status, []string) {
	t.Helper()
	var lines []string
	status, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, func(line string) { lines = append(lines, line) })
	if err != nil {
		t.Fatal(err)
	}
	return status, lines
}

func TestStatusAndOutput(t *testing.T) {
	for _, test := range []struct {
		name, script string
		shell        string
		status       string
		lines        []string
	}{
		{name: "success", script: "echo one; echo two >&2", status: "exit 0", lines: []string{"one", "two"}},
		{name: "nothing", script: ":", status: "exit 0"},
		{name: "exit 3", script: "echo so; exit 3", status: "exit 3", lines: []string{"so"}},
		{name: "errexit", script: "false; echo never", status: "exit 1"},
		{name: "nounset", script: `unset X; (exec 2>/dev/null; echo "$X") || exit 9; echo never`, status: "exit 9"},
		{name: "last line without an end", script: "printf 'a\\nb'", status: "exit 0", lines: []string{"a", "b"}},
		{name: "empty lines", script: "printf '\\n\\na\\n\\n'", status: "exit 0", lines: []string{"", "", "a", ""}},
		{name: "carriage return and NUL", script: "printf 'a\\r\\nb\\000c\\n'", status: "exit 0", lines: []string{"a\r", "b\x00c"}},
		{name: "killed", script: "kill -TERM $$", status: "killed by TERM"},
		{name: "killed hard", script: "kill -9 $$", status: "killed by KILL"},
		{name: "no such interpreter", script: ":", shell: "no-such-shell -x", status: "exit 127"},
		{name: "standard input is empty", script: "cat; echo read", status: "exit 0", lines: []string{"read"}},
		{
			name: "own session", script: `read -r s </proc/$$/stat; s=${s##*) }; set -- $s; test "$4" = "$$" && echo leader`,
			status: "exit 0", lines: []string{"leader"},
		},
		{name: "descriptors", script: `for f in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$f ] || readlink /proc/$$/fd/$f; done`, status: "exit 0"},
		{name: "umask", script: "umask", status: "exit 0", lines: []string{"0022"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				inst := instance(t, host, test.script)
				inst.Step.Vars = map[string]string{"PATH": host.Path}
				if test.shell != "" {
					inst.Step.Shell = test.shell
				}
				status, lines := run(t, host, inst)
				if test.name == "no such interpreter" {
					lines = nil // in the words of whoever did not find it
				}
				if status.String() != test.status || !slices.Equal(lines, test.lines) {
					t.Errorf("got %s and %q, want %s and %q", status, lines, test.status, test.lines)
				}
				if status.OK() != (test.status == "exit 0") {
					t.Errorf("OK() of %s is %t", status, status.OK())
				}
			})
		})
	}
}

func TestLongOutput(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, `head -c 1048577 /dev/zero | tr '\0' x; echo; i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i + 1)); done`)
		status, lines := run(t, host, inst)
		if !status.OK() {
			t.Fatal(status)
		}
		pieces := len(lines) - 20000
		if text := strings.Join(lines[:pieces], ""); len(text) != 1048577 || strings.Trim(text, "x") != "" {
			t.Errorf("the long line came as %d bytes in %d pieces", len(text), pieces)
		}
		for _, piece := range lines[:pieces] {
			if len(piece) > 64<<10 {
				t.Errorf("a piece of %d bytes", len(piece))
			}
		}
		if lines[pieces] != "line 0" || lines[len(lines)-1] != "line 19999" {
			t.Errorf("lines from %q to %q", lines[pieces], lines[len(lines)-1])
		}
		log, err := os.ReadFile(filepath.Join(host.Site.Root, inst.Folder(), "log"))
		if err != nil || strings.Join(lines[pieces:], "\n")+"\n" != string(log[1048578:]) {
			t.Errorf("the log on the host differs from what was followed (%v)", err)
		}
	})
}

func TestEnvironment(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Env = append(host.Env, "LEAKED=from the log-in", "LC_ALL=en_US.UTF-8", "ODD%%NAME=x")
		values := map[string]string{
			"PLAIN": "value", "QUOTES": `it's "so" \ done`, "LINES": "one\ntwo\n\n", "DOLLAR": "$HOME `id` $(id) ${X}", "EMPTY": "",
			"SPACES": "  a  b  ", "GLOB": "*", "BYTES": "\xff\xfe",
		}
		inst := instance(t, host, `env -0 | sort -z | tr '\0' '\001'`)
		inst.Vars = map[string]string{"SLIPWAY_RELEASE": string(releaseID), "PLAIN": "of the host"}
		inst.Step.Vars = values
		inst.Secrets = map[string]secret.Secret{"TOKEN": secret.New("s3cr3t'\n$x"), "SLIPWAY_RELEASE": secret.New("no")}
		want := map[string]string{
			"HOME": host.Home, "USER": "deploy", "LOGNAME": "deploy", "SHELL": "/bin/sh", "LANG": "C.UTF-8",
			"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TOKEN": "s3cr3t'\n$x",
			"SLIPWAY_RELEASE": string(releaseID), "PWD": host.Site.Release(releaseID),
		}
		for name, value := range values {
			want[name] = value
		}
		status, lines := run(t, host, inst)
		got := map[string]string{}
		for _, entry := range strings.Split(strings.TrimSuffix(strings.Join(lines, "\n"), "\x01"), "\x01") {
			name, value, _ := strings.Cut(entry, "=")
			got[name] = value
		}
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s is %q, want %q", name, got[name], value)
			}
			delete(got, name)
		}
		delete(got, "_") // bash's own
		delete(got, "SHLVL")
		if !status.OK() || len(got) > 0 {
			t.Errorf("%s, and beside what was wanted %q", status, got)
		}
	})
}

func TestEnvironmentRefuses(t *testing.T) {
	host := releasetest.NewHost(t, "dash")
	for name, value := range map[string]string{"A-B": "x", "1A": "x", "": "x", "A": "x\x00y", "A=B": "x", "A;id": "x"} {
		inst := instance(t, host, ":")
		inst.Vars = map[string]string{name: value}
		if _, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, nil); err == nil {
			t.Errorf("%q=%q was taken", name, value)
		}
	}
}

// A secret must not be seen by other users: not in an argument list of any process, nor in a file.
func TestSecretIsNowhere(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		const value = "hunter2-is-not-here"
		inst := instance(t, host, `for f in /proc/[0-9]*/cmdline; do tr '\0' ' ' <"$f" 2>/dev/null || :; echo; done; echo "length ${#TOKEN}"`)
		inst.Secrets = map[string]secret.Secret{"TOKEN": secret.New(value)}
		status, lines := run(t, host, inst)
		if !status.OK() || !slices.Contains(lines, "length 19") {
			t.Fatal(status, lines)
		}
		if strings.Contains(strings.Join(lines, "\n"), value) {
			t.Error("an argument list has the secret")
		}
		if !strings.Contains(strings.Join(lines, "\n"), "sh -s -- "+host.Site.Root) {
			t.Error("the test does not see the wrapper's argument list")
		}
		err := filepath.WalkDir(host.Site.Root, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if strings.Contains(string(content), value) {
				t.Errorf("%s has the secret", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestDirectory(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "pwd")
		if err := os.MkdirAll(filepath.Join(host.Site.Release(releaseID), "sub dir"), 0o755); err != nil {
			t.Fatal(err)
		}
		for dir, want := range map[string]string{
			"": host.Site.Release(releaseID), "sub dir": host.Site.Release(releaseID) + "/sub dir", host.Home: host.Home,
		} {
			inst.Step.Dir = dir
			inst.Step.Number++
			if status, lines := run(t, host, inst); !status.OK() || !slices.Equal(lines, []string{want}) {
				t.Errorf("in %q: %s %q", dir, status, lines)
			}
		}
		inst.Step.Dir = "missing"
		inst.Step.Number++
		if status, lines := run(t, host, inst); status.Exit != 126 || !strings.Contains(strings.Join(lines, ""), "missing") {
			t.Errorf("in a missing folder: %s %q", status, lines)
		}
	})
}
