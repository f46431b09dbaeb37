package produce_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/produce"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/release/survey"
)

const (
	id         = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
	deployment = deploy.DeploymentID("412-deploy-abc")
)

// staged makes a host one with a staged release and an opened journal.
func staged(t *testing.T, host *releasetest.Host) *releasetest.Host {
	t.Helper()
	if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte(`{"format": 1}`), deploy.Owner{})); err != nil {
		t.Fatal(err)
	}
	artifact, old := filepath.Join(host.Site.Release(id), "artifact.txt"), time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	write(t, artifact, "from the artifact")
	if err := os.Chtimes(artifact, old, old); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(host.Site.Records(id), "staged"), "")
	return host
}

// pair is two hosts with one release: where a step ran, and another. The second has a toolset that the first has not.
func pair(t *testing.T, host *releasetest.Host) (maker, other *releasetest.Host) {
	t.Helper()
	next := map[string]string{"dash": "ash", "ash": "dash", "bash": "ash"}[host.Name]
	return staged(t, host), staged(t, releasetest.NewHost(t, next))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// makes makes files (path -> text), folders (path/ -> "") and links (path -> "-> target") in a host's release.
func makes(t *testing.T, host *releasetest.Host, members map[string]string) {
	t.Helper()
	for name, text := range members {
		path := filepath.Join(host.Site.Release(id), name)
		target, isLink := strings.CutPrefix(text, "-> ")
		var err error
		switch {
		case isLink:
			err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.Symlink(target, path))
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			write(t, path, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// members are what a release holds: mode, time and content of each.
func members(t *testing.T, host *releasetest.Host) map[string]string {
	t.Helper()
	return releasetest.Tree(t, host.Site.Release(id), func(info fs.FileInfo) string {
		if info.IsDir() {
			return info.Mode().String()
		}
		return info.Mode().String() + " " + info.ModTime().UTC().Format(time.DateTime)
	})
}

func instance(try int, paths ...string) step.Instance {
	return step.Instance{
		Deployment: deployment, Release: id, Try: try, Attempt: 1,
		Step: deploy.Step{Phase: deploy.Prepare, Number: 2, Name: "Collect static files", Once: true, Produces: paths, Fingerprint: "f1"},
	}
}

// sent is the payload of what a host made.
func sent(t *testing.T, host *releasetest.Host, encoding string, paths ...string) []byte {
	t.Helper()
	var payload []byte
	output := release.Whole(func(text []byte, err error) error {
		payload = text
		return err
	})
	if err := release.Run(t.Context(), host, produce.Send(host.Site, id, paths, nil, encoding, output)); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(host.Site.Records(id), "outgoing*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return payload
}

// discard takes a payload that nobody reads.
var discard = release.Whole(func(_ []byte, err error) error { return err })

func receive(t *testing.T, host *releasetest.Host, inst step.Instance, encoding string, payload io.Reader) error {
	t.Helper()
	reader := func() (io.ReadCloser, error) { return io.NopCloser(payload), nil }
	return release.Run(t.Context(), host, produce.Receive(host.Site, inst, "web1", encoding, reader))
}

// recorded reports whether the host's journal says that the step is done, as a survey reads it.
func recorded(t *testing.T, host *releasetest.Host) bool {
	t.Helper()
	facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Deployment: deployment})
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(facts.Own.Steps, func(s deploy.StepFacts) bool {
		return s.Succeeded() && s.Fingerprint == "f1" && s.Folder == "prepare-2-collect-static-files"
	})
}

// produced is what a step makes, with names that shells stumble over.
var produced = map[string]string{
	"static/css/main.css": "body {}", "static/empty/": "", "static/it's \"odd\" $HOME *": "odd", "static/back\\slash": "back",
	"static/schön": "schön", "static/-n": "dash", "static/empty file": "", "static/ lead and trail ": "spaces",
	"static/css/up.css": "-> ../-n", "static/nowhere": "-> not there", "static/home": "-> ../artifact.txt", "static/dir": "-> ./css",
	"static/" + strings.Repeat("n", 250): "long", "static/" + strings.Repeat("deep/", 30) + "file": "deep",
	"venv/lib/site.py": "pass", "one.txt": "one", "link.txt": "-> one.txt",
}

// Folders above what is made have their modes, too: what lies in a private one stays private.
func TestFoldersAboveWhatIsMade(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		maker, other := pair(t, host)
		makes(t, maker, map[string]string{"private/group/out/file": "x", "open/out/file": "x"})
		for path, mode := range map[string]os.FileMode{"private": 0o700, "private/group": 0o750, "private/group/out": 0o710, "open": 0o775} {
			if err := os.Chmod(filepath.Join(maker.Site.Release(id), path), mode); err != nil {
				t.Fatal(err)
			}
		}
		made := []string{"private/group/out", "open/out/file"}
		if err := receive(t, other, instance(1, made...), "none", bytes.NewReader(sent(t, maker, "none", made...))); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(members(t, maker), members(t, other)); diff != "" {
			t.Error(diff)
		}
	})
}

var paths = []string{"static", "venv/lib", "one.txt", "link.txt"}

func TestSendAndReceive(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		maker, other := pair(t, host)
		makes(t, maker, produced)
		main := filepath.Join(maker.Site.Release(id), "static/css/main.css")
		old := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
		if err := errors.Join(os.Chmod(main, 0o464), os.Chmod(filepath.Dir(main), 0o775), os.Chtimes(main, old, old)); err != nil {
			t.Fatal(err)
		}
		// What the other host has in their place goes, whatever it is.
		makes(t, other, map[string]string{"static/stale.css": "stale", "venv/lib": "a file", "link.txt/": "", "one.txt": "-> nowhere", "venv/kept": "kept"})
		want := members(t, maker)
		want["venv/kept"] = members(t, other)["venv/kept"]

		for i, encoding := range produce.Encodings {
			if encoding == "zstd" && !(maker.Zstd && other.Zstd) {
				continue
			}
			payload := sent(t, maker, encoding, paths...)
			inst := instance(i+1, paths...)
			if err := receive(t, other, inst, encoding, bytes.NewReader(payload)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, members(t, other)); diff != "" {
				t.Errorf("%s: %s", encoding, diff)
			}
			if !recorded(t, other) {
				t.Errorf("%s: it is not recorded", encoding)
			}
			// Once more is nothing more.
			makes(t, other, map[string]string{"static/later": "later"})
			if err := receive(t, other, inst, encoding, bytes.NewReader(nil)); err != nil {
				t.Error(err)
			}
			if members(t, other)["static/later"] == "" {
				t.Error("what was recorded was done again")
			}
		}
		if left, _ := filepath.Glob(filepath.Join(other.Site.Records(id), "produced-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

func TestCheck(t *testing.T) {
	special := func(mode os.FileMode) func(string) error {
		return func(release string) error { return os.Chmod(filepath.Join(release, "made/file"), mode) }
	}
	nothing := func(string) error { return nil }
	allowed := []string{"/usr/bin/python3", "/opt/node"}
	for name, c := range map[string]struct {
		made  map[string]string
		also  func(release string) error
		paths []string
		want  string
	}{
		"all well":      {map[string]string{"made/file": "", "made/l": "-> file", "made/a/l": "-> ../../artifact.txt"}, nothing, []string{"made"}, ""},
		"missing":       {map[string]string{"made/file": ""}, nothing, []string{"made", "static", "a/b"}, "it did not make: static a/b"},
		"fifo":          {map[string]string{"made/file": ""}, func(r string) error { return syscall.Mkfifo(r+"/made/pipe", 0o600) }, []string{"made"}, "made/pipe is no file, folder or link"},
		"setuid":        {map[string]string{"made/file": ""}, special(0o755 | os.ModeSetuid), []string{"made"}, "made/file is setuid or setgid"},
		"setgid":        {map[string]string{"made/file": ""}, special(0o755 | os.ModeSetgid), []string{"made"}, "made/file is setuid or setgid"},
		"unreadable":    {map[string]string{"made/file": ""}, special(0o044), []string{"made"}, "made/file may not be read by its owner"},
		"closed folder": {map[string]string{"made/file": ""}, func(r string) error { return os.Chmod(r+"/made", 0o555) }, []string{"made"}, "made is a folder that its owner may not write to"},
		"line feed":     {map[string]string{"made/a\nb": ""}, nothing, []string{"made"}, "line break in its name"},
		"return":        {map[string]string{"made/a\rb": ""}, nothing, []string{"made"}, "line break in its name"},
		"absolute link": {map[string]string{"made/python": "-> /usr/bin/python"}, nothing, []string{"made"}, "made/python points outside the release, to /usr/bin/python"},
		"allowed link":  {map[string]string{"made/python": "-> /usr/bin/python3", "made/node": "-> /opt/node"}, nothing, []string{"made"}, ""},
		"below allowed": {map[string]string{"made/npm": "-> /opt/node/npm"}, nothing, []string{"made"}, "made/npm points outside the release, to /opt/node/npm"},
		"escaping link": {map[string]string{"made/a/l": "-> ../../../x"}, nothing, []string{"made"}, "made/a/l points outside the release, to ../../../x"},
		"link to above": {map[string]string{"l": "-> .."}, nothing, []string{"l"}, "l points outside the release, to .."},
		"by a link":     {map[string]string{"made/up": "-> ./a/b", "made/x": "-> up/../../.."}, nothing, []string{"made"}, "with `..` behind a name"},
		"arrow":         {map[string]string{"made/a -> b": "-> c"}, nothing, []string{"made"}, "in its name"},
		"broken target": {map[string]string{"made/l": "-> a\nb"}, nothing, []string{"made"}, "made/l has a line break in its target"},
		"newline last":  {map[string]string{"made/l": "-> a\n"}, nothing, []string{"made"}, "made/l has a line break in its target"},
		"behind a link": {map[string]string{"dir/file": "", "made": "-> dir"}, nothing, []string{"made/file"}, "made is a link"},
		"outside":       {map[string]string{}, nothing, []string{"../x"}, `"../x" is no path inside a release`},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				staged(t, host)
				makes(t, host, c.made)
				if err := c.also(host.Site.Release(id)); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = os.Chmod(filepath.Join(host.Site.Release(id), "made"), 0o755) })
				for what, err := range map[string]error{
					"check": release.Run(t.Context(), host, produce.Check(host.Site, id, c.paths, allowed)),
					"send":  release.Run(t.Context(), host, produce.Send(host.Site, id, c.paths, allowed, "none", discard)),
				} {
					switch {
					case c.want == "" && err != nil:
						t.Errorf("%s: %v", what, err)
					case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
						t.Errorf("%s says %v, wanted %q", what, err, c.want)
					}
				}
			})
		})
	}
}

