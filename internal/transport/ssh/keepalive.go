package ssh

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"
)

// replyLimit is how long a sign of life may take: a request waits behind up to 4 MB of send buffer, which takes
// half a minute on a slow line.
const replyLimit = 30 * time.Second

// errClosed is why a connection ended that was closed here.
var errClosed = errors.New("closed")

// lifeline asks a silent peer for signs of life, and knows why a connection ended.
type lifeline struct {
	client *ssh.Client
	conn   *watched
	over   context.Context // ends with the connection; its cause is why
	end    context.CancelCauseFunc
}

// keepAlive watches a connection until it ends. Any byte that comes counts as life.
func keepAlive(client *ssh.Client, conn *watched, interval time.Duration) *lifeline {
	l := &lifeline{client: client, conn: conn}
	l.over, l.end = context.WithCancelCause(context.Background())
	go func() { l.end(client.Wait()) }()
	context.AfterFunc(l.over, func() {
		_ = conn.Close() // first: nothing that waits for the peer to read may hold this up
		_ = client.Close()
	})
	go l.watch(interval, max(replyLimit, interval))
	return l
}

func (l *lifeline) watch(interval, limit time.Duration) {
	asked := make(chan struct{}, 1) // holds a token while a request is under way
	timer := time.NewTimer(interval)
	defer timer.Stop()
	for {
		select {
		case <-l.over.Done():
			return
		case <-timer.C:
		}
		silence := time.Since(time.Unix(0, l.conn.heard.Load()))
		switch {
		case silence < interval:
			timer.Reset(interval - silence)
			continue
		case silence >= interval+limit:
			l.end(fmt.Errorf("no answer for %v", silence.Round(time.Second)))
			return
		}
		select {
		case asked <- struct{}{}:
			go func() {
				defer func() { <-asked }()
				// sshd answers "failure" to what it does not know: that is a sign of life too.
				_, _, _ = l.client.SendRequest("keepalive@openssh.com", true, nil)
			}()
		default: // the last one is not answered yet
		}
		timer.Reset(min(interval, interval+limit-silence))
	}
}

// why is the reason of a connection's end; nil while it lives.
func (l *lifeline) why() error { return context.Cause(l.over) }
