package sshtest

import (
	"errors"
	"io"
	"net"
	"strconv"
	"sync/atomic"

	"golang.org/x/crypto/ssh"
)

// serve speaks SSH on one connection until it ends.
func (s *Server) serve(conn net.Conn) {
	if err := s.options.Before(Operation{Kind: Accept, Detail: conn.RemoteAddr().String()}); err != nil {
		reset(conn)
		return
	}
	server, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	s.running.Go(func() { ssh.DiscardRequests(requests) }) // answers keepalives with "failure", as sshd does
	var sessions atomic.Int32
	for channel := range channels {
		switch channel.ChannelType() {
		case "session":
			s.openSession(server, channel, &sessions)
		case "direct-tcpip":
			s.running.Go(func() { s.forward(server, channel) })
		default:
			_ = channel.Reject(ssh.UnknownChannelType, "unknown channel type")
		}
	}
}

func (s *Server) openSession(server *ssh.ServerConn, channel ssh.NewChannel, sessions *atomic.Int32) {
	if err := s.options.Before(Operation{Kind: Session, Detail: server.User()}); err != nil {
		s.refuse(server, channel, err)
		return
	}
	if int(sessions.Add(1)) > s.options.MaxSessions {
		sessions.Add(-1)
		_ = channel.Reject(ssh.ConnectionFailed, "open failed")
		return
	}
	ch, requests, err := channel.Accept()
	if err != nil {
		sessions.Add(-1)
		return
	}
	s.running.Go(func() {
		defer sessions.Add(-1) // the place is free when the process has ended, not when the client closes
		s.session(server, ch, requests)
	})
}

// refuse rejects a channel, or cuts the connection for an error that is not ErrRefuse.
func (s *Server) refuse(server *ssh.ServerConn, channel ssh.NewChannel, err error) {
	if errors.Is(err, ErrRefuse) {
		_ = channel.Reject(ssh.Prohibited, "open failed")
		return
	}
	_ = server.Close()
}

// forwardRequest is the payload of a direct-tcpip channel (RFC 4254, 7.2).
type forwardRequest struct {
	Host       string
	Port       uint32
	OriginHost string
	OriginPort uint32
}

func (s *Server) forward(server *ssh.ServerConn, channel ssh.NewChannel) {
	var request forwardRequest
	if err := ssh.Unmarshal(channel.ExtraData(), &request); err != nil {
		_ = channel.Reject(ssh.ConnectionFailed, "malformed request")
		return
	}
	address := net.JoinHostPort(request.Host, strconv.Itoa(int(request.Port)))
	if s.options.NoForwarding {
		_ = channel.Reject(ssh.Prohibited, "open failed")
		return
	}
	if err := s.options.Before(Operation{Kind: Forward, Detail: address}); err != nil {
		s.refuse(server, channel, err)
		return
	}
	var dialer net.Dialer
	target, err := dialer.DialContext(s.ctx, "tcp", address)
	if err != nil {
		_ = channel.Reject(ssh.ConnectionFailed, "Connection refused")
		return
	}
	defer target.Close()
	ch, requests, err := channel.Accept()
	if err != nil {
		return
	}
	defer ch.Close()
	s.running.Go(func() { ssh.DiscardRequests(requests) })
	s.running.Go(func() {
		_, _ = io.Copy(target, ch)
		_ = target.(*net.TCPConn).CloseWrite()
	})
	_, _ = io.Copy(ch, target)
	_ = ch.CloseWrite()
}
