//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/e2e/load"
)

// TestFleet deploys under a constant load: what visitors see of good releases, of bad ones, and of hosts that go away.
func TestFleet(t *testing.T) {
	t.Parallel()
	ctx := untilInterrupted(t)
	needDocker(ctx, t)
	buildImages(ctx, t)
	numbers := &numbers{}
	t.Cleanup(func() { numbers.keep(t) })
	for _, group := range rides {
		if group[0].long && os.Getenv("SLIPWAY_E2E_FLEET") == "" { // make e2e-fleet
			continue
		}
		t.Run(group[0].name, func(t *testing.T) {
			t.Parallel() // a host that is lost is waited for: most of the time nothing happens
			ride(ctx, t, group[0].name, group, numbers)
		})
	}
	t.Run("systemd", func(t *testing.T) {
		t.Parallel()
		testSystemd(ctx, t, numbers)
	})
}

// deployed is a deployment under load.
type deployed struct {
	name   string
	long   bool // whether it takes minutes: hosts that go away are waited for
	budget int
	unfit  string // the host on which the release fails its health check
	lost   string // the host that is lost
	how    func(b *Balanced, ctx context.Context, t *testing.T, host string)
	at     moment // when it is lost; the zero moment is before the deployment

	exit    int
	outcome string
	live    string // the hosts that serve the new version afterwards; the others serve the old one, but the lost one
	behind  string // the hosts that are behind the balancer afterwards
}

const allWeb = "web1 web2 web3 web4"

// Each group has a fleet of its own, and begins with a deployment that all is well after.
var rides = [][]deployed{
	{
		{name: "good", outcome: "activated", live: allWeb, behind: allWeb},
		{name: "unfit-third", unfit: "web3", exit: 3, outcome: "unwound", behind: allWeb},
	},
	{
		{name: "off-before", long: true, lost: "web3", how: (*Balanced).off, exit: 1, outcome: "failed", behind: allWeb},
		{
			name: "off-before-budget", budget: 1, lost: "web3", how: (*Balanced).off, exit: 7, outcome: "activated",
			live: "web1 web2 web4", behind: "web1 web2 web4",
		},
	},
	{
		{
			name: "off-during", long: true, lost: "web3", how: (*Balanced).off, at: moment{host: "web3", script: isSwitched},
			exit: 4, outcome: "person", behind: "web1 web2 web4",
		},
	},
	{
		{
			name: "hang-during-budget", long: true, budget: 1, lost: "web3", how: (*Balanced).hang, at: moment{host: "web3", script: isSwitched},
			exit: 7, outcome: "activated", live: "web1 web2 web4", behind: "web1 web2 web4",
		},
		{
			name: "off-during-budget", budget: 1, lost: "web3", how: (*Balanced).off, at: moment{host: "web3", script: isSwitched},
			exit: 7, outcome: "activated", live: "web1 web2 web4", behind: "web1 web2 web4",
		},
	},
	{
		{
			name: "off-after", long: true, lost: "web2", how: (*Balanced).off, at: moment{host: "web3", script: isSwitched},
			outcome: "activated", live: "web1 web3 web4", behind: allWeb,
		},
		{
			name: "hang-after-budget", budget: 1, lost: "web2", how: (*Balanced).hang, at: moment{host: "web3", script: isSwitched},
			outcome: "activated", live: "web1 web3 web4", behind: allWeb,
		},
		{
			name: "off-after-budget", budget: 1, lost: "web2", how: (*Balanced).off, at: moment{host: "web3", script: isSwitched},
			outcome: "activated", live: "web1 web3 web4", behind: allWeb,
		},
	},
}

// What is changed in the deploy file of examples/django-fleet: what takes time and is not the matter here.
var quickly = map[string]string{
	`(?m)^  - name: Install dependencies.*\n(    .*\n)+`: `  - name: Install dependencies
    run: |
      python3 -m venv --system-site-packages --without-pip --clear venv
      python3 -m zipfile -e vendor/wheels/*.whl venv/lib/python3*/site-packages
    roles: [web]
`,
	`(?m)^  - \{uses: django/check.*\n`: "",
	`within: 20s`:                       "within: 1m", // on a machine that is busy with other tests too
}

