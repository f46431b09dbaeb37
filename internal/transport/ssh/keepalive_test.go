package ssh

import (
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestKeepalive has a host fall silent after ten quiet minutes, in which nothing but keepalives went over the line.
func TestKeepalive(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		config := &ssh.ServerConfig{NoClientAuth: true}
		config.AddHostKey(signer)
		host := &wire{Conn: far, line: make(chan []byte, 1000), closed: make(chan struct{})}
		go host.carry()
		go func() {
			_, channels, requests, err := ssh.NewServerConn(host, config)
			if err != nil {
				t.Error(err)
				return
			}
			go ssh.DiscardRequests(requests)
			for range channels {
				t.Error("a channel was opened")
			}
		}()
		conn := watch(near)
		c, channels, requests, err := ssh.NewClientConn(conn, "host:22", &ssh.ClientConfig{HostKeyCallback: ssh.FixedHostKey(signer.PublicKey())})
		if err != nil {
			t.Fatal(err)
		}
		life := keepAlive(ssh.NewClient(c, channels, requests), conn, 15*time.Second)
		<-time.After(10 * time.Minute)
		if err := life.why(); err != nil {
			t.Fatalf("a quiet host that answers was given up: %v", err)
		}
		host.silent.Store(true)
		begun := time.Now()
		<-life.over.Done()
		if took := time.Since(begun); took < 30*time.Second || took > time.Minute {
			t.Errorf("the silent host was given up after %v", took)
		}
		if why := life.why(); why == nil || !strings.Contains(why.Error(), "no answer for 45s") {
			t.Errorf("because of %v", why)
		}
		synctest.Wait()
	})
}

// wire is a connection with room for what was written and not read yet, as a network has; net.Pipe has none.
type wire struct {
	net.Conn
	line   chan []byte
	closed chan struct{}
	once   sync.Once
	silent atomic.Bool
}

func (w *wire) Write(p []byte) (int, error) {
	select {
	case w.line <- slices.Clone(p):
		return len(p), nil
	case <-w.closed:
		return 0, net.ErrClosed
	}
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return w.Conn.Close()
}

func (w *wire) carry() {
	for {
		select {
		case p := <-w.line:
			if w.silent.Load() {
				continue
			}
			if _, err := w.Conn.Write(p); err != nil {
				return
			}
		case <-w.closed:
			return
		}
	}
}
