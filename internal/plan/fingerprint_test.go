package plan_test

import (
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/secret"
)

// printed is a deployment of which TestFingerprint changes one thing at a time.
type printed struct {
	cfg      *config.Config
	artifact plan.Artifact
	run      plan.Run
	now      time.Time
}

func printedShop() printed {
	cfg := shop()
	cfg.Prepare = []deploy.Step{
		{Name: "Install", Phase: deploy.Prepare, Number: 1, Run: "pip install", Shell: "sh -eu", Uses: "python/venv"},
		{Name: "Collect", Phase: deploy.Prepare, Number: 2, Run: "collect", Shell: "sh -eu", Dir: "site", Roles: []string{"web"}, Secrets: []string{"TOKEN", "KEY"}},
		{Name: "Warm", Phase: deploy.Prepare, Number: 3, Run: "warm", Shell: "sh -eu", Vars: map[string]string{"N": "1"}},
	}
	cfg.Migrate = []deploy.Step{{Name: "Migrate", Phase: deploy.Migrate, Number: 1, Run: "migrate", Shell: "sh -eu", Once: true}}
	cfg.Secrets = map[string]secret.Secret{"TOKEN": secret.New("one"), "KEY": secret.New("two")}
	return printed{cfg, built, ciRun("deploy"), now}
}

// prints are the fingerprints of all steps on all hosts that run them, by "step host".
func (d printed) prints(t *testing.T) map[string]string {
	t.Helper()
	p, err := plan.Build(d.cfg, d.artifact, d.run, d.now)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, step := range slices.Concat(p.Prepare, p.Migrate) {
		for _, host := range step.Hosts {
			found[step.Name+" "+host] = p.On(host, step).Fingerprint
		}
	}
	return found
}

