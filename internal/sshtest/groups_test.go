package sshtest

import (
	"errors"
	"os/exec"
	"syscall"
	"testing"
)

// sleeper is a process in a group of its own.
func sleeper(t *testing.T) (pid int, ended chan error) {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd.Process.Pid, ended
}

// The number of a group that nobody is left in may be given to a stranger: a step of another test, say.
func TestGroupOfAStrangerIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]map[int]string{
		"another process had the number": {1 << 30: "12"},
		"the same number, started later": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stranger, ended := sleeper(t)
			if left == nil {
				left = map[int]string{stranger: "12"}
			}
			g := groups{alive: map[int]*group{stranger: {ended: true, left: left}}}
			g.signal(stranger, syscall.SIGINT)
			g.kill()
			if err := syscall.Kill(stranger, syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := <-ended; !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
				t.Errorf("it ended by another hand: %v", err)
			}
		})
	}
}

func TestGroupThatACommandLeftIsKilled(t *testing.T) {
	t.Parallel()
	left, ended := sleeper(t)
	g := groups{}
	g.add(left)
	g.leaderEnded(left) // the sleeper stands for what a command leaves in its group
	g.kill()
	if err := <-ended; err == nil {
		t.Error("it was left running")
	}
}
