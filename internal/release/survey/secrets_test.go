package survey_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/survey"
)

// The secret files of the live release are told by their hashes, to who asks for them: no link, pipe or huge file among them.
func TestSecretSums(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		ask := func() deploy.SecretSums {
			t.Helper()
			facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Secrets: true, SharedFiles: []string{"x"}})
			if err != nil || len(facts.MissingShared) != 1 {
				t.Fatalf("%+v, %v", facts.MissingShared, err)
			}
			return facts.LiveSecrets
		}
		deployed(t, host, map[string]string{"a": ""})
		must(t, os.Symlink("releases/"+string(first), host.Site.Current()))
		if got := ask(); len(got) > 0 {
			t.Errorf("without secret files: %v", got)
		}
		set := host.Site.Secrets(first)
		put(t, set+"/.env", "A=1\n")
		put(t, set+"/etc/it's a key", "")
		put(t, set+"/large", strings.Repeat("x", 1<<20+1))
		put(t, host.Site.Secrets(second)+"/.env", "A=2\n")
		must(t, os.Symlink("/etc/passwd", set+"/link"))
		must(t, syscall.Mkfifo(filepath.Join(set, "pipe"), 0o600))
		want := deploy.SecretSums{".env": deploy.SecretSumOf("A=1\n"), "etc/it's a key": deploy.SecretSumOf("")}
		if got := ask(); !maps.Equal(got, want) {
			t.Errorf("%d: %v", len(got), got)
		}
		if facts := take(t, host); facts.LiveSecrets != nil {
			t.Error("told without being asked")
		}
		var lists []deploy.SecretSums
		err := release.Run(t.Context(), host, survey.SecretsOf(host.Site, []deploy.ReleaseID{first, "", second, "20261121-083000-77aa001-ffffff"}, &lists))
		if err != nil || len(lists) != 4 || !maps.Equal(lists[0], want) || len(lists[1])+len(lists[3]) > 0 || lists[2][".env"] != deploy.SecretSumOf("A=2\n") {
			t.Errorf("%v, %v", lists, err)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
