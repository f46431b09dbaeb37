package stage_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
)

// elsewhere puts members into another deploy path of the host, as a deployment with another umask did, and gives the folder.
func elsewhere(t *testing.T, host *releasetest.Host, a *artifact.Artifact) stage.Base {
	t.Helper()
	other := *host
	other.Site = release.Site{Root: filepath.Join(host.Home, `sta"ging`), Umask: "027"}
	open(t, &other)
	stagedAs(t, &other, baseID, a)
	return stage.Base{Folder: other.Site.Release(baseID)}
}

// alike is a payload for a host that has another environment's release of the same content: the whole manifest, and no more than has to be
// sent.
func alike(t *testing.T, encoding string, a *artifact.Artifact) stage.Payload {
	t.Helper()
	reuse := content.NewReuse(a.Manifest(), a.Manifest(), nil)
	reuse.Base = nil
	delta, err := a.Delta(t.Context(), reuse, encoding)
	must(t, err)
	return delta
}

// A release of the same content in another deploy path, whose records this user need not be able to read, is copied.
func TestCopy(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		a := built(t, append([]member{{name: "closed/", mode: 0o700}, {name: "closed/in", content: "x"}}, site...))
		base := elsewhere(t, host, a)
		put(t, base.Folder+"/venv/bin/python", "made by a step")
		before := listing(t, base.Folder)
		for _, encoding := range encodings(host) {
			host.Site.Root += "x"
			open(t, host)
			for range 2 {
				var unfit []string
				must(t, release.Run(t.Context(), host, stage.Copy(host.Site, releaseID, alike(t, encoding, a), base, &unfit, nil)))
			}
			wantLike(t, host, a)
		}
		same(t, listing(t, base.Folder), before)
	})
}

// What becomes a link or a pipe while it is copied is neither followed nor waited for.
func TestCopyOfWhatIsReplaced(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		a := built(t, site)
		base := elsewhere(t, host, a)
		open(t, host)
		const listed = "\tsame_files >\"$place/list\"\n"
		host.Patch = func(script string) string {
			return strings.Replace(script, listed, listed+"rm -f private 'bin/run me'; ln -s index.html private; mkfifo 'bin/run me'\n", 1)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var unfit []string
		err := release.Run(ctx, host, stage.Copy(host.Site, releaseID, alike(t, "gzip", a), base, &unfit, nil))
		wantNotCopied(t, err)
		if !slices.Equal(unfit, []string{"bin/run me", "private"}) {
			t.Errorf("unfit are %q: %v", unfit, err)
		}
		noRelease(t, host)
	})
}

// same wants two listings to be the same.
func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s is %.300q, want %.300q", name, got[name], text)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("there is %s, too", name)
		}
	}
}

// A release that the deploy user may not read, because another user made it, is not copied either, and says so.
func TestCopyOfAnothersRelease(t *testing.T) {
	lost := map[string][]string{"index.html": {"index.html"}, "media": {"media/logo.png"}, ".": nil}
	for closed := range lost {
		t.Run(closed, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				a := built(t, site)
				base := elsewhere(t, host, a)
				host.WithoutRoot(t)
				must(t, os.Chmod(filepath.Join(base.Folder, closed), 0))
				t.Cleanup(func() { _ = os.Chmod(filepath.Join(base.Folder, closed), 0o755) }) // it is to be deleted
				open(t, host)
				var unfit []string
				err := release.Run(t.Context(), host, stage.Copy(host.Site, releaseID, alike(t, "gzip", a), base, &unfit, nil))
				wantNotCopied(t, err)
				if !slices.Equal(unfit, lost[closed]) {
					t.Errorf("unfit are %q: %v", unfit, err)
				}
				noRelease(t, host)
				uploadedAgain(t, host)
			})
		})
	}
}

