package sshtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// session serves one session channel: environment variables, one command, signals. There are no terminals.
func (s *Server) session(server *ssh.ServerConn, ch ssh.Channel, requests <-chan *ssh.Request) {
	defer ch.Close()
	var process *command
	var env []string
	var ended chan struct{} // nil until a command runs
	for {
		select {
		case <-ended:
			// What is still asked of a session whose command has ended is answered while the channel closes.
			s.running.Go(func() { ssh.DiscardRequests(requests) })
			return
		case request, open := <-requests:
			if !open {
				if process != nil {
					process.hangUp()
					<-ended
				}
				return
			}
			ok := false
			switch request.Type {
			case "env":
				var payload struct{ Name, Value string }
				ok = ssh.Unmarshal(request.Payload, &payload) == nil && process == nil
				env = append(env, payload.Name+"="+payload.Value)
			case "exec":
				var payload struct{ Command string }
				if process != nil || ssh.Unmarshal(request.Payload, &payload) != nil {
					break
				}
				if err := s.options.Before(Operation{Kind: Exec, Detail: payload.Command}); err != nil {
					if !errors.Is(err, ErrRefuse) {
						_ = server.Close()
					}
					break
				}
				started, err := s.start(server, ch, payload.Command, env)
				if err == nil {
					ok, process, ended = true, started, make(chan struct{})
					s.running.Go(func() { s.wait(process, ch); close(ended) })
				}
			case "signal":
				var payload struct{ Name string }
				if process != nil && ssh.Unmarshal(request.Payload, &payload) == nil {
					process.signal(payload.Name)
					ok = true
				}
			}
			if request.WantReply {
				_ = request.Reply(ok, nil)
			}
		}
	}
}

// command is a running command and what is between it and its channel.
type command struct {
	cmd            *exec.Cmd
	groups         *groups  // that its own is one of
	stdin          *os.File // our ends of its pipes
	stdout, stderr *os.File
	output         sync.WaitGroup // the copying of both outputs
	talk           dialogue
}

// start runs a command line with the login shell, as the leader of a session and process group of its own.
func (s *Server) start(server *ssh.ServerConn, ch ssh.Channel, line string, env []string) (*command, error) {
	connection := connectionVariable(server)
	cmd := exec.Command(s.options.Shell, "-c", line)
	cmd.Dir = s.options.Root
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Env = append([]string{
		"HOME=" + s.options.Root, "USER=" + s.options.User, "LOGNAME=" + s.options.User, "SHELL=" + s.options.Shell,
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"SSH_CONNECTION=" + connection, "SSH_CLIENT=" + clientVariable(connection),
	}, append(s.options.Env, env...)...)
	c := &command{cmd: cmd, groups: &s.groups}
	c.talk.answered.Store(true) // the first input is an operation
	var theirs []*os.File
	defer func() {
		for _, file := range theirs {
			_ = file.Close()
		}
	}()
	pipes := make([]*os.File, 0, 6)
	for range 3 {
		r, w, err := os.Pipe()
		if err != nil {
			theirs = pipes // all of them
			return nil, err
		}
		pipes = append(pipes, r, w)
	}
	cmd.Stdin, c.stdin = pipes[0], pipes[1]
	c.stdout, cmd.Stdout = pipes[2], pipes[3]
	c.stderr, cmd.Stderr = pipes[4], pipes[5]
	if err := cmd.Start(); err != nil {
		theirs = pipes
		return nil, err
	}
	theirs = []*os.File{pipes[0], pipes[3], pipes[5]}
	s.running.Go(func() { s.feed(server, ch, c) })
	c.output.Go(func() { _, _ = io.Copy(ch, answers{c.stdout, &c.talk}) })
	c.output.Go(func() { _, _ = io.Copy(ch.Stderr(), answers{c.stderr, &c.talk}) })
	s.groups.add(cmd.Process.Pid)
	return c, nil
}

// wait reports how the command ended at once, then waits until nobody holds its outputs any more, as sshd does: a
// process left behind keeps the channel open.
func (s *Server) wait(c *command, ch ssh.Channel) {
	stopped := context.AfterFunc(s.ctx, c.hangUp)
	defer stopped()
	err := c.cmd.Wait()
	s.groups.leaderEnded(c.cmd.Process.Pid)
	var exit *exec.ExitError
	status, ok := syscall.WaitStatus(0), true
	if errors.As(err, &exit) {
		status, ok = exit.Sys().(syscall.WaitStatus)
	}
	switch {
	case !ok || (err != nil && exit == nil):
		_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{255}))
	case status.Signaled():
		_, _ = ch.SendRequest("exit-signal", false, ssh.Marshal(struct {
			Signal     string
			CoreDumped bool
			Message    string
			Language   string
		}{signalName(status.Signal()), status.CoreDump(), "", ""}))
	default:
		_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status.ExitStatus())}))
	}
	c.output.Wait()
	c.hangUp()
	_ = ch.CloseWrite()
}

// hangUp closes our ends of the pipes: the command reads the end of its input, and SIGPIPE ends it when it writes.
func (c *command) hangUp() {
	_ = c.stdin.Close()
	_ = c.stdout.Close()
	_ = c.stderr.Close()
}

func (c *command) signal(name string) {
	if number, ok := signals[name]; ok {
		c.groups.signal(c.cmd.Process.Pid, number)
	}
}

func (c *command) kill() { c.signal("KILL") }

// signals are those of RFC 4254, 6.10.
var signals = map[string]syscall.Signal{
	"ABRT": syscall.SIGABRT, "ALRM": syscall.SIGALRM, "FPE": syscall.SIGFPE, "HUP": syscall.SIGHUP,
	"ILL": syscall.SIGILL, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL, "PIPE": syscall.SIGPIPE,
	"QUIT": syscall.SIGQUIT, "SEGV": syscall.SIGSEGV, "TERM": syscall.SIGTERM,
	"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2,
}

func signalName(number syscall.Signal) string {
	for name, n := range signals {
		if n == number {
			return name
		}
	}
	return fmt.Sprintf("SIG%d@sshtest", int(number))
}

// connectionVariable is SSH_CONNECTION: address and port of the client, address and port of the server.
func connectionVariable(server *ssh.ServerConn) string {
	clientHost, clientPort, _ := net.SplitHostPort(server.RemoteAddr().String())
	host, port, _ := net.SplitHostPort(server.LocalAddr().String())
	return clientHost + " " + clientPort + " " + host + " " + port
}

// clientVariable is SSH_CLIENT: the client's address and port, and the server's port. Where it is set, bash reads .bashrc for
// commands, too.
func clientVariable(connection string) string {
	fields := strings.Fields(connection)
	return fields[0] + " " + fields[1] + " " + fields[3]
}
