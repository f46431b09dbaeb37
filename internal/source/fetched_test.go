package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/download"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/github/githubtest"
	"github.com/slipway/slipway/internal/secret"
)

func sha(digit string) string { return strings.Repeat(digit, 40) }

// fetcher asks a server that has a branch main (1, 2), a branch feature (1, 3), a tag v1 (1), a pull request (4), and a run for each.
func fetcher(t *testing.T) Fetcher {
	t.Helper()
	f, _ := fetcherOf(t)
	return f
}

func fetcherOf(t *testing.T) (Fetcher, *githubtest.Server) {
	t.Helper()
	server := githubtest.Start("acme/site", "ghs_token")
	repo := githubtest.Repo{
		Branches: map[string][]string{"main": {sha("1"), sha("2")}, "feature": {sha("1"), sha("3")}},
		Tags:     map[string]string{"v1": sha("1")}, Pulls: map[string]string{"12/merge": sha("4")},
		Releases: map[string][]githubtest.File{"v1": {{ID: 50, Name: "site.tar.gz", Content: []byte("asset")}}},
	}
	for i, digit := range []string{"1", "2", "3", "4"} {
		id := int64(i + 1)
		repo.Runs = append(repo.Runs, githubtest.Run{
			ID: id, Branch: "main", Commit: sha(digit), Artifacts: []githubtest.File{{ID: 10 + id, Name: "site", Content: []byte("built of " + digit)}},
		})
	}
	server.Set(repo)
	t.Cleanup(func() {
		server.Close()
		for _, wrong := range server.Wrong() {
			t.Errorf("the client did wrong: %s", wrong)
		}
	})
	api, err := github.New(github.Options{API: server.API(), Repository: "acme/site", Token: secret.New("ghs_token")})
	if err != nil {
		t.Fatal(err)
	}
	return Fetcher{API: api, Download: download.New(), TempDir: t.TempDir(), Most: 1 << 20}, server
}

func TestFromCI(t *testing.T) {
	t.Parallel()
	mainOnly, releases := []string{"refs/heads/main"}, []string{"refs/heads/release/*", "refs/tags/*"}
	for name, test := range map[string]struct {
		ref     string
		allow   []string
		earlier string
		want    string // the commit's digit
		cause   string
	}{
		"the run's own commit":                     {want: "2"},
		"whatever an earlier attempt says of none": {earlier: sha("1"), want: "2"},
		"a branch":                             {ref: "feature", want: "3"},
		"a branch that may":                    {ref: "main", allow: mainOnly, want: "2"},
		"a branch that may not":                {ref: "feature", allow: mainOnly, cause: "`refs/heads/feature` may not be deployed here"},
		"a tag by a pattern":                   {ref: "v1", allow: releases, want: "1"},
		"a commit":                             {ref: sha("3"), want: "3"},
		"a commit of a branch that may":        {ref: sha("1")[:7], allow: mainOnly, want: "1"},
		"a commit of a branch that may not":    {ref: sha("3"), allow: mainOnly, cause: "commit 3333333 is on no ref that may be deployed here"},
		"a commit, and patterns alone":         {ref: sha("1"), allow: releases, cause: "is on no ref that may be deployed here"},
		"a pull request":                       {ref: "refs/pull/12/merge", cause: "refs/pull/12/merge is of a pull request, which nobody has merged"},
		"a pull request that may not":          {ref: "refs/pull/12/merge", allow: mainOnly, cause: "may not be deployed here"},
		"a pull request that may":              {ref: "refs/pull/12/merge", allow: []string{"refs/pull/*/merge"}, want: "4"},
		"what was deployed before":             {ref: "main", earlier: sha("1"), want: "1"},
		"what was deployed before, and may be": {ref: "main", allow: mainOnly, earlier: sha("1"), want: "1"},
		"a record that steers elsewhere":       {ref: "main", allow: mainOnly, earlier: sha("3"), cause: "is on no ref that may be deployed here"},
		"a record that is none":                {ref: "main", earlier: "../../x", cause: `"../../x" is no commit`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fetcher(t)
			wanted := Wanted{
				Artifact: "site", Ref: test.ref, RunCommit: sha("2"), RunRef: "refs/heads/main", AllowRefs: test.allow, Earlier: deploy.Provenance{Commit: test.earlier},
			}
			commit, err := f.Commit(t.Context(), wanted)
			if test.cause != "" {
				if err == nil || !strings.Contains(err.Error(), test.cause) {
					t.Errorf("%v, wanted %q", err, test.cause)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wanted.Commit = commit
			got, err := f.FromCI(t.Context(), wanted)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(got.Path)
			if got.Commit != sha(test.want) || got.By.Commit != got.Commit || string(text) != "built of "+test.want || err != nil {
				t.Errorf("%+v holds %q, %v", got, text, err)
			}
			if err := got.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(got.Path); !os.IsNotExist(err) {
				t.Errorf("it is left behind: %v", err)
			}
		})
	}
}

func TestFromURL(t *testing.T) {
	t.Parallel()
	f := fetcher(t)
	sum := sha256.Sum256([]byte("asset"))
	digest := deploy.Digest(hex.EncodeToString(sum[:]))
	const address = "https://github.example/acme/site/releases/download/v1/site.tar.gz?x=1"
	got, err := f.FromURL(t.Context(), address, digest, "https://github.example/acme/site")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(got.Path); !bytes.Equal(text, []byte("asset")) || err != nil || got.Commit != sha("1") || got.Name != "github.example/acme/site/releases/download/v1/site.tar.gz" {
		t.Errorf("%+v holds %q, %v", got, text, err)
	}
	if _, err := f.FromURL(t.Context(), address, digest[:63]+"0", "https://github.example/acme/site"); err == nil || !strings.Contains(err.Error(), "was promised") {
		t.Error(err)
	}
	if left, err := os.ReadDir(f.TempDir); len(left) != 1 || err != nil { // the one that is not closed
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// GitHub Enterprise Server may send an asset itself, in the place of a redirect; a cut is gone on after there, too.
func TestFromURLStreamed(t *testing.T) {
	t.Parallel()
	f, server := fetcherOf(t)
	server.Streams, server.Cut = true, 3
	sum := sha256.Sum256([]byte("asset"))
	got, err := f.FromURL(t.Context(), "https://github.example/acme/site/releases/download/v1/site.tar.gz", deploy.Digest(hex.EncodeToString(sum[:])), "https://github.example/acme/site")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(got.Path); string(text) != "asset" || err != nil || got.Commit != sha("1") {
		t.Errorf("%+v holds %q, %v", got, text, err)
	}
	if err := got.Close(); err != nil {
		t.Error(err)
	}
}

// An artifact is kept within the size that is allowed, and what a broken download left is removed.
func TestFetchedIsBounded(t *testing.T) {
	t.Parallel()
	f := fetcher(t)
	f.Most = 3
	_, err := f.FromCI(t.Context(), Wanted{Artifact: "site", Commit: sha("1")})
	if err == nil || !strings.Contains(err.Error(), "artifact site of run 1: it has more than 3 B") {
		t.Error(err)
	}
	if left, err := os.ReadDir(f.TempDir); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	f.TempDir = "/nowhere"
	if _, err = f.FromCI(t.Context(), Wanted{Artifact: "site", Commit: sha("1")}); err == nil || !strings.Contains(err.Error(), "no temporary file") {
		t.Error(err)
	}
}
