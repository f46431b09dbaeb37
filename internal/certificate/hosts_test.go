package certificate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest/sshd"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// TestHostsThatTrustTheAuthority: a real sshd lets the certificate in, by its authority and principals alone; a connection that is made
// after the first certificate has nearly ended is made with another one.
func TestHostsThatTrustTheAuthority(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	authority := filepath.Join(t.TempDir(), "authority.pub")
	if err := os.WriteFile(authority, []byte(w.vault.Authority+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := sshd.Start(t, sshd.Options{Config: []string{"TrustedUserCAKeys " + authority}})
	w.from.Principals, w.vault.Principals = []string{server.User}, []string{server.User}
	w.begin()
	dialer, err := ssh.NewDialer(ssh.Config{Login: w.source.Login, KnownHosts: server.KnownHosts})
	if err != nil {
		t.Fatal(err)
	}
	defer dialer.Close()
	host := deploy.Host{Name: "web1", Address: server.Address()}
	run := func() {
		t.Helper()
		conn, err := dialer.Connect(t.Context(), host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var out strings.Builder
		if err := conn.Run(t.Context(), transport.Command{Script: "echo in", Stdout: &out}); err != nil || out.String() != "in\n" {
			t.Fatalf("%q, %v", out.String(), err)
		}
	}
	run()
	run()
	if n := w.vault.Signed.Load(); n != 1 {
		t.Errorf("%d certificates for two connections", n)
	}
	w.ahead.Store(int64(26 * time.Minute))
	run()
	if n := w.vault.Signed.Load(); n != 2 {
		t.Errorf("%d certificates once the first had 4 minutes left", n)
	}
	if log := server.Log(); !strings.Contains(log, `Accepted certificate ID "jwt-acme/site"`) {
		t.Errorf("sshd's log:\n%s", log)
	}

	// The hosts refuse who is no principal, and the error says what to look at.
	w.from.Principals, w.vault.Principals = []string{"somebody"}, []string{"somebody"}
	w.begin()
	stranger, err := ssh.NewDialer(ssh.Config{Login: w.source.Login, KnownHosts: server.KnownHosts})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	_, err = stranger.Connect(t.Context(), host)
	if err == nil || !strings.Contains(err.Error(), "certificate SHA256:") || !strings.Contains(err.Error(), "for somebody until") || !strings.Contains(err.Error(), "TrustedUserCAKeys") {
		t.Errorf("a stranger: %v", err)
	}
}
