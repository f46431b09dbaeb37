package stage_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
)

// random is a text that does not compress.
func random(seed byte, size int) string {
	text := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(text) // never fails
	return string(text)
}

// edited are two releases of which so many files differ by a line each, in names that shells stumble over. Others were added and removed.
func edited(n int) (old, next []member) {
	bundle := random(8, 3000)
	old = slices.Concat(site, []member{{name: "gone", content: random(9, 3000)}, {name: "closed/", mode: 0o700}, {name: "app.3f2a.js", content: bundle}})
	next = slices.Concat(site, []member{{name: "added", content: "new"}, {name: "closed/", mode: 0o700}, {name: "turned", target: "added"}, {name: "new/app.77bc.js", content: bundle + "changed"}})
	for i := range n {
		text := random(byte(i), 900)
		name := []string{"many/%d", "many/it's \"%d\" $HOME *", "-n/ü %d", "closed/%d"}[i%4]
		old = append(old, member{name: fmt.Sprintf(name, i), content: text})
		next = append(next, member{name: fmt.Sprintf(name, i), content: text[:450] + "changed" + text[450:], mode: []int64{0o644, 0o755}[i%2]})
	}
	return old, next
}

// patched is a payload of what differs between two artifacts, and what it is decoded against.
func patched(t *testing.T, a, b *artifact.Artifact, old map[string]string, thorough bool) (stage.Payload, stage.Old) {
	t.Helper()
	reuse := content.NewReuse(a.Manifest(), b.Manifest(), nil)
	var with content.Old
	for _, c := range reuse.Changed {
		with.Paths, with.Next, with.Bytes = append(with.Paths, c.Was), append(with.Next, c.Path), append(with.Bytes, old[c.Was]...)
	}
	made, err := b.Patched(t.Context(), reuse, with, thorough)
	must(t, err)
	return made, stage.Old{Paths: with.Paths, Sum: sha256.Sum256(with.Bytes)}
}

func texts(members []member) map[string]string {
	found := map[string]string{}
	for _, m := range members {
		found[m.name] = m.content
	}
	return found
}

// patching makes the release on a host of its base and a patched payload.
func patching(t *testing.T, host *releasetest.Host, p stage.Payload, old stage.Old) error {
	t.Helper()
	base := stage.Base{Folder: host.Site.Release(baseID), Records: host.Site.Records(baseID), Old: old}
	return release.Run(t.Context(), host, stage.Copy(host.Site, releaseID, p, base, new([]string), nil))
}

// manyFiles are more files than a command takes.
const manyFiles = 230

// A release that is made of another one and patches is the same as one that was sent.
func TestPatch(t *testing.T) {
	t.Parallel()
	for toolset, thorough := range map[string]bool{"dash": false, "bash": true} {
		t.Run(toolset, func(t *testing.T) {
			t.Parallel()
			host := releasetest.NewHost(t, toolset)
			old, next := edited(manyFiles)
			a, b := built(t, old), built(t, next)
			open(t, host)
			stagedAs(t, host, baseID, a)
			before := listing(t, host.Site.Release(baseID))
			p, files := patched(t, a, b, texts(old), thorough)
			plain, err := b.Delta(t.Context(), content.NewReuse(a.Manifest(), b.Manifest(), nil), "zstd")
			must(t, err)
			if p.Size() > plain.Size()/5 || len(files.Paths) != manyFiles+1 { // one was renamed
				t.Errorf("%d bytes for %d files, without patches %d", p.Size(), len(files.Paths), plain.Size())
			}
			for range 2 {
				must(t, patching(t, host, p, files))
			}
			wantLike(t, host, b)
			same(t, listing(t, host.Site.Release(baseID)), before)
		})
	}
}

// spoiled is a payload that is changed on its way.
type spoiled struct {
	stage.Payload
	by func(text []byte) []byte
}

func (s spoiled) Open() (io.ReadCloser, error) {
	from, err := s.Payload.Open()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(from)
	return io.NopCloser(bytes.NewReader(s.by(text))), errors.Join(err, from.Close())
}