const fleetDotenv = "DJANGO_SECRET_KEY=" + djangoKey + "\nDATABASE_URL=postgres://brackets:brackets@db.example.com/brackets\n" +
	"ALLOWED_HOSTS=*\nLISTEN=0.0.0.0:8001\n"

// ride boots a fleet, brings the first version there, and then goes through a group of deployments under load.
func ride(ctx context.Context, t *testing.T, name string, group []deployed, numbers *numbers) {
	b := startBalanced(ctx, t, name)
	site := newSite(ctx, t, b.Fleet, quickly, "../../examples/django-fleet", "fleet")
	site.dotenv = fleetDotenv
	if first := site.next(ctx, t).Use(ctx, t, name+"-first"); first.Exit != 0 {
		t.Fatalf("the first deployment ends %d:\n%s", first.Exit, first.Raw)
	}
	for _, d := range group {
		if !t.Run(d.name, func(t *testing.T) { d.run(ctx, t, b, site, numbers) }) {
			t.Fatalf("%s went wrong: what comes after it would say nothing", d.name)
		}
	}
}

func (d deployed) run(ctx context.Context, t *testing.T, b *Balanced, site *Site, numbers *numbers) {
	old := site.Version
	for _, host := range webHosts {
		if got := b.served(ctx, host); got != fmt.Sprint(old) {
			t.Fatalf("%s serves %q before, want %d", host, got, old)
		}
	}
	site.change(t, map[string]string{`failure_budget: \d`: fmt.Sprintf("failure_budget: %d", d.budget)})
	action := site.next(ctx, t)
	action.Names = b.names()
	if d.unfit != "" {
		b.On(ctx, t, d.unfit, fmt.Sprintf("touch /srv/data/unfit-%d", site.Version))
	}
	before := b.On(ctx, t, "web1", "readlink /srv/www/broken_brackets/current")

	// What must not be done twice is not promised where a host goes away by itself.
	under := startLoad(ctx, "http://"+b.address("lb1"), d.lost == "")
	under.settle(ctx)
	if d.lost != "" && d.at == (moment{}) {
		d.how(b, ctx, t, d.lost)
	}
	began := time.Now()
	use := action.Start(ctx, t, d.name)
	if d.lost != "" && d.at != (moment{}) {
		if !d.at.reached(ctx, t, use, b.Fleet, before) {
			t.Errorf("the moment did not come")
		} else {
			d.how(b, ctx, t, d.lost)
		}
	}
	outcome := use.Wait(t)
	took := time.Since(began)
	under.settle(ctx)
	d.check(ctx, t, b, site, outcome)
	numbers.add(t, d.name, under.stop(t, old, site.Version), took, outcome.Exit)
	if t.Failed() {
		t.Logf("its log:\n%s", outcome.Raw)
		return
	}
	if d.lost != "" || d.unfit != "" {
		d.mend(ctx, t, b, site, action, numbers)
	}
}

// check compares what became of the deployment with what should.
func (d deployed) check(ctx context.Context, t *testing.T, b *Balanced, site *Site, outcome Outcome) {
	t.Helper()
	if outcome.Exit != d.exit || outcome.Outputs["outcome"] != d.outcome {
		t.Errorf("it ends %d, %s; want %d, %s", outcome.Exit, outcome.Outputs["outcome"], d.exit, d.outcome)
	}
	for _, host := range webHosts {
		want := fmt.Sprint(site.Version - 1)
		if slices.Contains(strings.Fields(d.live), host) {
			want = fmt.Sprint(site.Version)
		}
		if host == d.lost {
			continue
		}
		if got := b.served(ctx, host); got != want {
			t.Errorf("%s serves %q, want %s", host, got, want)
		}
	}
	if got := b.behind(ctx, t); got != d.behind {
		t.Errorf("behind the balancer are %q, want %q", got, d.behind)
	}
}

