package ssh

import (
	"context"
	"time"
)

// finishLimit is how long a host may take to close a session that has done its work.
const finishLimit = 2 * time.Second

// finish ends a shell: when it is in order its input ends, and the channel is closed once the host has closed it.
func (c *Conn) finish(ch *channel) func(inOrder bool) {
	return func(inOrder bool) {
		if !inOrder {
			ch.close()
			return
		}
		c.mu.Lock()
		c.finishing++
		c.mu.Unlock()
		ch.session.Finish()
		go func() {
			timer := time.NewTimer(finishLimit)
			defer timer.Stop()
			select {
			case <-ch.ended:
			case <-timer.C: // a process left behind holds the outputs
			}
			ch.close()
			c.mu.Lock()
			defer c.mu.Unlock()
			c.finishing--
			c.tell()
		}()
	}
}

// settle waits for finished sessions to be closed, on hosts with Dropbear: 2022.83 may take the end of one for that of
// another that is opened meanwhile, and close it. Elsewhere the round trip is saved.
func (c *Conn) settle(ctx context.Context) {
	if !c.isDropbear() {
		return
	}
	for {
		c.mu.Lock()
		finishing, freed := c.finishing, c.freed
		c.mu.Unlock()
		if finishing == 0 {
			return
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return
		}
	}
}
