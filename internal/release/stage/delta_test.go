package stage_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
)

// baseID is the release that the host has already.
const baseID = deploy.ReleaseID("20261120-073000-1a2b3c4-9f3c51")

// built is the artifact of members.
func built(t *testing.T, members []member) *artifact.Artifact {
	t.Helper()
	return opened(t, plainTar(t, "", members), 0)
}

// opened is the artifact of a tarball.
func opened(t *testing.T, tarball []byte, strip int) *artifact.Artifact {
	t.Helper()
	file := filepath.Join(t.TempDir(), "artifact.tar")
	must(t, os.WriteFile(file, tarball, 0o600))
	a, err := artifact.Open(t.Context(), file, artifact.Options{TempDir: t.TempDir(), StripComponents: strip})
	must(t, err)
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// plainTar is a tar of members, each below a folder.
func plainTar(t *testing.T, below string, members []member) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, m := range members {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: below + m.name, Mode: m.mode, Size: int64(len(m.content)), Format: tar.FormatGNU}
		switch {
		case m.target != "":
			header.Typeflag, header.Linkname = tar.TypeSymlink, m.target
		case strings.HasSuffix(m.name, "/"):
			header.Typeflag = tar.TypeDir
			header.Mode = 0o755
		}
		if m.mode != 0 {
			header.Mode = m.mode
		} else if header.Typeflag == tar.TypeReg {
			header.Mode = 0o644
		}
		must(t, w.WriteHeader(header))
		_, err := w.Write([]byte(m.content))
		must(t, err)
	}
	must(t, w.Close())
	return out.Bytes()
}

// stagedAs puts an artifact on a host as a release, all of it sent.
func stagedAs(t *testing.T, host *releasetest.Host, id deploy.ReleaseID, a *artifact.Artifact) {
	t.Helper()
	payload, err := a.Payload(t.Context(), "gzip")
	must(t, err)
	must(t, release.Run(t.Context(), host, stage.Upload(host.Site, id, payload, nil)))
}

// reusing makes the release on a host of its base and a delta. It gives the paths that are to be sent, too.
func reusing(t *testing.T, host *releasetest.Host, reuse *content.Reuse, a *artifact.Artifact, encoding string) (unfit []string, err error) {
	t.Helper()
	delta, err := a.Delta(t.Context(), reuse, encoding)
	must(t, err)
	base := stage.Base{Folder: host.Site.Release(baseID)}
	if reuse.Base != nil {
		base.Records = host.Site.Records(baseID)
	}
	err = release.Run(t.Context(), host, stage.Copy(host.Site, releaseID, delta, base, &unfit, nil))
	return unfit, err
}

// wantLike fails unless a release, and what is recorded of it, is the same as one that was sent whole.
func wantLike(t *testing.T, host *releasetest.Host, a *artifact.Artifact) {
	t.Helper()
	sent := *host
	sent.Site.Root += "-sent"
	open(t, &sent)
	stagedAs(t, &sent, releaseID, a)
	same(t, listing(t, host.Site.Release(releaseID)), listing(t, sent.Site.Release(releaseID)))
	got, err := os.Stat(host.Site.Release(releaseID))
	must(t, err)
	want, err := os.Stat(sent.Site.Release(releaseID))
	must(t, err)
	if got.Mode() != want.Mode() {
		t.Errorf("the release has mode %v, and %v where it is sent", got.Mode(), want.Mode())
	}
	same(t, listing(t, host.Site.Records(releaseID)), listing(t, sent.Site.Records(releaseID)))
	must(t, os.RemoveAll(sent.Site.Root))
}

var large = strings.Repeat("large ", 2000)

