package ssh

import (
	"bytes"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/transport"
)

// A session that was opened ahead, and that the host has closed since, is opened anew. Who takes it leaves none behind.
func TestSessionAheadIsGone(t *testing.T) {
	t.Parallel()
	key, authorized := sshtest.ClientKey()
	server, err := sshtest.Start(sshtest.Options{Root: t.TempDir(), AuthorizedKey: authorized})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	dialer, err := NewDialer(Config{Key: key, KnownHosts: server.HostKeyLine()})
	if err != nil {
		t.Fatal(err)
	}
	host, port := server.Addr()
	made, err := dialer.Connect(t.Context(), deploy.Host{Name: "web1", Address: deploy.Address{User: "deploy", Host: host, Port: port}})
	if err != nil {
		t.Fatal(err)
	}
	conn := made.(*Conn)
	t.Cleanup(func() { _ = conn.Close() })
	for _, gone := range []bool{false, true} {
		if err := conn.Run(t.Context(), transport.Command{Script: "true", Ahead: true}); err != nil {
			t.Fatal(err)
		}
		o := conn.ahead
		if <-o.done; o.err != nil {
			t.Fatal(o.err)
		}
		if gone {
			o.ch.close()
			<-o.ch.ended
		}
		var said bytes.Buffer
		err := conn.Run(t.Context(), transport.Command{Script: "cat", Stdin: strings.NewReader("input"), Stdout: &said})
		if err != nil || said.String() != "input" {
			t.Errorf("gone %v: %v, %q", gone, err, said.String())
		}
		if used := o.ch.session != nil; used == gone {
			t.Errorf("gone %v: used %v", gone, used)
		}
		if conn.ahead != nil {
			t.Error("it is there still")
		}
	}
}
