//go:build linux

package sweep

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// attemptLimit is how long one attempt may take. Longer is a violation: every wait of a deployment here ends in seconds, but
// that for a lock whose owner died before it left its name, which lasts for a lease of 90 s.
const attemptLimit = 3 * time.Minute

// killed is the exit status of a runner that was killed.
const killed = -1

// runner is one process of the program under test.
type runner struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process is gone
	told  chan struct{} // closed when all that it printed was read

	mu  sync.Mutex
	log strings.Builder
}

// post is the action's post step, which is the program under another name.
const post = "post"

// startRunner starts the program in a folder. Each line that it prints is told to see before the next is read.
func startRunner(dir string, args, env []string, see func(operation) error) (*runner, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r := &runner{cmd: exec.Command(self, args...), ended: make(chan struct{}), told: make(chan struct{})}
	if args[0] == post {
		r.cmd.Args = []string{"slipway-post"}
	}
	r.cmd.Dir, r.cmd.Env = dir, env
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r.cmd.Stdout, r.cmd.Stderr = theirs, theirs
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	_ = theirs.Close()
	go func() {
		defer close(r.told)
		scanner := bufio.NewScanner(output)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			if strings.HasPrefix(scanner.Text(), "::add-mask::") {
				continue // some fifty lines before anything is contacted, and the only ones in which a secret belongs
			}
			r.mu.Lock()
			r.log.WriteString(scanner.Text() + "\n")
			r.mu.Unlock()
			_ = see(operation{place: "runner-line", kind: "line", what: scanner.Text()})
		}
	}()
	go func() {
		_ = r.cmd.Wait()
		close(r.ended)
		<-r.told
		_ = output.Close()
	}()
	return r, nil
}

// kill is SIGKILL, and waits until the process is gone.
func (r *runner) kill() {
	_ = r.cmd.Process.Kill()
	<-r.ended
}

// cancel asks the runner to end, as a CI does whose job is cancelled.
func (r *runner) cancel() { _ = r.cmd.Process.Signal(syscall.SIGTERM) }

// wait gives the exit code, or killed. A runner that hangs is made to say where.
func (r *runner) wait(ctx context.Context) (int, error) {
	timer := time.NewTimer(attemptLimit)
	defer timer.Stop()
	select {
	case <-r.ended:
		<-r.told
		if status, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return killed, nil
		}
		return r.cmd.ProcessState.ExitCode(), nil
	case <-timer.C:
		_ = r.cmd.Process.Signal(syscall.SIGQUIT) // the Go runtime prints all goroutines
		select {
		case <-r.ended:
		case <-time.After(5 * time.Second):
		}
		r.kill()
		return killed, fmt.Errorf("the attempt did not end within %v", attemptLimit)
	case <-ctx.Done():
		r.kill()
		return killed, ctx.Err()
	}
}

func (r *runner) output() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}