// TestFingerprint changes one thing at a time, and says of which steps on which hosts it makes other ones: of no others.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	all := []string{
		"Collect web1", "Collect web2", "Install jobs1", "Install web1", "Install web2", "Migrate web2", "Warm jobs1", "Warm web1", "Warm web2",
	}
	onWeb := []string{"Collect web1", "Collect web2", "Migrate web2", "Warm web1", "Warm web2"}
	collect := func(d *printed) *deploy.Step { return &d.cfg.Prepare[1] }
	for name, test := range map[string]struct {
		change func(*printed)
		want   []string
	}{
		// What a step does.
		"script":            {func(d *printed) { collect(d).Run += " " }, onWeb},
		"first script":      {func(d *printed) { d.cfg.Prepare[0].Run = "uv pip install" }, all},
		"last script":       {func(d *printed) { d.cfg.Migrate[0].Run += " --fake" }, []string{"Migrate web2"}},
		"dir":               {func(d *printed) { collect(d).Dir = "" }, onWeb},
		"shell":             {func(d *printed) { collect(d).Shell = "bash -eu" }, onWeb},
		"its variable":      {func(d *printed) { d.cfg.Prepare[2].Vars["N"] = "2" }, []string{"Migrate web2", "Warm jobs1", "Warm web1", "Warm web2"}},
		"a host's variable": {func(d *printed) { d.cfg.Hosts[0].Vars["PORT"] = "9001" }, []string{"Collect web1", "Install web1", "Warm web1"}},
		"a new secret":      {func(d *printed) { collect(d).Secrets = []string{"TOKEN", "KEY", "NEW"} }, onWeb},
		"content":           {func(d *printed) { d.artifact.Content = "77" + d.artifact.Content[2:] }, all},
		"what it produces":  {func(d *printed) { d.cfg.Prepare[2].Produces = []string{"warm"} }, []string{"Migrate web2", "Warm jobs1", "Warm web1", "Warm web2"}},
		"a step is put first": {func(d *printed) {
			d.cfg.Prepare[0].Run, d.cfg.Prepare[1].Run = d.cfg.Prepare[1].Run, d.cfg.Prepare[0].Run
		}, all},
		"a step is dropped":   {func(d *printed) { d.cfg.Prepare = slices.Delete(d.cfg.Prepare, 1, 2) }, onWeb},
		"values trade places": {func(d *printed) { collect(d).Run, collect(d).Dir = collect(d).Dir, collect(d).Run }, onWeb},

		// Who runs it, when, how often, where else.
		"secret value":     {func(d *printed) { d.cfg.Secrets["TOKEN"] = secret.New("changed") }, nil},
		"order of secrets": {func(d *printed) { slices.Reverse(collect(d).Secrets) }, nil},
		"actor":            {func(d *printed) { d.run.Actor = "ben" }, nil},
		"attempt":          {func(d *printed) { d.run.Attempt = 2 }, nil},
		"run":              {func(d *printed) { d.run.Identity.RunID, d.run.URL = "413", "https://example.com/413" }, nil},
		"version":          {func(d *printed) { d.run.Version = "2.0.0" }, nil},
		"release":          {func(d *printed) { d.now = d.now.Add(time.Hour) }, nil},
		"revision":         {func(d *printed) { d.run.Revision = "ffffffffffff" }, nil},
		"rebuilt artifact": {func(d *printed) { d.artifact.SHA256, d.artifact.Size = "00"+d.artifact.SHA256[2:], 11 }, nil},
		"timeout, retries": {func(d *printed) { collect(d).Timeout, collect(d).Retries = time.Hour, 3 }, nil},
		"promises":         {func(d *printed) { collect(d).Idempotent, collect(d).Check, collect(d).Always = true, "true", true }, nil},
		"address":          {func(d *printed) { d.cfg.Hosts[0].Address.Host = "elsewhere" }, nil},
		"line of the file": {func(d *printed) { collect(d).At.Line = 99 }, nil},
		"a host is added": {func(d *printed) {
			d.cfg.Hosts = append(d.cfg.Hosts, deploy.Host{Name: "web3", Roles: []string{"web"}, Vars: map[string]string{"PORT": "1"}})
		}, []string{"Collect web3", "Install web3", "Warm web3"}},
		"a host is removed":  {func(d *printed) { d.cfg.Hosts = d.cfg.Hosts[1:] }, []string{"Collect web1", "Install web1", "Warm web1"}},
		"a host is renamed":  {func(d *printed) { d.cfg.Hosts[2].Name = "worker1" }, []string{"Install jobs1", "Install worker1", "Warm jobs1", "Warm worker1"}},
		"step on jobs1 only": {func(d *printed) { d.cfg.Prepare[0].Roles = []string{"worker"} }, []string{"Collect web1", "Collect web2", "Install web1", "Install web2", "Migrate web2", "Warm web1", "Warm web2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, d := printedShop().prints(t), printedShop()
			test.change(&d)
			after := d.prints(t)
			var changed []string
			for _, step := range slices.Sorted(keysOf(before, after)) {
				if before[step] != after[step] && !slices.Contains(changed, step) {
					changed = append(changed, step)
				}
			}
			if !slices.Equal(changed, test.want) {
				t.Errorf("changes %q, want %q", changed, test.want)
			}
		})
	}
}

func keysOf(maps ...map[string]string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, m := range maps {
			for key := range m {
				if !yield(key) {
					return
				}
			}
		}
	}
}

// TestFingerprintStays pins what hosts have written down: a Slipway that computes it in another way takes every step that is
// done for a changed one, and refuses the re-run of a deployment that an earlier Slipway began.
func TestFingerprintStays(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"Install web1": "089f5b99daffb9eeb2a1f9fa26191bb9",
		"Collect web1": "c3e841b5112e5ed7f4ac86135e7f6ccb",
		"Migrate web2": "8268b4062d167c3ccdbe0e7166d39efd",
	}
	got := printedShop().prints(t)
	for step, fingerprint := range want {
		if got[step] != fingerprint {
			t.Errorf("%s: %s, want %s", step, got[step], fingerprint)
		}
	}
}
