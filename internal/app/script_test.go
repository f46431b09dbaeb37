package app_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/slipway/slipway/internal/app"
	"github.com/slipway/slipway/internal/sshtest"
)

// The scripts of testdata use the program as a person or a CI job does. Each begins with the case that it guards.
func TestScripts(t *testing.T) {
	t.Parallel()
	runScripts(t, "testdata")
}

func runScripts(t *testing.T, folder string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir:                 folder,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds:                hostCommands,
	})
}

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "6") // scripts wait more than they compute; -parallel says otherwise
	program := func() {
		env := app.FromOS()
		env.Lease, _ = time.ParseDuration(os.Getenv("TEST_LEASE"))
		if verifier := os.Getenv("TEST_VERIFIER"); verifier != "" {
			env.Verifier = verifier
		}
		ctx, stop := app.UntilSignal(context.Background())
		code := app.Main(ctx, env)
		stop()
		if path := os.Getenv("TEST_PEAK"); path != "" {
			_ = os.WriteFile(path, []byte(peakResident()), 0o600)
		}
		os.Exit(code)
	}
	testscript.Main(m, map[string]func(){"slipway": program, "slipway-post": program})
}

// setup gives each script a key to log in with, another that no host knows, and nothing of the caller's environment that means anything to Slipway.
func setup(env *testscript.Env) error {
	key, authorized := sshtest.ClientKey()
	env.Values["authorized"] = authorized
	env.Values["t"] = env.T()
	env.Values["ci"] = &ciState{}
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("TMPDIR", env.WorkDir)
	env.Setenv("KEY", key.Reveal())
	env.Setenv("LF", "\n")
	other, _ := sshtest.ClientKey()
	return errors.Join(
		os.WriteFile(filepath.Join(env.WorkDir, "key"), []byte(key.Reveal()), 0o600),
		os.WriteFile(filepath.Join(env.WorkDir, "other_key"), []byte(other.Reveal()), 0o600),
	)
}

// peakResident is VmHWM of proc(5): the most memory that this process had so far, in bytes.
func peakResident() string {
	text, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kib, _ := strconv.ParseInt(append(strings.Fields(rest), "0")[0], 10, 64)
	return strconv.FormatInt(kib<<10, 10)
}