// A payload that is not what was sent changes nothing.
func TestReceiveRefuses(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		maker, other := pair(t, host)
		makes(t, maker, map[string]string{"static/main.css": strings.Repeat("main", 20000), "static/l": "-> main.css"})
		makes(t, other, map[string]string{"static/old.css": "old"})
		before := members(t, other)
		whole := sent(t, maker, "none", "static")
		for name, c := range map[string]struct {
			payload []byte
			want    string
		}{
			"nothing":   {nil, ""},
			"cut short": {whole[:len(whole)/2], ""},
			"damaged":   {bytes.Replace(whole, []byte("mainmain"), []byte("mainMAIN"), 1), "wrong content"},
			"mode":      {rewritten(t, whole, func(h *tar.Header) { h.Mode |= 0o022 }), "differ from the manifest"},
			"target":    {rewritten(t, whole, func(h *tar.Header) { h.Linkname = strings.Replace(h.Linkname, "main", "moan", 1) }), "differ from the manifest"},
			"missing":   {rewritten(t, whole, func(h *tar.Header) { h.Name = strings.Replace(h.Name, "tree/static/l", "tree/static/m", 1) }), "differ from the manifest"},
		} {
			err := receive(t, other, instance(1, "static"), "none", bytes.NewReader(c.payload))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, wanted %q", name, err, c.want)
			}
		}
		if err := receive(t, other, instance(1, "static", "more"), "none", bytes.NewReader(whole)); err == nil || !strings.Contains(err.Error(), "it has no more") {
			t.Errorf("without one of the paths: %v", err)
		}
		var short bytes.Buffer
		packer := gzip.NewWriter(&short)
		if _, err := packer.Write(whole); err != nil {
			t.Fatal(err)
		}
		if err := receive(t, other, instance(1, "static"), "gzip", bytes.NewReader(short.Bytes())); err == nil {
			t.Error("a cut stream is taken")
		}
		if diff := cmp.Diff(before, members(t, other)); diff != "" || recorded(t, other) {
			t.Errorf("recorded %v; changed: %s", recorded(t, other), diff)
		}
		if left, _ := filepath.Glob(filepath.Join(other.Site.Records(id), "produced-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

// rewritten is a tar with headers changed.
func rewritten(t *testing.T, whole []byte, change func(*tar.Header)) []byte {
	t.Helper()
	var out bytes.Buffer
	from, to := tar.NewReader(bytes.NewReader(whole)), tar.NewWriter(&out)
	for {
		header, err := from.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			if strings.HasPrefix(header.Name, "tree/") {
				change(header)
			}
			err = to.WriteHeader(header)
		}
		if err == nil {
			_, err = io.Copy(to, from)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Wherever Receive is killed, nothing is recorded that is not there, and the next one leaves all of it.
func TestReceiveKilled(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		maker, other := pair(t, host)
		makes(t, maker, map[string]string{"static/main.css": "main", "one": "one"})
		want := members(t, maker)
		payload := sent(t, maker, "none", "static", "one")
		lines := []string{"mkdir \"$incoming/old\"", "mv \"$release/$path\"", "mv \"$incoming/tree/$path\"", "sync -f", "printf '%s\\n' \"$log\"", "[ -e \"$try/status\" ] || mv", "sync \"${try%/*}\"", "rm -rf \"$incoming\"\n"}
		for i, line := range lines {
			makes(t, other, map[string]string{"static/stale": "stale", "one": "stale"})
			other.Patch = func(script string) string {
				at := strings.LastIndex(script, line)
				if at < 0 {
					t.Errorf("no line %q", line)
					return script
				}
				begin := strings.LastIndex(script[:at], "\n") + 1
				return script[:begin] + "sh -c 'kill -KILL $PPID'\n" + script[begin:]
			}
			inst := instance(i+1, "static", "one")
			inst.Step.Fingerprint = "f" + line
			if err := receive(t, other, inst, "none", bytes.NewReader(payload)); err == nil {
				t.Errorf("%s: it was not killed", line)
			}
			other.Patch = nil
			_, err := os.Stat(filepath.Join(other.Site.Root, inst.Folder(), "status"))
			if err == nil && !cmp.Equal(want, members(t, other)) {
				t.Errorf("%s: it is recorded and not there: %v", line, members(t, other))
			}
			if err := receive(t, other, inst, "none", bytes.NewReader(payload)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, members(t, other)); diff != "" {
				t.Errorf("%s: after another: %s", line, diff)
			}
		}
	})
}

// A full disk is told with its numbers, and changes nothing.
func TestReceiveOnFullDisk(t *testing.T) {
	t.Parallel()
	maker, other := staged(t, releasetest.NewHost(t, "dash")), releasetest.NewHost(t, "dash")
	other.Site = release.Site{Root: filepath.Join(other.SmallDisk(t, 512<<10, 1000), "site")}
	staged(t, other)
	makes(t, maker, map[string]string{"static/big": strings.Repeat("0123456789", 100_000)})
	makes(t, other, map[string]string{"static/old": "old"})
	before := members(t, other)
	err := receive(t, other, instance(1, "static"), "gzip", bytes.NewReader(sent(t, maker, "gzip", "static")))
	if err == nil || !strings.Contains(err.Error(), "no space left on device: ") {
		t.Errorf("error: %v", err)
	}
	if diff := cmp.Diff(before, members(t, other)); diff != "" || recorded(t, other) {
		t.Errorf("changed: %s", diff)
	}
}
