package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/slipway/slipway/internal/transport/tail"
)

const (
	grace = 2 * time.Second // for a program to end once it is told to; it is killed then
	drain = time.Second     // for an exit to be seen, and the last of standard error to come, once the output has ended
)

// Conn is a program that is a connection. It has no deadlines: Close ends a read and a write.
type Conn struct {
	name     string
	input    *os.File // its standard input
	output   *os.File
	errors   *os.File
	pid      int
	exited   chan struct{} // closed when it has ended, and its group with it
	state    *os.ProcessState
	quiet    chan struct{} // closed when standard error has ended
	closing  sync.Once
	isClosed chan struct{}

	mu   sync.Mutex
	said tail.Tail
}

var _ net.Conn = (*Conn)(nil)

// start makes the pipes and starts the program; ended is called when it has.
func (c *Conn) start(path string, words, env []string, ended func()) error {
	var pipes [6]*os.File
	for _, pipe := range [][]*os.File{pipes[0:2], pipes[2:4], pipes[4:6]} {
		var err error
		if pipe[0], pipe[1], err = os.Pipe(); err != nil {
			closeAll(pipes[:]...)
			return err
		}
	}
	c.input, c.output, c.errors = pipes[1], pipes[2], pipes[4]
	cmd := &exec.Cmd{
		Path: path, Args: words, Env: append([]string{}, env...), Stdin: pipes[0], Stdout: pipes[3], Stderr: pipes[5],
		SysProcAttr: ownSession(),
	}
	started := make(chan error, 1)
	go func() {
		free := keepThread()
		defer free()
		err := cmd.Start()
		if err == nil {
			c.pid = cmd.Process.Pid
		}
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // how it ended, its state says
		c.state = cmd.ProcessState
		c.kill(syscall.SIGKILL) // whom it left behind is part of no connection
		ended()
		close(c.exited)
	}()
	err := <-started
	closeAll(pipes[0], pipes[3], pipes[5])
	if err != nil {
		closeAll(c.input, c.output, c.errors)
		return err
	}
	go c.listen()
	return nil
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

// listen keeps the end of standard error.
func (c *Conn) listen() {
	defer close(c.quiet)
	piece := make([]byte, 4096)
	for {
		n, err := c.errors.Read(piece)
		c.mu.Lock()
		c.said.Add(piece[:n])
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Said is the end of what the program has printed on standard error.
func (c *Conn) Said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said.String()
}

// Read implements net.Conn. At the output's end it gives an *EndError.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.output.Read(p)
	if n == 0 && err != nil {
		return 0, c.end(err)
	}
	return n, nil
}

// Write implements net.Conn. To a program that has ended it gives an *EndError.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.input.Write(p)
	if err != nil {
		err = c.end(err)
	}
	return n, err
}

// end is the error of a connection over which nothing comes or goes any more.
func (c *Conn) end(err error) error {
	select {
	case <-c.isClosed:
		return net.ErrClosed
	default:
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	limit, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	e := &EndError{Program: c.name, State: "closed its standard output", Status: -1}
	select {
	case <-c.exited:
		e.State, e.Status = "ended: "+c.state.String(), c.state.ExitCode()
		if e.Status >= 0 {
			e.State = fmt.Sprintf("ended with exit status %d", e.Status)
		}
		select {
		case <-c.quiet:
		case <-limit.Done():
		}
	case <-limit.Done():
	}
	e.Said = c.Said()
	return e
}

// Close implements net.Conn: the program sees the end of its input and is told to end, its group with it; what has not soon is killed.
// It does not wait for that, Programs.Close does.
func (c *Conn) Close() error {
	c.closing.Do(func() {
		close(c.isClosed)
		closeAll(c.input, c.output)
		c.kill(syscall.SIGHUP) // as ssh ends a ProxyCommand
		go func() {
			timer := time.NewTimer(grace)
			defer timer.Stop()
			select {
			case <-c.exited:
			case <-timer.C:
				c.kill(syscall.SIGKILL)
				<-c.exited
			}
			closeAll(c.errors)
		}()
	})
	return nil
}

// kill sends a signal to the group.
func (c *Conn) kill(signal syscall.Signal) {
	select {
	case <-c.exited: // the number may be another's by now
	default:
		_ = signalGroup(c.pid, signal)
	}
}

// addr is what a program has for an address: its name.
type addr string

func (addr) Network() string  { return "program" }
func (a addr) String() string { return string(a) }

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return addr(c.name) }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return addr(c.name) }

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(time.Time) error { return os.ErrNoDeadline }

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(time.Time) error { return os.ErrNoDeadline }

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
