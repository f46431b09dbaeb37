package changes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/artifact/treetest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/pool"
)

const (
	v1 = deploy.ReleaseID("20261101-000000-0000001-000001")
	v2 = deploy.ReleaseID("20261102-000000-0000002-000002")
)

// machines are hosts that are this machine, by name.
type machines map[string]*releasetest.Host

func (m machines) Connect(_ context.Context, host deploy.Host) (transport.Conn, error) {
	return m[host.Name], nil
}

func (m machines) Close() error { return nil }

// hostsOf makes a fleet of hosts that have nothing yet.
func hostsOf(t *testing.T, names ...string) (machines, *fleet.Fleet) {
	t.Helper()
	m := machines{}
	var hosts []deploy.Host
	for _, name := range names {
		m[name] = releasetest.NewHost(t, "dash")
		hosts = append(hosts, deploy.Host{Name: name, DeployPath: m[name].Site.Root})
	}
	gathered := fleet.Gather(t.Context(), pool.New(m, 0), hosts, survey.Question{}, func(string) {})
	t.Cleanup(func() { _ = gathered.Close() })
	for _, name := range names {
		if err := gathered.On(name).Span.Err; err != nil {
			t.Fatal(err)
		}
	}
	return m, gathered
}

// tarball is an artifact of some files, of which some may be executed.
func tarball(t *testing.T, files map[string]string, programs ...string) OfArtifact {
	t.Helper()
	dir := t.TempDir()
	treetest.Write(t, filepath.Join(dir, "tree"), files)
	for _, path := range programs {
		if err := os.Chmod(filepath.Join(dir, "tree", path), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	treetest.Run(t, filepath.Join(dir, "tree"), "tar", "-cf", "../site.tar", ".")
	opened, err := artifact.Open(t.Context(), filepath.Join(dir, "site.tar"), artifact.Options{TempDir: dir, MaxSize: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return OfArtifact{opened}
}

// keep puts a release with its records on a host.
func keep(t *testing.T, site release.Site, id deploy.ReleaseID, files map[string]string) {
	t.Helper()
	treetest.Write(t, site.Release(id), files)
	manifest := tarball(t, files).Artifact.Manifest()
	var entries, sums strings.Builder
	if err := errors.Join(manifest.WriteEntries(&entries), manifest.WriteSHA256(&sums)); err != nil {
		t.Fatal(err)
	}
	treetest.Write(t, filepath.Join(site.Records(id), "manifest"), map[string]string{
		"entries": entries.String(), "sha256": sums.String(), "content": string(manifest.Content()) + "\n",
	})
}

func live(host string, id deploy.ReleaseID) deploy.LiveRelease {
	return deploy.LiveRelease{Host: host, Release: id}
}

// Hosts that run the same content are one group, whatever their releases are called; each other content has its own changes.
func TestOfGroupsHosts(t *testing.T) {
	t.Parallel()
	m, hosts := hostsOf(t, "web1", "web2", "web3", "web4", "web5")
	old := map[string]string{"index.html": "one\n", "gone.txt": "x\n"}
	keep(t, m["web1"].Site, v1, old)
	keep(t, m["web2"].Site, v2, old)
	next := map[string]string{"index.html": "two\n", "new.txt": "x\n"}
	keep(t, m["web3"].Site, v2, next)
	got, err := Of(t.Context(), hosts, []deploy.LiveRelease{
		live("web1", v1), live("web2", v2), live("web3", v2), live("web4", ""), {Host: "web5", Foreign: "releases/7"},
	}, tarball(t, next), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []deploy.FileChanges{
		{
			Hosts: []string{"web1", "web2"}, Live: v1, Added: []string{"new.txt"}, Changed: []string{"index.html"}, Removed: []string{"gone.txt"},
			Diffs: []deploy.FileDiff{{Path: "index.html", Text: "--- a/index.html\n+++ b/index.html\n@@ -1 +1 @@\n-one\n+two\n"}},
		},
		{Hosts: []string{"web3"}, Live: v2},
		{Hosts: []string{"web4"}, Added: []string{"index.html", "new.txt"}},
		{Hosts: []string{"web5"}, Unknown: "another tool made what is live: releases/7"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What a host cannot say of its release is told as unknown, and the others are compared all the same.
func TestOfWithoutManifest(t *testing.T) {
	t.Parallel()
	m, hosts := hostsOf(t, "web1", "web2", "web3")
	files := map[string]string{"a": "1"}
	for _, name := range []string{"web2", "web3"} {
		keep(t, m[name].Site, v1, files)
	}
	if err := os.Remove(filepath.Join(m["web2"].Site.Records(v1), "manifest", "entries")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m["web2"].Site.Records(v1), "manifest", "content"), []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	all := []deploy.LiveRelease{live("web1", v1), live("web2", v1), live("web3", v1)}
	got, err := Of(t.Context(), hosts, all, tarball(t, map[string]string{"a": "2"}), nil)
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	if !strings.Contains(got[0].Unknown, "has no manifest there") || got[1].Unknown == "" || got[2].Unknown != "" || !slices.Equal(got[2].Changed, []string{"a"}) {
		t.Errorf("%+v", got)
	}
}

// interrupted is a content during whose reading the time is over.
type interrupted struct {
	Next
	end func()
}

func (i interrupted) Manifest(ctx context.Context) (content.Manifest, error) {
	i.end()
	return content.Manifest{}, ctx.Err()
}

func TestOfEndsWithTheContext(t *testing.T) {
	t.Parallel()
	m, hosts := hostsOf(t, "web1")
	keep(t, m["web1"].Site, v1, map[string]string{"a": "1"})
	cause := errors.New("the time is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	next := interrupted{tarball(t, map[string]string{"a": "2"}), func() { cancel(cause) }}
	if got, err := Of(ctx, hosts, []deploy.LiveRelease{live("web1", v1)}, next, nil); !errors.Is(err, cause) || got != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// No content is shown of hidden paths, of what was changed on the host by hand, of links, and of what is no text.
func TestDiffsShowNothingElse(t *testing.T) {
	t.Parallel()
	m, hosts := hostsOf(t, "web1")
	paths := []string{".env", ".envrc", "media/a.txt", "mediafile", "binary", "latin1", "edited"}
	files := func(text string) map[string]string {
		all := map[string]string{"binary": "\x00" + text, "latin1": "\xe9" + text}
		for _, path := range paths {
			if all[path] == "" {
				all[path] = text + "\n"
			}
		}
		return all
	}
	keep(t, m["web1"].Site, v1, files("old"))
	treetest.Write(t, m["web1"].Site.Release(v1), map[string]string{"edited": "by hand\n"})
	got, err := Of(t.Context(), hosts, []deploy.LiveRelease{live("web1", v1)}, tarball(t, files("new")), []string{".env", "media"})
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	slices.Sort(paths)
	if !slices.Equal(got[0].Changed, paths) {
		t.Errorf("changed %q", got[0].Changed)
	}
	var shown []string
	for _, diff := range got[0].Diffs {
		shown = append(shown, diff.Path)
	}
	if !slices.Equal(shown, []string{".envrc", "mediafile"}) {
		t.Errorf("shown %q", shown)
	}
}

// A file that may be executed now has changed, and there is no diff of its text.
func TestOtherMode(t *testing.T) {
	t.Parallel()
	m, hosts := hostsOf(t, "web1")
	files := map[string]string{"run.sh": "echo\n"}
	keep(t, m["web1"].Site, v1, files)
	got, err := Of(t.Context(), hosts, []deploy.LiveRelease{live("web1", v1)}, tarball(t, files, "run.sh"), nil)
	want := []deploy.FileChanges{{Hosts: []string{"web1"}, Live: v1, Changed: []string{"run.sh"}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// A release that a host keeps is what would run after a rollback.
func TestOfAKeptRelease(t *testing.T) {
	t.Parallel()
	m, hosts := hostsOf(t, "web1")
	keep(t, m["web1"].Site, v1, map[string]string{"a": "1\n"})
	keep(t, m["web1"].Site, v2, map[string]string{"a": "2\n"})
	got, err := Of(t.Context(), hosts, []deploy.LiveRelease{live("web1", v2)}, &OnHost{Host: hosts.On("web1"), Release: v1}, nil)
	if err != nil || len(got) != 1 || len(got[0].Diffs) != 1 || !strings.HasSuffix(got[0].Diffs[0].Text, "-2\n+1\n") {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := Of(t.Context(), hosts, []deploy.LiveRelease{live("web1", v2)}, &OnHost{Host: hosts.On("web1"), Release: "20260101-000000-0000009-000009"}, nil); err == nil || !strings.Contains(err.Error(), "has no manifest there") {
		t.Error(err)
	}
	if _, err := (&OnHost{Host: hosts.On("web1"), Release: v1}).Files(t.Context(), []string{"b"}, maxFile); err == nil || !strings.Contains(err.Error(), "b is not in the manifest") {
		t.Error(err)
	}
}

// A diff that is too long is left out, and so is what would make all of them too long; shorter ones behind it are shown.
func TestDiffsAreBounded(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("x", 99) + "\n"
	before, after := map[string][]byte{}, map[string][]byte{}
	var paths []string
	add := func(path string, lines int) {
		paths = append(paths, path)
		before[path], after[path] = []byte("old\n"), []byte("old\n"+strings.Repeat(line, lines))
	}
	add("long", maxDiff/len(line)+1)
	for _, path := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		add(path, maxDiff/len(line)-2)
	}
	add("short", 1)
	total := 0
	var shown []string
	for _, diff := range diffs(paths, before, after) {
		total += len(diff.Text)
		shown = append(shown, diff.Path)
	}
	if want := []string{"1", "2", "3", "4", "5", "6", "7", "8", "short"}; !slices.Equal(shown, want) || total > maxAll {
		t.Errorf("%q with %d bytes, wanted %q", shown, total, want)
	}
}

// Of very many files that differ the first are shown, and all are named.
func TestManyFiles(t *testing.T) {
	t.Parallel()
	m, hosts := hostsOf(t, "web1")
	before, after := map[string]string{}, map[string]string{}
	for i := range maxFiles + 5 {
		name := fmt.Sprintf("f%03d", i)
		before[name], after[name] = "1\n", "2\n"
	}
	keep(t, m["web1"].Site, v1, before)
	got, err := Of(t.Context(), hosts, []deploy.LiveRelease{live("web1", v1)}, tarball(t, after), nil)
	if err != nil || len(got) != 1 || len(got[0].Changed) != maxFiles+5 || len(got[0].Diffs) != maxFiles {
		t.Errorf("%d named, %d shown, %v", len(got[0].Changed), len(got[0].Diffs), err)
	}
}

func TestBelow(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{"media": true, "media/a/b": true, "mediafile": false, "a/media": false, ".env": true, ".env.local": false} {
		if got := below(path, []string{"media", ".env"}); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// The manifest of a release is asked for once.
func TestManifestIsAskedForOnce(t *testing.T) {
	t.Parallel()
	m, hosts := hostsOf(t, "web1")
	keep(t, m["web1"].Site, v1, map[string]string{"a": "1"})
	on := &OnHost{Host: hosts.On("web1"), Release: v1}
	var all []content.Manifest
	for range 2 {
		manifest, err := on.Manifest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, manifest)
		if err := os.RemoveAll(m["web1"].Site.Records(v1)); err != nil {
			t.Fatal(err)
		}
	}
	if all[0].Content() != all[1].Content() || all[0].Len() == 0 {
		t.Errorf("%v", all)
	}
}