// A release that is made of another one and what differs is the same as one that was sent, whatever differs.
func TestDelta(t *testing.T) {
	longName := "deep/" + strings.Repeat("n", 200) + "/" + strings.Repeat("m", 200)
	var many []member
	for i := range 230 {
		many = append(many, member{name: fmt.Sprintf("many/%d/%s", i%7, strings.Repeat("y", i%240+1)+fmt.Sprint(i)), content: fmt.Sprint(i), mode: []int64{0o644, 0o755, 0o600}[i%3]})
	}
	old := slices.Concat(site, many, []member{
		{name: longName, content: "long"},
		{name: "changed", content: "one"},
		{name: "removed/file", content: "x"},
		{name: "renamed here", content: large},
		{name: "one/kept", content: "kept"},
		{name: "one/too", content: "kept, too"},
		{name: "mode", content: "m"},
		{name: "to link", content: "x"},
		{name: "to folder", content: "x"},
		{name: "from folder/in", content: "x"},
		{name: "to", target: "mode"},
		{name: "from link", target: "mode"},
		{name: "emptied", content: "x"},
		{name: "filled"},
		{name: "twice", content: large + "2"},
		{name: "closed/", mode: 0o700},
		{name: "closed/in", content: "x"},
		{name: "moded/", mode: 0o700},
	})
	next := slices.Concat(site, many, []member{
		{name: longName, content: "long"},
		{name: "changed", content: "two"},
		{name: "added/file", content: "x y"},
		{name: "there/renamed", content: large},
		{name: "two/kept", content: "kept"},
		{name: "two/too", content: "kept, too"},
		{name: "mode", content: "m", mode: 0o755},
		{name: "to link", target: "mode"},
		{name: "to folder/in", content: "x"},
		{name: "from folder", content: "x"},
		{name: "to", target: "changed"},
		{name: "from link", content: "x"},
		{name: "emptied"},
		{name: "filled", content: "x"},
		{name: "twice", content: large + "2"},
		{name: "twice more", content: large + "2"},
		{name: "closed/", mode: 0o700},
		{name: "closed/in", content: "x"},
		{name: "moded/", mode: 0o750},
		{name: "new empty/"},
		{name: "new/ leading", content: "a"},
		{name: "new/tab\tand back\\slash ", content: "b"},
	})
	for i := range 110 { // more than go in one command
		name := fmt.Sprintf("%s%d", strings.Repeat("z", i+1), i)
		old, next = append(old, member{name: "from/" + name, content: name}), append(next, member{name: "into/" + name, content: name})
	}
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		a, b := built(t, old), built(t, next)
		for i, mask := range []string{"022", "027"} {
			encoding := encodings(host)[i%len(encodings(host))]
			host.Site = release.Site{Root: filepath.Join(host.Home, `a "site" `+mask), Umask: mask}
			open(t, host)
			stagedAs(t, host, baseID, a)
			put(t, host.Site.Release(baseID)+"/venv/bin/python", "made by a step")
			before := listing(t, host.Site.Release(baseID))
			reuse := content.NewReuse(a.Manifest(), b.Manifest(), nil)
			if len(reuse.Moved) < 114 {
				t.Errorf("the test moves %v", reuse.Moved)
			}
			for range 2 {
				if unfit, err := reusing(t, host, reuse, b, encoding); err != nil {
					t.Fatal(err, unfit)
				}
			}
			wantLike(t, host, b)
			same(t, listing(t, host.Site.Release(baseID)), before)
			for _, name := range []string{"index.html", "twice"} {
				ours, err := os.Stat(path.Join(host.Site.Release(releaseID), name))
				theirs, err2 := os.Stat(path.Join(host.Site.Release(baseID), name))
				if err != nil || err2 != nil || os.SameFile(ours, theirs) {
					t.Errorf("%s is shared: %v, %v", name, err, err2)
				}
			}
		}
	})
}

// What the base has no longer, or otherwise, is named, and comes with the next delta.
func TestDeltaNamesWhatIsUnfit(t *testing.T) {
	const twoNames = "two names of one file" // which BusyBox's tar would keep
	members := slices.Concat(site, []member{{name: "moved", content: large}, {name: "deep/a/b", content: "x"}, {name: "hard/one", content: "same"}, {name: "hard/two", content: "same"}})
	next := slices.Concat(site, []member{{name: "elsewhere/moved", content: large}, {name: "deep/a/b", content: "x"}, {name: "hard/one", content: "same"}, {name: "hard/two", content: "same"}, {name: "new", content: "n"}})
	for name, c := range map[string]struct {
		spoil func(base string) error
		unfit []string // nil: it is as good
	}{
		"in each way": {
			spoil: func(base string) error {
				replaced := func(path string) error { // by a link to the same
					return errors.Join(os.Rename(base+"/"+path, base+"/other "+path), os.Symlink("other "+path, base+"/"+path))
				}
				return errors.Join(
					os.Remove(base+"/private"), os.WriteFile(base+"/bin/run me", []byte("#!/bin/zsh"), 0o755), os.WriteFile(base+"/empty file", []byte("x"), 0o644),
					os.Remove(base+"/link"), os.Symlink("private", base+"/link"), os.Remove(base+"/bin/-n"), os.MkdirAll(base+"/bin/-n/in", 0o755),
					replaced("index.html"), replaced("media"), replaced("deep"), replaced("moved"),
				)
			},
			unfit: []string{"bin/-n", "bin/run me", "deep/a/b", "elsewhere/moved", "empty file", "index.html", "media/logo.png", "private"},
		},
		"modes, and more files": {spoil: func(base string) error {
			return errors.Join(
				os.Chmod(base+"/private", 0o777), os.Chmod(base+"/deep/a/b", os.ModeSetuid|0o644), os.Chmod(base+"/moved", os.ModeSetgid|0o755),
				os.Chmod(base+"/bin/run me", 0o400), os.Chmod(base+"/bin", os.ModeSetgid|0o777), os.WriteFile(base+"/cache", []byte("x"), 0o644),
				os.WriteFile(base+"/odd\n.", nil, 0o644), os.MkdirAll(base+"/x\n./", 0o755), os.WriteFile(base+"/x\n./new", nil, 0o644),
			)
		}},
		"nothing but setuid": {spoil: func(base string) error {
			return errors.Join(os.Chmod(base+"/bin/run me", os.ModeSetuid|0o755), os.Chmod(base+"/moved", os.ModeSetuid|0o644))
		}},
		twoNames: {spoil: func(base string) error {
			return errors.Join(os.Remove(base+"/hard/two"), os.Link(base+"/hard/one", base+"/hard/two"))
		}, unfit: []string{"hard/one", "hard/two"}},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				a, b := built(t, members), built(t, next)
				open(t, host)
				stagedAs(t, host, baseID, a)
				must(t, c.spoil(host.Site.Release(baseID)))
				unfit, err := reusing(t, host, content.NewReuse(a.Manifest(), b.Manifest(), nil), b, "gzip")
				if len(c.unfit) == 0 || name == twoNames && host.Name != "ash" {
					must(t, err)
					wantLike(t, host, b)
					return
				}
				wantNotCopied(t, err)
				noRelease(t, host)
				if !slices.Equal(unfit, c.unfit) {
					t.Errorf("unfit are %q, wanted %q: %v", unfit, c.unfit, err)
				}
				without := func(path string) bool {
					return slices.Contains(unfit, path) || path == "moved" && slices.Contains(unfit, "elsewhere/moved")
				}
				_, err = reusing(t, host, content.NewReuse(a.Manifest(), b.Manifest(), without), b, "gzip")
				must(t, err)
				wantLike(t, host, b)
			})
		})
	}
}

