package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/examine"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/pool"
)

// states are findings as "check ok, check FAIL: text".
func states(found []deploy.Finding) string {
	var list []string
	for _, f := range found {
		text := f.Check + " " + string(f.State)
		if f.State != deploy.FindingOK {
			text += ": " + f.Text
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// How far the way to a host went is told up to where it ended.
func TestReached(t *testing.T) {
	t.Parallel()
	failed := func(op string, cause error) *deploy.Error {
		return &deploy.Error{Op: op, Cause: cause, Hint: "mend it"}
	}
	for name, test := range map[string]struct {
		err  *deploy.Error
		want string
	}{
		"to its end":  {nil, "connection ok, host key ok, key ok, answer ok"},
		"no answer":   {failed("connect", errors.New("connection refused")), "connection FAIL: connection refused"},
		"another key": {failed("connect", errors.Join(errors.New("it shows another key"), transport.ErrIdentity)), "connection ok, host key FAIL: it shows another key / " + transport.ErrIdentity.Error()},
		"not let in":  {failed("connect", transport.ErrLogin), "connection ok, host key ok, key FAIL: " + transport.ErrLogin.Error()},
		"no shell":    {failed("ask", errors.New("its shell prints rubbish")), "connection ok, host key ok, key ok, answer FAIL: its shell prints rubbish"},
	} {
		found := reached("web1", test.err)
		if got := states(found); got != test.want {
			t.Errorf("%s: %s, wanted %s", name, got, test.want)
		}
		last := found[len(found)-1]
		if last.Host != "web1" || test.err != nil && last.Mend != "mend it" {
			t.Errorf("%s: %+v", name, last)
		}
	}
}

// What the next release will take is judged by the largest that is live.
func TestLargest(t *testing.T) {
	t.Parallel()
	release := func(id deploy.ReleaseID, bytes, inodes int64) deploy.ReleaseFacts {
		return deploy.ReleaseFacts{ID: id, Size: deploy.Room{Bytes: bytes, Inodes: inodes}}
	}
	got := largest(map[string]deploy.Facts{
		"web1": {CurrentID: "r2", Releases: []deploy.ReleaseFacts{release("r1", 900, 90), release("r2", 200, 5)}},
		"web2": {CurrentID: "r3", Releases: []deploy.ReleaseFacts{release("r3", 100, 7)}},
		"web3": {},
	})
	if got.Bytes != 200 || got.Inodes != 7 {
		t.Errorf("%+v", got)
	}
}

// A host is asked for the rights of every step that it runs, whatever the phase, and of no other.
func TestStepsOn(t *testing.T) {
	t.Parallel()
	on := func(name string, hosts ...string) deploy.Step { return deploy.Step{Name: name, Hosts: hosts} }
	drain := func(name, role string, executors ...string) deploy.Drain {
		return deploy.Drain{Step: deploy.Step{Name: name}, Role: role, Executors: executors}
	}
	p := &plan.Plan{
		Prepare: []deploy.Step{on("build", "web1", "web2")}, Migrate: []deploy.Step{on("migrate", "web2")}, Ensure: []deploy.Step{on("ensure", "web1")},
		Finish: []deploy.Step{on("finish", "web1")}, OnFailure: []deploy.Step{on("thaw", "web1")},
		Activations: map[string]deploy.Activation{"web1": {Restart: []deploy.Step{on("restart")}}, "web2": {Restart: []deploy.Step{on("other restart")}}},
		Drains: map[string][]deploy.Drain{
			"web1": {drain("own drain", "")}, "web2": {drain("drain of web2", ""), drain("drain by web1", "web", "web1"), drain("drain by lb1", "balancer", "lb1")},
		},
	}
	for host, want := range map[string][]string{
		"web1": {"build", "drain by web1", "ensure", "finish", "own drain", "restart", "thaw"},
		"web2": {"build", "drain of web2", "migrate", "other restart"},
		"lb1":  {"drain by lb1"},
	} {
		var got []string
		for _, s := range p.StepsOn(host) {
			got = append(got, s.Name)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s runs %q, wanted %q", host, got, want)
		}
	}
	if n := len(p.Activations["web1"].Restart); n != 1 {
		t.Errorf("the plan has %d restarts now", n)
	}
}

func TestSudo(t *testing.T) {
	t.Parallel()
	denied := []examine.Denied{{Command: "sudo -n true", Rule: "deploy ALL=(root) NOPASSWD: /bin/true"}, {Command: "sudo x", Rule: "it's"}}
	for name, test := range map[string]struct {
		answer examine.Answer
		want   string
		mend   string
	}{
		"no step uses it": {want: ""},
		"all may be run":  {answer: examine.Answer{Allowed: []string{"sudo -n true"}}, want: "sudo ok"},
		"no sudo":         {answer: examine.Answer{NoSudo: true}, want: "sudo FAIL: steps run commands by sudo, and there is no sudo", mend: "install it"},
		"some may not": {
			answer: examine.Answer{Allowed: []string{"sudo y"}, Denied: denied}, want: "sudo FAIL: de.ploy may not run `sudo -n true`, `sudo x`",
			mend: `(umask 337; printf '%s\n' 'deploy ALL=(root) NOPASSWD: /bin/true' 'it'"'"'s' >>/etc/sudoers.d/de-ploy) && visudo -c`,
		},
	} {
		found := sudo("web1", "de.ploy", test.answer)
		if got := states(found); got != test.want {
			t.Errorf("%s: %q, wanted %q", name, got, test.want)
		}
		if len(found) == 1 && !strings.Contains(found[0].Mend, test.mend) {
			t.Errorf("%s: %s", name, found[0].Mend)
		}
	}
}

// Another tool's layout is a warning as long as that tool may still deploy there.
func TestOtherTool(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		host deploy.Host
		f    deploy.Facts
		tool string
		want string // "" is no finding
	}{
		"none":                  {f: deploy.Facts{Current: deploy.CurrentForeign}},
		"a balancer":            {host: deploy.Host{NoRelease: true}, f: deploy.Facts{Current: deploy.CurrentForeign}, tool: "Capistrano"},
		"the move is over":      {f: deploy.Facts{Current: deploy.CurrentRelease}, tool: "Capistrano"},
		"before the move":       {f: deploy.Facts{Current: deploy.CurrentForeign, CurrentTarget: "releases/7"}, tool: "Deployer", want: "Deployer deploys here: current leads to releases/7"},
		"before its first":      {f: deploy.Facts{Current: deploy.CurrentNone}, tool: "Mina", want: "Mina has deployed here"},
		"a folder in its place": {f: deploy.Facts{Current: deploy.CurrentDirectory}, tool: "Mina", want: "Mina has deployed here"},
	} {
		found, ok := otherTool(test.host, test.f, test.tool)
		if ok != (test.want != "") || ok && (found.Text != test.want || found.State != deploy.FindingWarn || found.Check != deploy.CheckLayout || found.Mend == "") {
			t.Errorf("%s: %+v, %v", name, found, ok)
		}
	}
}

// machines are hosts that are this machine, by name; what is none is not let in.
type machines map[string]*releasetest.Host

func (m machines) Connect(_ context.Context, host deploy.Host) (transport.Conn, error) {
	if conn := m[host.Name]; conn != nil {
		return conn, nil
	}
	return nil, &deploy.Error{Op: "connect", Cause: transport.ErrLogin, Hint: "put the public key there"}
}

func (m machines) Close() error { return nil }

// All hosts are looked at, in the plan's order, each check in its own; one that lets nobody in keeps no other from being asked.
func TestExamine(t *testing.T) {
	t.Parallel()
	web2 := releasetest.NewHost(t, "dash")
	if err := os.MkdirAll(filepath.Join(web2.Site.Root, "releases", "20240131120000"), 0o755); err != nil {
		t.Fatal(err)
	}
	cfg := &config.Config{
		App: "shop", KeepReleases: 3, Timeout: time.Minute, SharedFiles: []string{".env"},
		Hosts: []deploy.Host{{Name: "web1", DeployPath: "/srv/shop"}, {Name: "web2", DeployPath: web2.Site.Root}},
	}
	digest := deploy.Digest(strings.Repeat("0", 64))
	p, err := plan.Build(cfg, plan.Artifact{SHA256: digest, Content: digest}, plan.Run{Identity: deploy.Identity{Command: "deploy"}}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	hosts := fleet.Gather(t.Context(), pool.New(machines{"web2": web2}, 0), cfg.Hosts, survey.Question{SharedFiles: cfg.SharedFiles}, func(string) {})
	defer func() { _ = hosts.Close() }()
	found := Examine(t.Context(), p, hosts)
	at := slices.IndexFunc(found, func(f deploy.Finding) bool { return f.Host == "web2" })
	if got := states(found[:max(at, 0)]); got != "connection ok, host key ok, key FAIL: "+transport.ErrLogin.Error() {
		t.Errorf("web1: %s", got)
	}
	var checks []string
	texts := map[string]string{}
	for _, f := range found[max(at, 0):] {
		if f.Host != "web2" {
			t.Errorf("%+v stands among those of web2", f)
		}
		if slices.Contains(checks, f.Check) {
			t.Errorf("web2 %s is told twice", f.Check)
		}
		checks = append(checks, f.Check)
		texts[f.Check] = string(f.State) + " " + f.Text
	}
	if !slices.IsSortedFunc(checks, func(a, b string) int { return slices.Index(deploy.Checks, a) - slices.Index(deploy.Checks, b) }) {
		t.Errorf("web2 in the order %q", checks)
	}
	for check, want := range map[string]string{
		deploy.CheckAnswer: "ok ", deploy.CheckTools: "ok ", deploy.CheckLayout: "warn Capistrano has deployed here", deploy.CheckShared: "FAIL ",
	} {
		if !strings.HasPrefix(texts[check], want) {
			t.Errorf("web2 %s: %q, wanted %q", check, texts[check], want)
		}
	}
}
