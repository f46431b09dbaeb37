package app_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/sshd"
)

// standIns are the programs of docs/networks.md, as far as they take their arguments: what each documents, and no other. All but the
// names are written out, so that a recipe with another word fails.
var standIns = map[string]string{
	// docs.aws.amazon.com, "Enable SSH connections through Session Manager"
	"aws": `[ "$*" = "ssm start-session --target i-0123456789abcdef0 --document-name AWS-StartSSHSession --parameters portNumber=22" ] || wrong "$@"`,
	// gcloud compute start-iap-tunnel: INSTANCE PORT, then flags in any order
	"gcloud": `[ "$1 $2 $3 $4" = "compute start-iap-tunnel web-1 22" ] || wrong "$@"; shift 4
for flag; do case $flag in --listen-on-stdin) stdin=yes;; --project=acme|--zone=europe-west3-a|--verbosity=warning) ;; *) wrong "$flag";; esac; done
[ "$stdin" ] || wrong "it would listen on a port"`,
	// what tsh config prints, with an identity before it
	"tsh": `[ "$1" = -i ] && [ -s "$2" ] || wrong "$@"; shift 2
[ "$*" = "proxy ssh --cluster=acme.teleport.sh --proxy=acme.teleport.sh:443 $LOGIN@web1.acme.teleport.sh:3022" ] || wrong "$@"`,
	// cloudflared access ssh; it reads the token from these variables
	"cloudflared": `[ "$*" = "access ssh --hostname ssh.example.com" ] && [ "$TUNNEL_SERVICE_TOKEN_ID" ] && [ "$TUNNEL_SERVICE_TOKEN_SECRET" ] || wrong "$@"`,
	"tailscale":   `[ "$*" = "nc web1.tail1234.ts.net 22" ] || wrong "$@"`,
	"ssh":         `[ "$*" = "-W [web1.internal.example.com]:22 bastion" ] || wrong "$@"`,
}

const standIn = `#!/bin/sh
wrong() { echo "not as documented: $*" >&2; exit 2; }
%s
echo "$0" >>"$CALLED"
env | grep -q '^INPUT_' && wrong "it sees inputs"
exec socat - "TCP:$SSHD"
`

// recipe is what a recipe of the page says of a job.
type recipe struct {
	title string
	Env   map[string]string
	Steps []struct {
		Uses, Run string
		Env       map[string]string
	}
}

// recipes are those of docs/networks.md.
func recipes(t *testing.T) []recipe {
	t.Helper()
	page, err := os.ReadFile("../../docs/networks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Recipes\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var all []recipe
	for _, part := range strings.Split(section, "\n### ")[1:] {
		title, _, _ := strings.Cut(part, "\n")
		for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(part, -1) {
			r := recipe{title: title}
			if err := yaml.Unmarshal([]byte(block[1]), &r); err != nil {
				t.Fatalf("%s: %v", title, err)
			}
			all = append(all, r)
		}
	}
	return all
}

// TestNetworks follows each recipe of docs/networks.md: its steps are run with its variables, and its command by a stand-in that leads to
// an OpenSSH. Names of a VPN are the runner's own matter: that recipe is only judged.
func TestNetworks(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "socat", "ssh-keygen")
	all := recipes(t)
	if len(all) < 7 {
		t.Errorf("%d recipes", len(all))
	}
	var called sync.Map
	t.Cleanup(func() { // when all have been followed
		for name := range standIns {
			if _, ok := called.Load(name); !ok {
				t.Errorf("no recipe has called %s", name)
			}
		}
	})
	for _, r := range all {
		t.Run(r.title, func(t *testing.T) {
			t.Parallel()
			called.Store(r.follow(t), true)
		})
	}
}

