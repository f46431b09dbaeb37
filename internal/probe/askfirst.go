package probe

import (
	"context"
	"net"
	"sync"
)

// askFirst dials connections that are not read before they are written to. What a server says without being asked, net/http
// would print to standard error as it is, and fail without saying why; read after the request it is no answer of HTTP.
func askFirst(dial Dial) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &patientConn{Conn: conn, asked: make(chan struct{})}, nil
	}
}

type patientConn struct {
	net.Conn
	once  sync.Once
	asked chan struct{} // closed by the first write
}

func (c *patientConn) Read(p []byte) (int, error) {
	<-c.asked
	return c.Conn.Read(p)
}

func (c *patientConn) Write(p []byte) (int, error) {
	c.once.Do(func() { close(c.asked) })
	return c.Conn.Write(p)
}

func (c *patientConn) Close() error {
	c.once.Do(func() { close(c.asked) })
	return c.Conn.Close()
}
