package step_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/secret"
)

// Variables that mean something to a shell or to the loader reach the step as they are, and disturb nothing on the way there.
func TestVariablesOfTheShell(t *testing.T) {
	for name, values := range map[string]map[string]string{
		"PATH": {"PATH": "/nonexistent"}, "LD_PRELOAD": {"LD_PRELOAD": "/nonexistent.so"},
		"all others": {
			"HOME": "/nonexistent", "IFS": "/e", "ENV": "/nonexistent", "BASH_ENV": "/nonexistent", "CDPATH": "/tmp", "PWD": "/nonexistent", "OLDPWD": "/x",
			"PS4": "$(false)", "LC_ALL": "C", "TMPDIR": "/nonexistent", "POSIXLY_CORRECT": "1", "LANG": "", "SHELL": "/bin/false", "USER": "other",
			"folder": "x", "shell": "x", "program": "x", "detach": "x", "mask": "x", "dir": "x", "script": "x",
		},
	} {
		for _, kind := range []string{"variable", "secret"} {
			t.Run(kind+" "+name, func(t *testing.T) {
				releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
					// What a shell has from its parent; where it finds no program it says so itself.
					inst := instance(t, host, `tr '\0' '\n' </proc/$$/environ`)
					if len(values) == 1 {
						inst.Step.Run = `echo "` + name + `=${` + name + `}"`
					}
					inst.Step.Vars, inst.Secrets = values, nil
					if kind == "secret" {
						inst.Step.Vars, inst.Secrets = nil, map[string]secret.Secret{}
						for name, value := range values {
							inst.Secrets[name] = secret.New(value)
						}
					}
					status, lines := run(t, host, inst)
					for name, value := range values {
						if !status.OK() || !slices.Contains(lines, name+"="+value) {
							t.Errorf("%s of %s: %q", status, name, lines)
						}
					}
				})
			})
		}
	}
}

// A step's own PATH says which interpreter runs it.
func TestInterpreterOfTheStep(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo never")
		own := host.Site.Root + "/bin/own"
		if err := errors.Join(os.MkdirAll(filepath.Dir(own), 0o755), os.WriteFile(own, []byte("#!"+host.Shell+"\necho own \"$1\"\n"), 0o755)); err != nil {
			t.Fatal(err)
		}
		inst.Step.Shell, inst.Step.Vars = "own -x", map[string]string{"PATH": host.Site.Root + "/bin"}
		if status, lines := run(t, host, inst); !status.OK() || strings.Join(lines, " ") != "own -x" {
			t.Errorf("%s %q", status, lines)
		}
	})
}

// Names that a shell keeps for itself cannot be set on the way to a step.
func TestNamesThatShellsKeep(t *testing.T) {
	for _, name := range []string{"UID", "LINENO", "GROUPS", "OPTIND", "_", "a b", "1A", ""} {
		host := releasetest.NewHost(t, "dash")
		inst := instance(t, host, ":")
		inst.Step.Vars = map[string]string{name: "1"}
		if _, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, nil); err == nil || !strings.Contains(err.Error(), "variable") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// The shells of this machine agree with the list: of all the variables that any of them knows, those that a program does not
// get with the value that was exported are refused.
func TestVariablesThatShellsKnow(t *testing.T) {
	bash := needtest.Program(t, "bash")
	shells := [][]string{{needtest.Program(t, "dash")}, {needtest.Program(t, "busybox"), "ash"}, {bash}, {bash, "--posix"}}
	known, err := exec.Command(bash, "-c", "compgen -v").Output()
	if err != nil {
		t.Fatal(err)
	}
	env := needtest.Program(t, "env")
	names := append(strings.Fields(string(known)), "_", "LINENO", "OPTIND", "OPTARG", "RANDOM", "SRANDOM", "BASHPID", "FUNCNAME", "BASH_ARGV", "LD_LIBRARY_PATH", "TMOUT")
	for _, name := range names {
		taken := ""
		for _, shell := range shells {
			script := "environment() {\nexport " + name + "='2 b'\n}\nenvironment\nexec " + env
			out, _ := exec.Command(shell[0], append(slices.Clone(shell[1:]), "-c", script)...).Output() // one that refuses the name fails
			if !strings.Contains("\n"+string(out), "\n"+name+"=2 b\n") {
				taken = strings.Join(shell, " ")
			}
		}
		if taken != "" && !deploy.ShellVariable(name) {
			t.Errorf("%s does not set %s", taken, name)
		}
	}
}
