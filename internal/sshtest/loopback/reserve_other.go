//go:build !linux

package loopback

import "net"

// reserve finds a port that nobody has at the moment: only Linux lets a port be held and listened on by its holder.
func reserve(address string) (tcp *net.TCPAddr, release func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, nil, err
	}
	return listener.Addr().(*net.TCPAddr), func() {}, listener.Close()
}
