package sshtest

import (
	"io"
	"sync/atomic"

	"golang.org/x/crypto/ssh"
)

// InputStep is how much input in a row is one operation: 64 KiB.
const InputStep = 64 << 10

// dialogue tells where in its standard input a command is spoken to anew: a control shell's command lines are told apart
// without being understood.
type dialogue struct {
	answered atomic.Bool // the command has written something since it last got input
	inRow    int         // bytes of input since then, or since the last operation
}

// speaks takes note of n bytes of input and reports whether they begin an operation.
func (d *dialogue) speaks(n int) bool {
	begins := d.answered.Swap(false) || d.inRow >= InputStep
	if begins {
		d.inRow = 0
	}
	d.inRow += n
	return begins
}

// feed passes a channel's input on to the command.
func (s *Server) feed(server *ssh.ServerConn, ch ssh.Channel, c *command) {
	defer func() { _ = c.stdin.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := ch.Read(buffer)
		if n > 0 {
			begins := c.talk.speaks(n)
			if begins && !s.allows(server, Operation{Kind: Input, Detail: string(buffer[:n]), Kill: c.kill}) {
				return
			}
			if _, err := c.stdin.Write(buffer[:n]); err != nil {
				_, _ = io.Copy(io.Discard, ch) // the command reads no more; the client may still send
				return
			}
			if begins && !s.allows(server, Operation{Kind: Taken, Detail: string(buffer[:n]), Kill: c.kill}) {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// allows asks Before of what cannot be refused in the protocol: any error cuts the connection.
func (s *Server) allows(server *ssh.ServerConn, op Operation) bool {
	if err := s.options.Before(op); err != nil {
		_ = server.Close()
		return false
	}
	return true
}

// answers notes that the command wrote something, before the client can know it.
type answers struct {
	from io.Reader
	talk *dialogue
}

func (a answers) Read(p []byte) (int, error) {
	n, err := a.from.Read(p)
	if n > 0 {
		a.talk.answered.Store(true)
	}
	return n, err
}
