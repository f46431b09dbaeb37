//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/ci/citest"
)

// Use is a use of the action under way.
type Use struct {
	Container string

	name   string // of the report
	runner string // the folder whose parts the runner mounts
	cmd    *exec.Cmd
	log    *printed
	end    chan error
}

// Outcome is what the runner sees of a use of the action.
type Outcome struct {
	Exit    int
	Log     citest.Log
	Raw     string            // the log as it was printed
	Outputs map[string]string // of the step
	Summary string            // Markdown
}

// Start runs the built image the way the runner runs a Docker action: its mounts, its environment, no shell around it
// (actions/runner, ContainerOperationProvider.cs and ContainerActionHandler.cs). The log, the summary and the outputs
// stay in the report of that name.
func (a Action) Start(ctx context.Context, t *testing.T, name string) *Use {
	t.Helper()
	u := &Use{
		Container: fmt.Sprintf("slipway-e2e-%d-use-%s", os.Getpid(), name), name: name,
		runner: t.TempDir(), log: newPrinted(), end: make(chan error, 1),
	}
	args := []string{"run", "--rm", "--name", u.Container, "--workdir", "/github/workspace", "--network", a.Network}
	for _, name := range a.Names {
		args = append(args, "--add-host", name)
	}
	if a.Post {
		args = append(args, "--entrypoint", "/usr/local/bin/slipway-post")
	}
	for _, mount := range []string{"home", "workflow", "file_commands", "runner_temp"} {
		dir := filepath.Join(u.runner, mount)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--volume", dir+":/github/"+mount)
	}
	args = append(args, "--volume", a.Workspace+":/github/workspace", "--volume", "/var/run/docker.sock:/var/run/docker.sock")
	write(t, filepath.Join(u.runner, "workflow", "event.json"), "{}")

	env := a.environment(t)
	for _, file := range []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH"} {
		write(t, filepath.Join(u.runner, "file_commands", file), "")
		env[file] = "/github/file_commands/" + file
	}
	u.cmd = exec.CommandContext(ctx, "docker")
	u.cmd.Env = os.Environ()
	for _, key := range slices.Sorted(maps.Keys(env)) {
		args = append(args, "--env", key)
		u.cmd.Env = append(u.cmd.Env, key+"="+env[key])
	}
	u.cmd.Args = append(append(u.cmd.Args, args...), cmp.Or(a.Image, actionImage))
	u.cmd.Cancel = u.Interrupt
	u.cmd.WaitDelay = 20 * time.Second
	u.cmd.Stdout, u.cmd.Stderr = u.log, u.log
	if err := u.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		u.end <- u.cmd.Wait()
		u.log.close()
	}()
	return u
}

// Interrupt reaches the program in the container, as a cancelled job does.
func (u *Use) Interrupt() error { return u.cmd.Process.Signal(os.Interrupt) }

// Wait waits for the end.
func (u *Use) Wait(t *testing.T) Outcome {
	t.Helper()
	var exit *exec.ExitError
	if err := <-u.end; err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	out := u.log.all()
	outcome := Outcome{
		Exit:    u.cmd.ProcessState.ExitCode(),
		Log:     citest.ReadLog([]byte(out)),
		Raw:     out,
		Outputs: map[string]string{},
		Summary: read(t, filepath.Join(u.runner, "file_commands", "GITHUB_STEP_SUMMARY")),
	}
	outputs := read(t, filepath.Join(u.runner, "file_commands", "GITHUB_OUTPUT"))
	dir := report(t, u.name)
	write(t, filepath.Join(dir, "log.txt"), outcome.Raw)
	write(t, filepath.Join(dir, "summary.md"), outcome.Summary)
	write(t, filepath.Join(dir, "outputs.txt"), outputs)
	pairs, err := citest.ReadFile([]byte(outputs))
	if err != nil {
		t.Errorf("the outputs file: %v\n%s", err, outputs)
	}
	for _, pair := range pairs {
		outcome.Outputs[pair.Name] = pair.Value
	}
	return outcome
}

// printed is a log that can be waited on while it is written.
type printed struct {
	mu    sync.Mutex
	text  bytes.Buffer
	ended bool
	more  chan struct{} // closed when there is more, or nothing more to come
}

func newPrinted() *printed { return &printed{more: make(chan struct{})} }

func (p *printed) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(text)
	p.tell()
	return len(text), nil
}

func (p *printed) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.tell()
}

func (p *printed) tell() {
	close(p.more)
	p.more = make(chan struct{})
}

func (p *printed) all() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// untilEnd waits until nothing more comes.
func (p *printed) untilEnd(ctx context.Context) {
	for {
		p.mu.Lock()
		ended, more := p.ended, p.more
		p.mu.Unlock()
		if ended {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			return
		}
	}
}

// until waits until the log has a text; it is false when the log ended, or ctx did, without it.
func (p *printed) until(ctx context.Context, text string) bool {
	for {
		p.mu.Lock()
		has, ended, more := strings.Contains(p.text.String(), text), p.ended, p.more
		p.mu.Unlock()
		if has || ended {
			return has
		}
		select {
		case <-more:
		case <-ctx.Done():
			return false
		}
	}
}
