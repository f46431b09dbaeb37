package ssh

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/transport/shell"
)

// channel is one session channel with a shell in it.
type channel struct {
	ssh     ssh.Channel
	session *shell.Session
	ended   chan struct{} // closed when the host has closed the channel
	exit    atomic.Pointer[ending]
}

// ending is how the shell of a channel ended, as the host says.
type ending struct {
	status int
	signal string
}

func (e ending) String() string {
	if e.signal != "" {
		return "killed by " + e.signal
	}
	return fmt.Sprintf("exit %d", e.status)
}

// newChannel listens to an open channel from now on: some hosts ask on any of them whether the runner is there. ended is called when the host
// has closed it.
func newChannel(ch ssh.Channel, requests <-chan *ssh.Request, ended func()) *channel {
	c := &channel{ssh: ch, ended: make(chan struct{})}
	go func() {
		c.listen(requests)
		close(c.ended)
		ended()
	}()
	return c
}

// start has the host start a shell. The request waits for no answer, so that the first command goes right behind it; a host that does not
// start it stays silent, which the session limits.
func (c *channel) start(startLimit time.Duration) error {
	if _, err := c.ssh.SendRequest("exec", false, ssh.Marshal(struct{ Command string }{shell.Loader()})); err != nil {
		c.close()
		return err
	}
	c.session = shell.New(shell.Streams{
		Stdin: &input{ch: c.ssh}, Stdout: c.ssh, Stderr: c.ssh.Stderr(), Abort: c.close, StartLimit: startLimit,
	})
	return nil
}

// input is a channel's way to the host, that can be closed by itself. x/crypto's channels leave it to their users that
// writing and closing do not meet.
type input struct {
	mu sync.Mutex
	ch ssh.Channel
}

func (i *input) Write(p []byte) (int, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.ch.Write(p)
}

func (i *input) Close() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.ch.CloseWrite()
}

// listen notes how the shell ended (RFC 4254, 6.10), until the channel is closed.
func (c *channel) listen(requests <-chan *ssh.Request) {
	for request := range requests {
		switch request.Type {
		case "exit-status":
			var payload struct{ Status uint32 }
			if ssh.Unmarshal(request.Payload, &payload) == nil {
				c.exit.Store(&ending{status: int(payload.Status)})
			}
		case "exit-signal":
			var payload struct {
				Signal     string
				CoreDumped bool
				Message    string
				Language   string
			}
			if ssh.Unmarshal(request.Payload, &payload) == nil {
				c.exit.Store(&ending{signal: payload.Signal})
			}
		}
		if request.WantReply {
			_ = request.Reply(false, nil)
		}
	}
}

// over reports whether the shell has ended, as far as is known.
func (c *channel) over() bool {
	select {
	case <-c.ended:
		return true
	default:
		return c.exit.Load() != nil
	}
}

// end is how the shell ended; false where the host did not say so. Its outputs have ended already.
func (c *channel) end(ctx context.Context) (ending, bool) {
	timer := time.NewTimer(drain)
	defer timer.Stop()
	select {
	case <-c.ended:
	case <-timer.C:
	case <-ctx.Done():
	}
	if exit := c.exit.Load(); exit != nil {
		return *exit, true
	}
	return ending{}, false
}

func (c *channel) close() { _ = c.ssh.Close() }
