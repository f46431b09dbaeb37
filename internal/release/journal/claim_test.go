package journal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/survey"
)

// claimOf is the claim of one of several jobs.
func claimOf(attempt, job int) deploy.Claim {
	return deploy.Claim{
		Attempt: attempt, Release: deploy.ReleaseID(fmt.Sprintf("20261121-0730%02d-1a2b3c4-9f3c51", job)), Content: deploy.Digest("9f3c51" + strings.Repeat("0", 58)),
	}
}

func claim(t *testing.T, host *releasetest.Host, mine deploy.Claim) (named deploy.Claim) {
	t.Helper()
	if err := release.Run(t.Context(), host, journal.Claim(host.Site, deployment, mine, &named)); err != nil {
		t.Error(err)
	}
	return named
}

// The first of several jobs names the release of an attempt, also on a host that has no deploy path yet; a survey tells the name, which
// outlives the opening of the journal.
func TestClaim(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		first := claim(t, host, claimOf(1, 1))
		if second := claim(t, host, claimOf(1, 2)); first != claimOf(1, 1) || second != first {
			t.Errorf("they named %v and %v", first, second)
		}
		if later := claim(t, host, claimOf(2, 3)); later != claimOf(2, 3) {
			t.Errorf("a later attempt named %v", later)
		}
		for path, mode := range map[string]os.FileMode{"": 0o755, ".slipway": 0o700, ".slipway/deployments": 0o700} {
			if info, err := os.Stat(filepath.Join(host.Site.Root, path)); err != nil || info.Mode().Perm() != mode {
				t.Errorf("%q: %v, %v", path, info, err)
			}
		}
		for range 2 {
			facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Deployment: deployment})
			if err != nil || facts.Claim != claimOf(2, 3) {
				t.Errorf("the survey tells of %v, %v", facts.Claim, err)
			}
			if other, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Deployment: "another"}); err != nil || other.Claim != (deploy.Claim{}) {
				t.Errorf("another deployment sees %v, %v", other.Claim, err)
			}
			if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{})); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Jobs that come at the same moment agree.
func TestClaimAtTheSameTime(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		var named [6]deploy.Claim
		var all sync.WaitGroup
		for i := range named {
			all.Go(func() { named[i] = claim(t, host, claimOf(1, i)) })
		}
		all.Wait()
		for i := range named {
			if named[i] != named[0] || !named[i].Release.Valid() {
				t.Errorf("job %d was told %v, job 0 %v", i, named[i], named[0])
			}
		}
	})
}

// A job that is killed on the way leaves no name, or a whole one.
func TestKilledClaim(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		for _, program := range []string{"mkdir", "chmod", "ln", "readlink"} {
			for _, when := range []string{"kill -9 $$", `command "$@"; kill -9 $$`} {
				host := releasetest.NewHost(t, host.Name)
				killed := *host
				killed.Plain = true
				killed.Patch = func(script string) string {
					return "die() { " + when + "; }\n" + program + "() { die " + program + " \"$@\"; }\n" + script
				}
				var named deploy.Claim
				if err := release.Run(t.Context(), &killed, journal.Claim(host.Site, deployment, claimOf(1, 1), &named)); err == nil {
					t.Errorf("%s: not killed", program)
				}
				got, again := claim(t, host, claimOf(1, 2)), claim(t, host, claimOf(1, 3))
				if got != claimOf(1, 1) && got != claimOf(1, 2) || again != got {
					t.Errorf("killed at %s: named %v, then %v", program, got, again)
				}
			}
		}
	})
}

// What is no claim is said, and not gone by.
func TestOddClaim(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		folder := host.Site.Journal(deployment)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("somewhere", filepath.Join(folder, "claim-1")); err != nil {
			t.Fatal(err)
		}
		var named deploy.Claim
		err := release.Run(t.Context(), host, journal.Claim(host.Site, deployment, claimOf(1, 1), &named))
		if err == nil || !strings.Contains(err.Error(), "names no release") {
			t.Errorf("%v, %v", named, err)
		}
		if _, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Deployment: deployment}); err == nil || !strings.Contains(err.Error(), "names no release") {
			t.Errorf("the survey says %v", err)
		}
	})
}

// What is read is what a claim writes, and nothing else.
func FuzzParseClaim(f *testing.F) {
	mine := claimOf(1, 1)
	f.Add(fmt.Sprintf("1 %s %s", mine.Release, mine.Content))
	f.Add("1 somewhere")
	f.Add("-1  ")
	f.Fuzz(func(t *testing.T, text string) {
		claim, err := journal.ParseClaim(text)
		if err != nil {
			return
		}
		again, err := journal.ParseClaim(fmt.Sprintf("%d %s %s", claim.Attempt, claim.Release, claim.Content))
		if err != nil || again != claim || claim.Attempt < 1 || !claim.Release.Valid() {
			t.Errorf("%q is %+v, and then %+v, %v", text, claim, again, err)
		}
	})
}
