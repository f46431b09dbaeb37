//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Balanced is the fleet of examples/django-fleet: four application hosts behind a balancer, and a database.
type Balanced struct {
	*Fleet
	subnet string // "10.213.7."
}

// The application hosts, in the order of the deploy file.
var webHosts = []string{"web1", "web2", "web3", "web4"}

// addressOf is the last number of a host's address. Addresses stay when a host is off, as those of machines do.
var addressOf = map[string]int{"lb1": 10, "web1": 11, "web2": 12, "web3": 13, "web4": 14, "db": 20}

// startBalanced boots the fleet. The balancer is made as the example's README says.
func startBalanced(ctx context.Context, t *testing.T, name string) *Balanced {
	t.Helper()
	b := newBalanced(ctx, t, name, webHosts...)
	example := filepath.Join(repository(t), "examples", "django-fleet")
	options := []string{"--volume", example + ":/example:ro"}
	for _, name := range b.names() {
		options = append(options, "--add-host", name)
	}
	b.boot(ctx, t, "lb1", balancerImage, append(options, "--ip", b.address("lb1"))...)
	b.awaitHosts(ctx, t, append([]string{"lb1"}, webHosts...)...)
	commands := consoleOf(t, filepath.Join(example, "README.md"), "apt ", "adduser ")
	run(ctx, t, "docker", "exec", b.container("lb1"), "sh", "-euxc", "cd /example\n"+commands+`
echo 'add_header X-Tried $upstream_addr always;' >/etc/nginx/conf.d/tried.conf
nginx -s reload`)
	return b
}

// newBalanced boots application hosts and their database.
func newBalanced(ctx context.Context, t *testing.T, name string, hosts ...string) *Balanced {
	t.Helper()
	subnet := fmt.Sprintf("10.%d.%d.", 160+rand.IntN(90), rand.IntN(256))
	b := &Balanced{Fleet: newFleet(ctx, t, name, "--subnet", subnet+"0/24", "--ip-range", subnet+"128/25"), subnet: subnet}
	b.boot(ctx, t, "db", databaseImage, "--ip", b.address("db"), "--volume", "/var/lib/postgresql")
	for _, host := range hosts {
		b.boot(ctx, t, host, debianImage, "--ip", b.address(host), "--volume", supervisord(t))
	}
	run(ctx, t, "docker", "exec", b.container("db"), "sh", "-c", "for n in $(seq 60); do pg_isready -q && exit; sleep 0.5; done; exit 1")
	return b
}

// consoleOf are the commands of the first console block of a page, less those that begin with one of some words.
func consoleOf(t *testing.T, page string, less ...string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, page), "```console\n")
	block, _, ended := strings.Cut(rest, "```\n")
	if !found || !ended {
		t.Fatalf("%s has no console block", page)
	}
	var commands strings.Builder
lines:
	for line := range strings.Lines(block) {
		for _, word := range less {
			if strings.HasPrefix(line, word) {
				continue lines
			}
		}
		commands.WriteString(line)
	}
	return commands.String()
}

func (b *Balanced) address(host string) string { return b.subnet + fmt.Sprint(addressOf[host]) }

// names are the addresses of the application hosts, for who must know them while the network's own names go away with them.
func (b *Balanced) names() []string {
	var names []string
	for _, host := range webHosts {
		names = append(names, host+".example.com:"+b.address(host))
	}
	return names
}

// off takes a host's power away: it says nothing to anybody, not even that its connections are over.
func (b *Balanced) off(ctx context.Context, t *testing.T, host string) {
	t.Helper()
	b.docker(ctx, t, "network", "disconnect", "--force", b.Network, b.container(host))
	b.docker(ctx, t, "kill", b.container(host))
}

// hang stops a host without an end: its kernel still accepts connections, and nobody answers.
func (b *Balanced) hang(ctx context.Context, t *testing.T, host string) {
	t.Helper()
	b.docker(ctx, t, "pause", b.container(host))
}

// on brings a host back, however it went away.
func (b *Balanced) on(ctx context.Context, t *testing.T, host string) {
	t.Helper()
	switch state := run(ctx, t, "docker", "inspect", "--format", "{{.State.Status}}", b.container(host)); state {
	case "paused":
		b.docker(ctx, t, "unpause", b.container(host))
	case "exited":
		b.docker(ctx, t, "network", "connect", "--ip", b.address(host), "--alias", host+".example.com", b.Network, b.container(host))
		b.docker(ctx, t, "start", b.container(host))
		b.hostKey(ctx, t, host)
	default:
		t.Fatalf("%s is %s", host, state)
	}
}

// served is the version that an application host itself serves, "" where it does not answer.
func (b *Balanced) served(ctx context.Context, host string) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.address(host)+":8001/", http.NoBody)
	if err != nil {
		return ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if marks := versions(response.Header, body); err == nil && len(marks) > 0 {
		return marks[0]
	}
	return ""
}

// behind are the hosts that the balancer sends requests to.
func (b *Balanced) behind(ctx context.Context, t *testing.T) string {
	t.Helper()
	return strings.Join(strings.Fields(run(ctx, t, "docker", "exec", b.container("lb1"), "sed", "-nE",
		`/[ \t]down/! s/^[ \t]*server[ \t]+([a-z0-9]+)\.example\.com.*/\1/p`, "/srv/balancer/nginx/brackets.conf")), " ")
}
