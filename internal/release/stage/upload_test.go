package stage_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
)

const releaseID = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

func open(t *testing.T, host *releasetest.Host) {
	t.Helper()
	if err := release.Run(t.Context(), host, journal.Open(host.Site, "412-deploy-abc", []byte("{}"), deploy.Owner{})); err != nil {
		t.Fatal(err)
	}
}

func encodings(host *releasetest.Host) []string {
	if host.Zstd {
		return []string{"gzip", "zstd"}
	}
	return []string{"gzip"}
}

// listing is each member of a tree: mode and content, or target.
func listing(t *testing.T, root string) map[string]string {
	t.Helper()
	return releasetest.Tree(t, root, func(info fs.FileInfo) string { return (info.Mode() &^ fs.ModeDir).String() })
}

func TestUpload(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		for _, encoding := range encodings(host) {
			host.Site.Root += "x"
			open(t, host)
			p := pack(t, encoding, site, nil)
			var last int64
			err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, p, func(done, total int64) {
				if done < last || total != p.Size() {
					t.Errorf("progress %d of %d after %d", done, total, last)
				}
				last = done
			}))
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(filepath.Join(host.Site.Root, "releases", string(releaseID), "index.html")); err != nil || time.Since(info.ModTime()) > time.Hour {
				t.Errorf("the page has the time of another release: %v, %v", info, err)
			}
			if last != p.Size() {
				t.Errorf("progress ended at %d of %d", last, p.Size())
			}
			got := listing(t, host.Site.Release(releaseID))
			for _, m := range site {
				want := "-rw-r--r-- " + m.content
				switch {
				case m.target != "":
					want = "-> " + m.target
				case strings.HasSuffix(m.name, "/"):
					want = "-rwxr-xr-x"
				case m.mode == 0o755:
					want = "-rwxr-xr-x " + m.content
				case m.mode == 0o600:
					want = "-rw------- " + m.content
				}
				if got[m.name] != want {
					t.Errorf("%s is %q, want %q", m.name, got[m.name], want)
				}
				delete(got, m.name)
			}
			if len(got) > 0 {
				t.Errorf("there is more: %v", got)
			}
			records := listing(t, host.Site.Records(releaseID))
			if len(records) != 5 || records["staged"] == "" || !strings.Contains(records["manifest/content"], strings.Repeat("a", 64)) {
				t.Errorf("records %v", records)
			}
			if info, err := os.Stat(host.Site.Release(releaseID)); err != nil || info.Mode().Perm() != 0o755 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
		}
	})
}

// A read that outlasts its command tells nothing: the step may be over, or another try be under way.
func TestUploadTellsNothingOnceItIsOver(t *testing.T) {
	told := 0
	op := stage.Upload(release.Site{Root: "/srv/app"}, releaseID, pack(t, "gzip", site, nil), func(int64, int64) { told++ })
	input, err := op.Stdin()
	must(t, err)
	for range 2 {
		_, err = input.Read(make([]byte, 10))
		must(t, err)
		must(t, input.Close())
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}

func TestUploadAgain(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		open(t, host)
		p := pack(t, "gzip", site, nil)
		for range 2 {
			if err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, p, nil)); err != nil {
				t.Fatal(err)
			}
			// What steps made in a staged release stays.
			if err := os.WriteFile(host.Site.Release(releaseID)+"/built", nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := os.Stat(host.Site.Release(releaseID) + "/built"); err != nil {
			t.Error(err)
		}
	})
}

// What an attempt left that died anywhere is not in the way, and is not in the release.
func TestUploadAfterADeadAttempt(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		open(t, host)
		for _, old := range []string{
			host.Site.Records(releaseID) + "/incoming-of-another/tree/old/x", host.Site.Release(releaseID) + "/old", host.Site.Records(releaseID) + "/manifest/old",
		} {
			if err := errors.Join(os.MkdirAll(filepath.Dir(old), 0o755), os.WriteFile(old, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		if err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", site, nil), nil)); err != nil {
			t.Fatal(err)
		}
		for name := range listing(t, host.Site.Root) {
			if strings.HasSuffix(name, "old") {
				t.Errorf("%s is still there", name)
			}
		}
	})
}

// A host on which folders inherit their group, as is usual below /srv/www. Who unpacks as root does not inherit, so the
// test sets what others get.
func TestUploadBelowSetgid(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		open(t, host)
		const verification = "check_members\napply_umask"
		host.Patch = func(script string) string {
			return strings.Replace(script, verification, `chmod g+s "$incoming/tree" "$incoming/tree/bin"`+"\n"+verification, 1)
		}
		if err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", site, nil), nil)); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(host.Site.Release(releaseID) + "/bin"); err != nil || info.Mode()&os.ModeSetgid == 0 {
			t.Errorf("the test proves nothing: bin is %v, %v", info.Mode(), err)
		}
	})
}

