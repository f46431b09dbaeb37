//go:build bench && linux

package bench

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"slipway/internal/secret"
	"slipway/internal/sshtest"
	"slipway/internal/sshtest/relay"
	"slipway/internal/sshtest/sshd"
)

// host is a real sshd on this machine, with a folder to deploy to.
type host struct {
	name   string
	server *sshd.Server
	dir    string
}

// startHosts starts four hosts. The key may log in to all of them.
func startHosts(t *testing.T) (hosts []*host, key secret.Secret) {
	t.Helper()
	key, authorized := sshtest.ClientKey()
	for i := range 4 {
		server := sshd.Start(t, sshd.Options{
			Config: []string{"Subsystem sftp internal-sftp"}, AuthorizedKeys: authorized,
		})
		hosts = append(hosts, &host{name: fmt.Sprintf("web%d", i+1), server: server, dir: t.TempDir()})
	}
	return hosts, key
}

// link is the network between the runner and the hosts. All contenders use the same.
type link struct {
	name  string
	about string
	hosts []*linked
	known string // known_hosts of the addresses at the runner's end
}

// linked is a host as it is reached over a link.
type linked struct {
	*host
	address string // IPv4
	port    int
}

// The slow link: 50 ms and 100 Mbit/s, of which TCP and IP leave about 95 % to what goes through.
const (
	slowRTT  = 50 * time.Millisecond
	slowRate = 100_000_000 / 8 * 95 / 100
)

// openLinks makes the links that were asked for.
func openLinks(t *testing.T, hosts []*host) []*link {
	t.Helper()
	shared := relay.NewLine(slowRate)
	all := []struct {
		link    link
		options func() *relay.Options // of one host; nil is no relay
	}{
		{link{name: "LAN", about: "loopback"}, nil},
		{
			link{name: "WAN", about: "50 ms, 100 Mbit/s shared by all hosts"},
			func() *relay.Options { return &relay.Options{RTT: slowRTT, Line: shared} },
		},
		{
			link{name: "WAN-each", about: "50 ms, 100 Mbit/s for each host"},
			func() *relay.Options { return &relay.Options{RTT: slowRTT, Line: relay.NewLine(slowRate)} },
		},
	}
	wanted := strings.Split(*links, ",")
	var opened []*link
	for _, l := range all {
		if !slices.Contains(wanted, l.link.name) {
			continue
		}
		for _, h := range hosts {
			at := &linked{host: h, address: h.server.Host, port: h.server.Port}
			if l.options != nil {
				r, err := relay.Start(h.server.Address().HostPort(), *l.options())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = r.Close() })
				at.address, at.port = r.Addr()
			}
			l.link.hosts = append(l.link.hosts, at)
			l.link.known += at.knownHosts(t)
		}
		opened = append(opened, &l.link)
	}
	if len(opened) == 0 {
		t.Fatalf("no link in -links %q", *links)
	}
	return opened
}

// knownHosts is the lines of known_hosts that identify the host at its address.
func (l *linked) knownHosts(t *testing.T) string {
	t.Helper()
	var lines strings.Builder
	rest := []byte(l.server.KnownHosts)
	for len(rest) > 0 {
		_, _, key, _, more, err := ssh.ParseKnownHosts(rest)
		if err != nil {
			break
		}
		rest = more
		address := knownhosts.Normalize(fmt.Sprintf("%s:%d", l.address, l.port))
		lines.WriteString(knownhosts.Line([]string{address}, key) + "\n")
	}
	if lines.Len() == 0 {
		t.Fatalf("%s has no host key: %q", l.name, l.server.KnownHosts)
	}
	return lines.String()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