// A copy that is killed anywhere leaves nothing that could be taken for a release, and is not in the way of the next.
func TestCopyKilled(t *testing.T) {
	const kill = "kill -KILL $$; exit 1"
	for name, at := range map[string][]string{ // what stands in the script, and what instead
		"before anything":  {"copy_members \"$base\"\n", kill + "\n"},
		"with the folders": {"\t\t\t\tcopy_same\n", kill + "\n"},
		"in the middle": {
			"| receive | tar -C \"$place", "| { head -c 2000; " + kill + "; } | tar -C \"$place",
			`xargs -a "$place/list"`, `head -n 2 "$place/list" | xargs`, "\tattended copies_moved copied\n", "wait\n" + kill + "\n",
		},
		"before the rest":  {"\t\t\t\tcopy_moved\n", kill + "\n"},
		"before the modes": {"\tmend\n", kill + "\n"},
		"before the check": {"\ncheck_members\n", "\n" + kill + "\n"},
		"before the place": {"mv \"$incoming/tree\"", kill + "\nmv \"$incoming/tree\""},
		"before the mark":  {"true >\"$records/staged\"", kill + "\ntrue >\"$records/staged\""},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				a := built(t, site)
				base := elsewhere(t, host, a)
				open(t, host)
				host.Plain = true
				host.Patch = func(script string) string {
					for pair := range slices.Chunk(at, 2) {
						if !strings.Contains(script, pair[0]) {
							t.Errorf("the script has no %q", pair[0])
						}
						script = strings.ReplaceAll(script, pair[0], pair[1])
					}
					return script
				}
				copied := stage.Copy(host.Site, releaseID, alike(t, "gzip", a), base, new([]string), nil)
				if err := release.Run(t.Context(), host, copied); err == nil {
					t.Error("it was not killed")
				}
				if _, err := os.Stat(host.Site.Records(releaseID) + "/staged"); err == nil {
					t.Error("it counts as a release")
				}
				host.Patch = nil
				if err := release.Run(t.Context(), host, copied); err != nil {
					t.Error(err)
				}
				if got := read(t, host.Site.Release(releaseID)+"/bin/run me"); got != "#!/bin/sh\n" {
					t.Errorf("it holds %q", got)
				}
			})
		})
	}
}

// While one program copies all files nothing of them comes by the shell: how far it is, it sees all the same, and gives signs of life.
func TestCopyGivesSignsOfLife(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "bash")
	a := built(t, site)
	base := elsewhere(t, host, a)
	open(t, host)
	taken, err := releasetest.TakeLock(t.Context(), host, host.Site, deploy.LockState{}, deploy.LockOwner{Token: "t"})
	must(t, err)
	// It copies once it has seen a sign of itself, and reads something until then.
	slow := `#!/bin/sh
for tries in $(seq 300); do
	grep -q '^copied ' "$BEAT" && echo seen >>"$SEEN" && exec ` + needtest.Program(t, "cp") + ` "$@"
	head -c 1000 /dev/zero >/dev/null
	sleep 0.1
done
exit 1
`
	must(t, os.WriteFile(filepath.Join(filepath.Dir(host.Shell), "cp"), []byte(slow), 0o700))
	seen := filepath.Join(host.Home, "seen")
	host.Env = append(host.Env, "BEAT="+host.Site.Root+"/.slipway/lock/1/heartbeat", "SEEN="+seen)
	must(t, release.Run(t.Context(), lock.Fence(host, host.Site, taken.Generation), stage.Copy(host.Site, releaseID, alike(t, "gzip", a), base, new([]string), nil)))
	wantLike(t, host, a)
	if got := read(t, seen); got != "seen\n" {
		t.Errorf("a sign was seen %q", got)
	}
}

// A disk that fills up is no reason to send the same there.
func TestCopyDiskFull(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		a := built(t, []member{{name: "big", content: strings.Repeat("0123456789abcdef", 1<<16)}})
		base := elsewhere(t, host, a)
		host.Site.Root = host.SmallDisk(t, 256<<10, 200) + "/site"
		open(t, host)
		err := release.Run(t.Context(), host, stage.Copy(host.Site, releaseID, alike(t, "gzip", a), base, new([]string), nil))
		if !errors.Is(err, release.ErrNoSpace) || errors.Is(err, stage.ErrNotCopied) {
			t.Errorf("got %v", err)
		}
		noRelease(t, host)
	})
}