func TestUploadLinksOnly(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		open(t, host)
		members := []member{{name: "a/"}, {name: "b", target: "a"}}
		if err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", members, nil), nil)); err != nil {
			t.Error(err)
		}
	})
}

func TestUploadRefuses(t *testing.T) {
	whole := func(p *payload) *payload { return p }
	for name, test := range map[string]struct {
		tamper func(files map[string]*member)
		damage func(p *payload) *payload
		cause  string
	}{
		"wrong content":    {func(f map[string]*member) { f["tree/index.html"].content = "hacked" }, whole, "wrong content: ./index.html: FAILED"},
		"missing file":     {func(f map[string]*member) { f["tree/private"] = nil }, whole, "./private"},
		"missing link":     {func(f map[string]*member) { f["tree/link"] = nil }, whole, "differ from the manifest: l 777 ./link -> bin/run me"},
		"missing folder":   {func(f map[string]*member) { f["tree/empty/"] = nil }, whole, "differ from the manifest: d 755 ./empty"},
		"extra file":       {func(f map[string]*member) { f["tree/extra"] = &member{mode: 0o644} }, whole, "differ from the manifest: f 644 ./extra"},
		"extra folder":     {func(f map[string]*member) { f["tree/more/"] = &member{mode: 0o755} }, whole, "differ from the manifest: d 755 ./more"},
		"extra link":       {func(f map[string]*member) { f["tree/more"] = &member{target: "x"} }, whole, "l 777 ./more -> x"},
		"wrong mode":       {func(f map[string]*member) { f["tree/private"].mode = 0o644 }, whole, "f 644 ./private"},
		"wrong target":     {func(f map[string]*member) { f["tree/link"].target = "elsewhere" }, whole, "l 777 ./link -> elsewhere"},
		"file for link":    {func(f map[string]*member) { f["tree/link"].target = "" }, whole, "./link"},
		"no manifest":      {func(f map[string]*member) { f["manifest/content"] = nil }, whole, "it has no manifest/content"},
		"no tree":          {func(f map[string]*member) { clear(f); f["x"] = &member{mode: 0o644} }, whole, "it has no manifest/sha256"},
		"empty manifest":   {func(f map[string]*member) { f["manifest/entries"].content = "" }, whole, "differ from the manifest"},
		"empty stream":     {nil, func(p *payload) *payload { return &payload{encoding: p.encoding} }, ""},
		"truncated stream": {nil, func(p *payload) *payload { p.bytes = p.bytes[:len(p.bytes)*2/3]; return p }, "ended early or is damaged"},
		"damaged stream": {nil, func(p *payload) *payload {
			for i := len(p.bytes) / 2; i < len(p.bytes)/2+32; i++ {
				p.bytes[i] ^= 0xff
			}
			return p
		}, "ended early or is damaged"},
		"not compressed":   {nil, func(p *payload) *payload { p.bytes = []byte(strings.Repeat("plain", 1000)); return p }, ""},
		"unknown encoding": {nil, func(p *payload) *payload { p.encoding = "lzma"; return p }, "encoding lzma is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				for _, encoding := range encodings(host) {
					open(t, host)
					err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, test.damage(pack(t, encoding, site, test.tamper)), nil))
					var told *deploy.Error
					if !errors.As(err, &told) || !strings.Contains(err.Error(), test.cause) || told.Hint == "" {
						t.Errorf("%s: got %v, want %q", encoding, err, test.cause)
					}
					noRelease(t, host)
				}
			})
		})
	}
}

// noRelease checks that there is nothing that could be taken for a release.
func noRelease(t *testing.T, host *releasetest.Host) {
	t.Helper()
	for name := range listing(t, host.Site.Root) {
		if strings.Contains(name, "releases/"+string(releaseID)+"/") && name != ".slipway/releases/"+string(releaseID)+"/" {
			t.Errorf("left behind: %s", name)
		}
	}
}

func TestUploadWithoutPrograms(t *testing.T) {
	for program, encoding := range map[string]string{"tar": "gzip", "gzip": "gzip", "zstd": "zstd"} {
		t.Run(program, func(t *testing.T) {
			host := releasetest.NewHost(t, "dash")
			open(t, host)
			if err := os.Remove(filepath.Join(host.Path, program)); err != nil {
				t.Fatal(err)
			}
			err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, encoding, site, nil), nil))
			if err == nil || !strings.Contains(err.Error(), program+" is not installed") {
				t.Error(err)
			}
			noRelease(t, host)
		})
	}
}