// follow runs the steps of a recipe, and gives the program that was the connection.
func (r recipe) follow(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	server := sshd.Start(t, sshd.Options{AuthorizedKeys: "cert-authority " + authority(t, dir)})
	j := job{t: t, dir: dir, known: map[string]string{
		"vars.KNOWN_HOSTS": keyLine(server, hostIn(r.Env["INPUT_HOSTS"])), "secrets.SSH_KEY": server.Key.Reveal(),
		"secrets.CF_ACCESS_CLIENT_ID": "id", "secrets.CF_ACCESS_CLIENT_SECRET": "token",
		"steps.teleport.outputs.identity-file": identity(t, dir, server, hostIn(r.Env["INPUT_HOSTS"])),
	}}
	j.env = []string{
		"PATH=" + j.programs() + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "CALLED=" + filepath.Join(dir, "called"),
		"SSHD=" + server.Address().HostPort(), "LOGIN=" + server.User,
		"INPUT_APP=site", "INPUT_DEPLOY_PATH=" + filepath.Join(dir, "srv"), "INPUT_ARTIFACT=site.tar",
	}
	j.write("v1/index.html", "v1")
	j.run("slipway pack v1 -o site.tar", nil)
	names := strings.ReplaceAll(r.Env["INPUT_HOSTS"], "deploy@", server.User+"@") // sshd knows the test's user alone
	for name, value := range r.Env {
		if name == "INPUT_HOSTS" {
			value = names
		}
		j.env = append(j.env, name+"="+j.filled(value))
	}
	proxied := r.Env["INPUT_PROXY_COMMAND"]+r.Env["INPUT_SSH_CONFIG"] != ""
	deployed := false
	for _, step := range r.Steps {
		script := step.Run
		switch {
		case script == "" || strings.Contains(script, "https://"):
			continue
		case !proxied:
			script = strings.Replace(script, "slipway deploy", "slipway validate", 1)
		}
		deployed = deployed || strings.Contains(script, "slipway deploy")
		j.run(script, step.Env)
	}
	if deployed != proxied {
		t.Fatalf("%s: deployed: %v", r.title, deployed)
	}
	if !proxied {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(dir, "srv/current/index.html"))
	if err != nil || string(text) != "v1" {
		t.Errorf("%s: %q, %v", r.title, text, err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "called"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(log), "\n")
	return filepath.Base(first)
}

// job runs steps of a workflow.
type job struct {
	t     *testing.T
	dir   string
	env   []string
	known map[string]string // what expressions stand for
}

func (j job) write(name, text string) {
	j.t.Helper()
	path := filepath.Join(j.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		j.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil { // programs among them
		j.t.Fatal(err)
	}
}

// programs is a folder with slipway and the stand-ins.
func (j job) programs() string {
	j.t.Helper()
	self, err := os.Executable()
	if err != nil {
		j.t.Fatal(err)
	}
	for name, judges := range standIns {
		j.write("bin/"+name, fmt.Sprintf(standIn, judges))
	}
	if err := os.Symlink(self, filepath.Join(j.dir, "bin/slipway")); err != nil { // as which this binary is the program: see TestMain
		j.t.Fatal(err)
	}
	return filepath.Join(j.dir, "bin")
}

var expression = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

// filled is a text of a workflow as the runner hands it over.
func (j job) filled(text string) string {
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		value, known := j.known[expression.FindStringSubmatch(found)[1]]
		if !known {
			j.t.Fatalf("nobody knows %s", found)
		}
		return value
	})
}

func (j job) run(script string, env map[string]string) {
	j.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-e", "-c", script)
	cmd.Dir, cmd.Env = j.dir, append([]string{}, j.env...)
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+j.filled(value))
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		j.t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// hostIn is the name of the host in an entry of hosts, as known_hosts has it.
func hostIn(entry string) string {
	host := entry[strings.Index(entry, "@")+1:]
	if name, port, has := strings.Cut(host, ":"); has {
		return "[" + name + "]:" + port
	}
	return host
}

// keyLine is the line of known_hosts for a server by another name.
func keyLine(server *sshd.Server, name string) string {
	_, key, _ := strings.Cut(server.KnownHosts, " ")
	return name + " " + key
}

// authority makes a key that signs others, and gives its public half.
func authority(t *testing.T, dir string) string {
	t.Helper()
	keygen(t, "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, "authority"))
	public, err := os.ReadFile(filepath.Join(dir, "authority.pub"))
	if err != nil {
		t.Fatal(err)
	}
	return string(public)
}

// identity makes the folder that tbot does: a key, its certificate, the hosts' keys. It gives the path of the identity file there.
func identity(t *testing.T, dir string, server *sshd.Server, host string) string {
	t.Helper()
	folder := filepath.Join(dir, "identity")
	key, authorized := sshtest.ClientKey()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"identity": "of tsh alone\n", "key": key.Reveal(), "key.pub": authorized, "known_hosts": keyLine(server, host)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keygen(t, "-q", "-s", filepath.Join(dir, "authority"), "-I", "job", "-n", server.User, filepath.Join(folder, "key.pub"))
	return filepath.Join(folder, "identity")
}

func keygen(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), needtest.Program(t, "ssh-keygen"), args...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
}
