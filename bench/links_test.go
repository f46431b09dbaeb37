//go:build bench && linux

package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/slipway/slipway/bench/report"
	"github.com/slipway/slipway/internal/sshtest/relay"
)

// link is the network between the runner and the hosts: a relay to each of them, which all contenders go through.
type link struct {
	report.Link
	hosts   []*linked
	group   *group // of the hosts, and of who deploys to them
	known   string // known_hosts of the addresses at the runner's end
	traffic *relay.Traffic
}

// linked is a host as it is reached over a link.
type linked struct {
	*host
	address string // IPv4
	port    int
}

const lan = "LAN"

// The slow link: 50 ms and an uplink of 100 Mbit/s that all hosts share, of which TCP and IP leave about 95 % to what goes through.
const (
	slowRTT  = 50 * time.Millisecond
	slowRate = 100_000_000 / 8 * 95 / 100
)

// openLinks makes the links to some hosts that were asked for.
func openLinks(t *testing.T, hosts []*host, in *group) []*link {
	t.Helper()
	all := []struct {
		report.Link
		relay relay.Options
	}{
		{report.Link{Name: lan, About: "as fast as this machine's loopback interface"}, relay.Options{}},
		{
			report.Link{Name: "WAN", About: "50 ms, 100 Mbit/s shared by all hosts", Rate: slowRate},
			relay.Options{RTT: slowRTT, Line: relay.NewLine(slowRate)},
		},
	}
	var opened []*link
	for _, kind := range all {
		if !wanted(*links, kind.Name) {
			continue
		}
		l := &link{Link: kind.Link, traffic: &relay.Traffic{}, group: in}
		kind.relay.Traffic = l.traffic
		for _, h := range hosts {
			r, err := relay.Start(h.server.Address().HostPort(), kind.relay)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = r.Close() })
			at := &linked{host: h}
			at.address, at.port = r.Addr()
			l.hosts = append(l.hosts, at)
			l.known += at.knownHosts(t)
		}
		opened = append(opened, l)
	}
	return opened
}

// servers are the processes of the hosts' sshd.
func (l *link) servers() []int {
	var pids []int
	for _, h := range l.hosts {
		pids = append(pids, h.server.PID)
	}
	return pids
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