// What is as it should be is verified in one pass, by no more programs than that takes, also on BusyBox. Whoever looks once more needs grep.
func TestUploadIsVerifiedInOnePass(t *testing.T) {
	members := []member{
		{name: "a folder/"},
		{name: "a folder/closed/", mode: 0o700},
		{name: "a folder/closed/run", content: "x", mode: 0o755},
		{name: "empty"},
		{name: "a folder/li nk", target: "../some where"},
		{name: "many/"},
	}
	members = append(members, many(300)...)
	for _, toolset := range []string{"dash", "ash"} {
		t.Run(toolset, func(t *testing.T) {
			t.Parallel()
			host := releasetest.NewHost(t, toolset)
			open(t, host)
			must(t, os.Remove(filepath.Join(host.Path, "grep")))
			must(t, release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", members, nil), nil)))
		})
	}
}

// A program that dies in the middle of verification is no verification.
func TestUploadVerifierDies(t *testing.T) {
	for program, stub := range map[string]string{
		"sha256sum": "kill -9 $$", "stat": "kill -9 $$", "find": "exit 0", "sort": "cat >/dev/null; exit 1", "uniq": "cat >/dev/null; exit 1",
		"grep": "cat >/dev/null; exit 2",
	} {
		t.Run(program, func(t *testing.T) {
			host := releasetest.NewHost(t, "dash")
			open(t, host)
			path := filepath.Join(host.Path, program)
			if err := errors.Join(os.Remove(path), os.WriteFile(path, []byte("#!/bin/sh\n"+stub+"\n"), 0o755)); err != nil {
				t.Fatal(err)
			}
			if err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", site, nil), nil)); err == nil {
				t.Errorf("verified without %s", program)
			}
			noRelease(t, host)
		})
	}
}

// openssl may say that all is well, and nothing else.
func TestUploadWithOpenSSL(t *testing.T) {
	whole := "exec " + needtest.Program(t, "openssl") + ` "$@"`
	plain := slices.DeleteFunc(slices.Clone(site), func(m member) bool { return strings.Contains(m.name, `\`) })
	damage := func(files map[string]*member) { files["tree/private"].content = "for the pirate" }
	for name, test := range map[string]struct {
		openssl string // what the host's does
		without string // a program that the host has not got
		members []member
		tamper  func(files map[string]*member)
		refused bool
	}{
		"says yes":              {openssl: whole, without: "sha256sum", members: plain},
		"writes names its way":  {openssl: whole, members: site},
		"wrong content":         {openssl: whole, members: plain, tamper: damage, refused: true},
		"no files":              {openssl: whole, members: []member{{name: "empty/"}}},
		"silent":                {openssl: "exit 0", members: plain},
		"silent, wrong content": {openssl: "exit 0", members: plain, tamper: damage, refused: true},
		"dies":                  {openssl: "kill -9 $$", members: plain},
		"dies, no sha256sum":    {openssl: "kill -9 $$", without: "sha256sum", members: plain, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			host := releasetest.NewHost(t, "dash")
			open(t, host)
			if err := os.WriteFile(filepath.Join(host.Path, "openssl"), []byte("#!/bin/sh\n"+test.openssl+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			if test.without != "" {
				if err := os.Remove(filepath.Join(host.Path, test.without)); err != nil {
					t.Fatal(err)
				}
			}
			err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", test.members, test.tamper), nil))
			if (err != nil) != test.refused || err != nil && !strings.Contains(err.Error(), "members have the wrong content") {
				t.Error(err)
			}
		})
	}
}

// A real file system that fills up: a small tmpfs, which takes the right to mount one.
func TestUploadDiskFull(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Site.Root = host.SmallDisk(t, 256<<10, 200) + "/site"
		open(t, host)
		for name, members := range map[string][]member{
			"space":  {{name: "big", content: strings.Repeat("0123456789abcdef", 1<<16)}},
			"inodes": many(300),
		} {
			err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", members, nil), nil))
			if err == nil || !strings.Contains(err.Error(), "no space left on device: ") || !strings.Contains(err.Error(), "inodes are free at") ||
				strings.Contains(err.Error(), ":  KiB") || !strings.Contains(err.Error(), "keep_releases") {
				t.Errorf("%s: %v", name, err)
			}
			noRelease(t, host)
		}
	})
}

func many(n int) []member {
	var all []member
	for i := range n {
		all = append(all, member{name: "f" + strings.Repeat("x", i%100) + string(rune('a'+i/100))})
	}
	return all
}
