package setup_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
)

const (
	image    = "ghcr.io/example/slipway@sha256:0123"
	attested = "ghcr.io/example/slipway-attested@sha256:4567"
)

// gh stands in for GitHub's program: it knows releases by whether they are drafts, and takes files for a draft alone.
const gh = `#!/bin/sh
echo "$*" >>"$STATE/asked"
case "$1 $2" in
"release view") cat "$STATE/$3" 2>/dev/null ;;
"release create") [ ! -e "$STATE/$3" ] && cat >"$STATE/notes" && echo true >"$STATE/$3" ;;
"release upload") [ ! -e "$STATE/broken" ] && grep -q true "$STATE/$3" ;;
"release edit") echo false >"$STATE/$3" ;;
*) exit 64 ;;
esac
`

// origin is a repository that is released from.
type origin struct {
	t           *testing.T
	bare, state string
}

func newOrigin(t *testing.T) *origin {
	t.Helper()
	needtest.Programs(t, "git", "bash")
	o := &origin{t: t, bare: filepath.Join(t.TempDir(), "origin.git"), state: t.TempDir()}
	o.write(filepath.Join(o.state, "bin", "gh"), gh, 0o700)
	work := t.TempDir()
	for _, name := range []string{"action.yml", ".ci/publish", "setup/install.sh"} {
		text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		o.write(filepath.Join(work, filepath.FromSlash(name)), string(text), 0o700)
	}
	o.write(filepath.Join(work, "CHANGELOG.md"), "# Changelog\n\n## [1.3.0] - 2026\n\n- Newer.\n\n## [1.2.3] - 2026\n\n- A `mend`.\n\n[1.2.3]: https://example.com\n", 0o600)
	o.git(work, "init", "--quiet", "--initial-branch", "main")
	o.git(work, "add", "--all")
	o.git(work, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "commit", "--quiet", "--message", "One")
	o.git(work, "clone", "--quiet", "--bare", work, o.bare)
	return o
}

func (o *origin) write(path, text string, mode os.FileMode) {
	o.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		o.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		o.t.Fatal(err)
	}
}

func (o *origin) git(dir string, args ...string) string {
	o.t.Helper()
	cmd := exec.CommandContext(o.t.Context(), "git", append([]string{"-C", dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		o.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// publish is the job of the release workflow, on a runner of its own.
func (o *origin) publish(version, program string) error {
	o.t.Helper()
	work := filepath.Join(o.t.TempDir(), "work")
	o.git(o.state, "clone", "--quiet", o.bare, work)
	o.write(filepath.Join(work, "dist", "SHA256SUMS"), program+"  slipway_linux_amd64\n"+program+"  slipway_linux_amd64.cdx.json\n"+program+"  slipway_darwin_arm64\n"+program+"  slipway-verify_linux_amd64\n", 0o600)
	cmd := exec.CommandContext(o.t.Context(), filepath.Join(work, ".ci", "publish"), version, image, attested)
	cmd.Env = append(os.Environ(), "STATE="+o.state, "PATH="+filepath.Join(o.state, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"), "GIT_CONFIG_GLOBAL="+os.DevNull)
	out, err := cmd.CombinedOutput()
	o.t.Logf("publish %s: %v\n%s", version, err, out)
	return err
}

// commit is what a tag points to; "" where there is none.
func (o *origin) commit(tag string) string {
	o.t.Helper()
	return o.git(o.bare, "for-each-ref", "--format=%(objectname)", "refs/tags/"+tag)
}

// TestPublish: a release that was stopped is not seen by who uses v1, and the second attempt completes it: the same commit, the files, the tag.
func TestPublish(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	broken := filepath.Join(o.state, "broken")
	o.write(broken, "", 0o600)
	if o.publish("v1.2.3", "aa") == nil {
		t.Fatal("it ends well without its files")
	}
	first := o.commit("v1.2.3")
	if first == "" || o.commit("v1") != "" {
		t.Fatalf("after it was stopped v1.2.3 is %q, v1 %q", first, o.commit("v1"))
	}
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing left to do
		if err := o.publish("v1.2.3", "aa"); err != nil {
			t.Fatal(err)
		}
	}
	if o.commit("v1.2.3") != first || o.commit("v1") != first {
		t.Errorf("v1.2.3 is %s, v1 %s, both should be %s", o.commit("v1.2.3"), o.commit("v1"), first)
	}
	// Else the second attempt, in another second, would have made another commit.
	if made := o.git(o.bare, "show", "--no-patch", "--format=%ad %cd", "--date=short", "v1"); made != "2026-01-02 2026-01-02" {
		t.Errorf("the commit is of %s, and not of the time of its parent", made)
	}
	for name, want := range map[string]string{
		"setup/VERSION": "1.2.3", "setup/SHA256SUMS": "aa  slipway_linux_amd64\naa  slipway_darwin_arm64\naa  slipway-verify_linux_amd64",
	} {
		if got := o.git(o.bare, "show", "v1:"+name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := o.git(o.bare, "show", "v1:action.yml"); !strings.Contains(got, "\n  image: docker://"+image+"\n") {
		t.Errorf("action.yml names no image by digest:\n%s", got)
	}
	// The second action is the first with another image, and another name.
	own := strings.Replace(o.git(o.bare, "show", "v1:action.yml"), image, attested, 1)
	if got := o.git(o.bare, "show", "v1:attested/action.yml"); got != strings.Replace(own, "name: Slipway\n", "name: Slipway with verified attestations\n", 1) {
		t.Errorf("attested/action.yml:\n%s", got)
	}
	if got := o.git(o.bare, "diff", "--name-only", "main", "v1"); got != "action.yml\nattested/action.yml\nsetup/SHA256SUMS\nsetup/VERSION" {
		t.Errorf("the release changes %q; workflows it may not", got)
	}
	if notes, err := os.ReadFile(filepath.Join(o.state, "notes")); err != nil || strings.TrimSpace(string(notes)) != "- A `mend`." {
		t.Errorf("the notes are %q, %v", notes, err)
	}
}

// TestPublishLeavesTheNewest: v1 does not go back to a mend of an older version, and another build of a version does not replace it.
func TestPublishLeavesTheNewest(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	for _, version := range []string{"v1.10.0", "v1.9.1", "v2.0.0"} {
		if err := o.publish(version, "aa"); err != nil {
			t.Fatal(err)
		}
	}
	newest := o.commit("v1.10.0")
	if o.commit("v1") != newest || o.commit("v2") != o.commit("v2.0.0") {
		t.Errorf("v1 is %s, want %s", o.commit("v1"), newest)
	}
	if o.publish("v1.10.0", "bb") == nil || o.commit("v1.10.0") != newest || o.commit("v1") != newest {
		t.Errorf("another build of v1.10.0 replaced it")
	}
}