// mend brings the lost host back and everything to one version, under load too: by running the job again where that helps, else
// by the next version.
func (d deployed) mend(ctx context.Context, t *testing.T, b *Balanced, site *Site, action Action, numbers *numbers) {
	t.Helper()
	old := site.Version - 1
	if d.lost != "" {
		b.on(ctx, t, d.lost)
	}
	action.Attempt = 2
	if d.exit == 3 || d.exit == 4 {
		action = site.next(ctx, t)
		action.Names = b.names()
	}
	under := startLoad(ctx, "http://"+b.address("lb1"), true)
	under.settle(ctx)
	began := time.Now()
	outcome := action.Use(ctx, t, d.name+"-mended")
	took := time.Since(began)
	under.settle(ctx)
	after := deployed{outcome: outcome.Outputs["outcome"], live: allWeb, behind: allWeb}
	after.check(ctx, t, b, site, outcome)
	numbers.add(t, d.name+"-mended", under.stop(t, old, site.Version), took, outcome.Exit)
	if t.Failed() {
		t.Logf("its log:\n%s", outcome.Raw)
	}
}

// underLoad is a load, and when it began.
type underLoad struct {
	load  *load.Load
	began time.Time
}

func startLoad(ctx context.Context, url string, post bool) *underLoad {
	return &underLoad{load.Start(ctx, visitors(url, post)), time.Now()}
}

// settle waits until there are answers to requests that were made from now on.
func (u *underLoad) settle(ctx context.Context) {
	const some = 40
	now := time.Now()
	for look := time.NewTicker(50 * time.Millisecond); ; {
		answers := u.load.Answers()
		from, _ := slices.BinarySearchFunc(answers, now, func(a load.Answer, at time.Time) int { return a.At.Compare(at) })
		if len(answers)-from >= some {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// stop ends the load. Every answer must be whole, of the old version or of the new one.
func (u *underLoad) stop(t *testing.T, old, version int) []load.Answer {
	t.Helper()
	answers := u.load.Stop()
	failures := load.Failures(answers)
	for i, a := range failures {
		if i == 20 {
			t.Errorf("and %d more", len(failures)-i)
			break
		}
		t.Error(a.Line(u.began))
	}
	if shown := load.Shown(answers, fmt.Sprint(old)) + load.Shown(answers, fmt.Sprint(version)); shown+len(failures) != len(answers) {
		t.Errorf("%d answers are of another version than %d and %d", len(answers)-shown-len(failures), old, version)
	}
	dir := report(t, strings.ReplaceAll(t.Name(), "/", "-"))
	var lines strings.Builder
	for _, a := range answers {
		lines.WriteString(a.Line(u.began) + "\n")
	}
	write(t, filepath.Join(dir, fmt.Sprintf("answers-%d.txt", version)), lines.String())
	return answers
}

// numbers collects what the loads came to.
type numbers struct {
	mu    sync.Mutex
	lines []string
}

func (n *numbers) add(t *testing.T, name string, answers []load.Answer, took time.Duration, exit int) {
	t.Helper()
	line := fmt.Sprintf("%-26s exit %d after %3.0f s: %s", name, exit, took.Seconds(), load.Sum(answers))
	t.Log(line)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, line)
}

// keep prints the numbers, and writes them below those of earlier runs.
func (n *numbers) keep(t *testing.T) {
	t.Helper()
	slices.Sort(n.lines)
	text := strings.Join(n.lines, "\n") + "\n"
	t.Logf("\n%s", text)
	file, err := os.OpenFile(filepath.Join(report(t, "fleet"), "numbers.txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Error(err)
		return
	}
	_, err = fmt.Fprintf(file, "%s\n%s\n", time.Now().UTC().Format(time.DateTime), text)
	if closing := file.Close(); err != nil || closing != nil {
		t.Error(err, closing)
	}
}
