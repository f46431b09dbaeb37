package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// What preflight refuses is a finding that fails, and what it warns of one that does not; a check without either is all right.
func TestFindings(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.Hosts[2].NoRelease, cfg.Migrate = true, nil
	p, err := plan.Build(cfg, built, ciRun("deploy"), now)
	if err != nil {
		t.Fatal(err)
	}
	facts := fleet()
	web1 := facts["web1"]
	web1.Current, web1.MissingShared, web1.ClockSkew = deploy.CurrentDirectory, []string{".env"}, time.Hour
	web1.Hold = &deploy.Hold{Reason: "moving"}
	web1.Unfinished = []deploy.JournalFacts{{ID: "7-deploy"}}
	web1.NoExec = true
	web1.Lock = deploy.LockState{Generation: 3, Owner: deploy.LockOwner{Actor: "anna", Command: "deploy"}}
	facts["web1"] = web1
	web2 := facts["web2"]
	web2.FreeBytes = 1
	facts["web2"] = web2
	states := map[string]deploy.FindingState{}
	texts := map[string]string{}
	for _, f := range p.Findings(facts) {
		states[f.Host+" "+f.Check] = f.State
		texts[f.Host+" "+f.Check] = f.Text + ": " + f.Mend
	}
	for key, want := range map[string]deploy.FindingState{
		"web1 current": deploy.FindingFail, "web1 shared files": deploy.FindingFail, "web1 clock": deploy.FindingWarn,
		"web1 hold": deploy.FindingWarn, "web1 lock": deploy.FindingWarn, "web1 leftovers": deploy.FindingWarn, "web1 rights": deploy.FindingWarn,
		"web1 tools": deploy.FindingOK, "web2 space": deploy.FindingFail, "web2 current": deploy.FindingOK, "jobs1 tools": deploy.FindingOK,
		"jobs1 current": "",
	} {
		if states[key] != want {
			t.Errorf("%s: %q, wanted %q", key, states[key], want)
		}
	}
	for key, want := range map[string]string{
		"web1 lock": "locked by deploy by anna", "web1 hold": "`slipway unhold -e production`", "web1 leftovers": "7-deploy",
	} {
		if !strings.Contains(texts[key], want) {
			t.Errorf("%s: %q", key, texts[key])
		}
	}

	// The same, as a deployment says it.
	_, err = plan.Resolve(p, facts)
	for _, want := range []string{"is a real directory", ".env is missing", "free"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a deployment says %v", err)
		}
	}

	// Room that old releases make is a warning.
	web2 = kept(facts["web2"], v3, verified(v3), deploy.ReleaseFacts{ID: v1, Staged: true, Failed: true, Size: deploy.Room{Bytes: 1 << 30}})
	for _, f := range p.Findings(map[string]deploy.Facts{"web2": web2}) {
		if f.Check == deploy.CheckSpace && (f.State != deploy.FindingWarn || !strings.Contains(f.Mend, "slipway prune -e production")) {
			t.Errorf("%+v", f)
		}
	}
}