// Whatever keeps a host from decoding a patch is said so, and another payload makes the release.
func TestPatchThatCannotBeDecoded(t *testing.T) {
	replaced := func(base, path string) error { // by a link to the same
		return errors.Join(os.Rename(base+"/"+path, base+"/other"), os.Symlink(filepath.Base(base)+"/../other", base+"/"+path))
	}
	standIn := func(host *releasetest.Host, script string) error {
		path := filepath.Join(filepath.Dir(host.Shell), "zstd")
		return errors.Join(os.Remove(path), os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755))
	}
	for name, c := range map[string]struct {
		base func(base string) error
		host func(host *releasetest.Host) error
		by   func(text []byte) []byte
	}{
		"another file":      {base: func(base string) error { return os.WriteFile(base+"/many/0", []byte("by hand"), 0o600) }},
		"a missing file":    {base: func(base string) error { return os.Remove(base + "/many/0") }},
		"a link":            {base: func(base string) error { return replaced(base, "many/0") }},
		"a linked folder":   {base: func(base string) error { return replaced(base, "many") }},
		"a damaged patch":   {by: func(text []byte) []byte { text[len(text)/2] ^= 1; return text }},
		"a patch cut off":   {by: func(text []byte) []byte { return text[:len(text)/2] }},
		"zstd is killed":    {host: func(host *releasetest.Host) error { return standIn(host, "head -c 1000 >/dev/null; kill -KILL $$") }},
		"zstd knows it not": {host: func(host *releasetest.Host) error { return standIn(host, "echo 'Incorrect parameters' >&2; exit 1") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := releasetest.NewHost(t, "dash")
			old, next := edited(8)
			a, b := built(t, old), built(t, next)
			open(t, host)
			stagedAs(t, host, baseID, a)
			p, files := patched(t, a, b, texts(old), false)
			if c.base != nil {
				must(t, c.base(host.Site.Release(baseID)))
			}
			if c.host != nil {
				must(t, c.host(host))
			}
			if c.by != nil {
				p = spoiled{p, c.by}
			}
			if err := patching(t, host, p, files); !errors.Is(err, stage.ErrNotPatched) || errors.Is(err, stage.ErrNotCopied) {
				t.Errorf("got %v", err)
			}
			noRelease(t, host)
			_, err := reusing(t, host, content.NewReuse(a.Manifest(), b.Manifest(), nil), b, "gzip")
			must(t, err)
			wantLike(t, host, b)
		})
	}
}

// A host that is short of memory has it left to what runs there.
func TestPatchWithoutMemory(t *testing.T) {
	t.Parallel()
	for left, want := range map[int]bool{1: false, 1 << 20: true} {
		host := releasetest.NewHost(t, "dash")
		meminfo := filepath.Join(host.Home, "meminfo")
		put(t, meminfo, fmt.Sprintf("MemTotal:        9999999 kB\nMemFree:           1 kB\nMemAvailable:    %d kB\nBuffers: 1 kB\n", left))
		host.Patch = func(script string) string { return strings.ReplaceAll(script, "/proc/meminfo", "'"+meminfo+"'") }
		old, next := edited(8)
		a, b := built(t, old), built(t, next)
		open(t, host)
		stagedAs(t, host, baseID, a)
		p, files := patched(t, a, b, texts(old), false)
		err := patching(t, host, p, files)
		if want != (err == nil) || err != nil && (!errors.Is(err, stage.ErrNotPatched) || !strings.Contains(err.Error(), "1 KiB of memory are free")) {
			t.Errorf("with %d KiB: %v", left, err)
		}
	}
}