// Of a base that has lost more members than a host tells, none is named.
func TestDeltaOfAnEmptiedBase(t *testing.T) {
	var members []member
	for i := range 1001 {
		members = append(members, member{name: fmt.Sprintf("f%d", i), content: "x"})
	}
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		a := built(t, members)
		open(t, host)
		stagedAs(t, host, baseID, a)
		must(t, os.RemoveAll(host.Site.Release(baseID)))
		must(t, os.Mkdir(host.Site.Release(baseID), 0o755))
		unfit, err := reusing(t, host, content.NewReuse(a.Manifest(), a.Manifest(), nil), a, "gzip")
		wantNotCopied(t, err)
		if unfit != nil {
			t.Errorf("%d are named", len(unfit))
		}
		noRelease(t, host)
	})
}

// Where nothing can be made of the base, nothing is named, and the release can be sent.
func TestDeltaWithoutABase(t *testing.T) {
	for name, spoil := range map[string]func(folder, records string) error{
		"pruned":      func(folder, records string) error { return errors.Join(os.RemoveAll(folder), os.RemoveAll(records)) },
		"no folder":   func(folder, _ string) error { return os.RemoveAll(folder) },
		"no manifest": func(_, records string) error { return os.RemoveAll(records + "/manifest") },
		"a pipe": func(folder, records string) error {
			pipe, entries := path.Join(folder, "../../../pipe"), records+"/manifest/entries"
			return errors.Join(syscall.Mkfifo(pipe, 0o600), os.Remove(entries), os.Symlink(pipe, entries))
		},
		"another manifest": func(_, records string) error { return os.WriteFile(records+"/manifest/sha256", nil, 0o600) },
		"a long manifest": func(_, records string) error {
			return os.WriteFile(records+"/manifest/entries", []byte("f 644 ./etc\n"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				a := built(t, site)
				open(t, host)
				stagedAs(t, host, baseID, a)
				must(t, spoil(host.Site.Release(baseID), host.Site.Records(baseID)))
				unfit, err := reusing(t, host, content.NewReuse(a.Manifest(), a.Manifest(), nil), a, "gzip")
				wantNotCopied(t, err)
				if unfit != nil {
					t.Errorf("unfit are %q", unfit)
				}
				noRelease(t, host)
				uploadedAgain(t, host)
			})
		})
	}
}

func wantNotCopied(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, stage.ErrNotCopied) {
		t.Errorf("got %v", err)
	}
}

// The base may be another user's. A link of it whose target has lines that look like those of a manifest hides nothing.
func TestDeltaOfABaseThatForgesLines(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		a := built(t, slices.Concat(site, []member{{name: "code", content: "x"}, {name: "a link", target: "code"}}))
		open(t, host)
		stagedAs(t, host, baseID, a)
		base, elsewhere := host.Site.Release(baseID), filepath.Join(host.Home, "elsewhere")
		put(t, elsewhere, "x")
		must(t, errors.Join(
			os.Remove(base+"/code"), os.Symlink(elsewhere, base+"/code"),
			os.Remove(base+"/a link"), os.Symlink("code\nl 777 ./code -> "+elsewhere+"\nf 644 ./code", base+"/a link"),
		))
		unfit, err := reusing(t, host, content.NewReuse(a.Manifest(), a.Manifest(), nil), a, "gzip")
		wantNotCopied(t, err)
		noRelease(t, host)
		if !slices.Equal(unfit, []string{"code"}) {
			t.Errorf("unfit are %q", unfit)
		}
	})
}