// A control group's limit counts as well, its own or one above it, less what the kernel gives back.
func TestPatchWithinAControlGroup(t *testing.T) {
	for name, c := range map[string]struct {
		limits map[string]string // by group
		cached int               // of files, in bytes
		want   bool
	}{
		"its own":      {limits: map[string]string{"": "1000000", "/a": "max", "/a/b": "501100"}},
		"one above":    {limits: map[string]string{"/a": "501100", "/a/b": "max"}},
		"a container":  {limits: map[string]string{"": "501100"}},
		"files' bytes": {limits: map[string]string{"/a/b": "501100"}, cached: 100 << 20, want: true},
		"enough":       {limits: map[string]string{"/a/b": "100000000000"}, want: true},
		"none":         {limits: map[string]string{"/a/b": "max"}, want: true},
		"no files":     {want: true},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				if !host.Zstd {
					return
				}
				groups := filepath.Join(host.Home, "groups")
				put(t, groups+"/self", "1:name=systemd:/elsewhere\n0::/a/b\n")
				for group, limit := range c.limits {
					put(t, groups+group+"/memory.max", limit+"\n")
					put(t, groups+group+"/memory.current", "500000\n")
					put(t, groups+group+"/memory.stat", fmt.Sprintf("anon 1\ninactive_file %d\nactive_file 0\n", c.cached))
				}
				host.Patch = func(script string) string {
					return strings.NewReplacer("/proc/self/cgroup", "'"+groups+"/self'", "/sys/fs/cgroup", "'"+groups+"'").Replace(script)
				}
				old, next := edited(8)
				a, b := built(t, old), built(t, next)
				open(t, host)
				stagedAs(t, host, baseID, a)
				p, files := patched(t, a, b, texts(old), false)
				err := patching(t, host, p, files)
				if c.want != (err == nil) || err != nil && (!errors.Is(err, stage.ErrNotPatched) || !strings.Contains(err.Error(), "1 KiB of memory are free")) {
					t.Error(err)
				}
			})
		})
	}
}

// What a patch is decoded against needs room, which another payload does not need.
func TestPatchDiskFull(t *testing.T) {
	const page = 4096
	for name, c := range map[string]struct {
		pages int
		fits  bool // without a patch
	}{"for the old files": {pages: 140}, "for the new ones": {pages: 172, fits: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := releasetest.NewHost(t, "dash")
			text := random(1, 40*page-100)
			old, next := []member{{name: "big", content: text}}, []member{{name: "big", content: text + "changed"}}
			a, b := built(t, old), built(t, next)
			host.Site.Root = host.SmallDisk(t, c.pages*page, 200) + "/site"
			open(t, host)
			stagedAs(t, host, baseID, a)
			p, files := patched(t, a, b, texts(old), false)
			if err := patching(t, host, p, files); !errors.Is(err, stage.ErrNotPatched) || !strings.Contains(err.Error(), "no space left") {
				t.Errorf("got %v", err)
			}
			noRelease(t, host)
			_, err := reusing(t, host, content.NewReuse(a.Manifest(), b.Manifest(), nil), b, "gzip")
			if c.fits != (err == nil) || err != nil && !errors.Is(err, release.ErrNoSpace) {
				t.Errorf("without a patch: %v", err)
			}
		})
	}
}

// A host that is killed with what a patch is decoded against leaves nothing that could be taken for a release.
func TestPatchKilled(t *testing.T) {
	const kill = "kill -KILL $$; exit 1\n"
	for name, at := range map[string]string{
		"before the old files": "\tdictionary=$PWD", "after them": "\tfound=$(sha256sum", "when it is decoded": "\trm -f \"$dictionary\"",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := releasetest.NewHost(t, "dash")
			old, next := edited(8)
			a, b := built(t, old), built(t, next)
			open(t, host)
			stagedAs(t, host, baseID, a)
			p, files := patched(t, a, b, texts(old), false)
			host.Plain = true
			host.Patch = func(script string) string { return strings.Replace(script, at, kill+at, 1) }
			if err := patching(t, host, p, files); err == nil || errors.Is(err, stage.ErrNotPatched) {
				t.Errorf("it was not killed: %v", err)
			}
			host.Patch = nil
			must(t, patching(t, host, p, files))
			wantLike(t, host, b)
		})
	}
}
