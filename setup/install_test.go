// Package setup_test runs the set-up action's script against a server of releases, in each shell that a runner or an image may have.
package setup_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
)

// program stands in for slipway, of a version.
func program(version string) string { return "#!/bin/sh\necho slipway " + version + "\n" }

// releases is a server of releases: files by their path, and what was asked for.
type releases struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]string
	cut   bool // half of each program is sent
	asked []string
}

// asset is what a release calls its program for this machine.
var asset = "slipway_" + runtime.GOOS + "_" + runtime.GOARCH

func sums(program string) string {
	return fmt.Sprintf("%x  slipway_plan9_mips\n%x  %s\n", sha256.Sum256(nil), sha256.Sum256([]byte(program)), asset)
}

func startReleases(t *testing.T) *releases {
	t.Helper()
	r := &releases{files: map[string]string{
		"/v1.2.3/" + asset: program("1.2.3"), "/v1.2.3/SHA256SUMS": sums(program("1.2.3")),
	}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.asked = append(r.asked, req.URL.Path)
		content, found := r.files[req.URL.Path]
		if !found {
			http.NotFound(w, req)
			return
		}
		if r.cut && strings.HasSuffix(req.URL.Path, asset) {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			content = content[:len(content)/2]
		}
		_, _ = w.Write([]byte(content))
	}))
	t.Cleanup(r.Close)
	return r
}

// change changes what the server has.
func (r *releases) change(how func(*releases)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	how(r)
}

// runner is one machine: its tool folder, and what the last job's step wrote.
type runner struct {
	t             *testing.T
	shell         []string
	action, tools string
	path          string // PATH; "" is the test's
	releases      *releases
}

func newRunner(t *testing.T, shell ...string) *runner {
	t.Helper()
	r := &runner{t: t, shell: shell, action: t.TempDir(), tools: t.TempDir(), releases: startReleases(t)}
	script, err := os.ReadFile("install.sh") // without what a release puts beside it
	if err != nil {
		t.Fatal(err)
	}
	r.puts("install.sh", string(script))
	return r
}

// puts writes a file of the action's folder.
func (r *runner) puts(name, content string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.action, name), []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// ran is what became of a step.
type ran struct {
	ok                 bool
	log, path, outputs string
}

func (r *runner) install(version string, env ...string) ran {
	r.t.Helper()
	files := r.t.TempDir()
	args := append(slices.Clone(r.shell[1:]), filepath.Join(r.action, "install.sh"))
	cmd := exec.CommandContext(r.t.Context(), r.shell[0], args...)
	path := r.path
	if path == "" {
		path = os.Getenv("PATH")
	}
	cmd.Env = append([]string{
		"PATH=" + path, "SLIPWAY_VERSION=" + version, "SLIPWAY_RELEASES_URL=" + r.releases.URL, "RUNNER_TOOL_CACHE=" + r.tools,
		"GITHUB_PATH=" + filepath.Join(files, "path"), "GITHUB_OUTPUT=" + filepath.Join(files, "output"),
	}, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	read := func(name string) string {
		content, _ := os.ReadFile(filepath.Join(files, name))
		return string(content)
	}
	return ran{ok: err == nil, log: out.String(), path: read("path"), outputs: read("output")}
}

// refused wants a step that failed, says so on one line with these words, and left nothing behind.
func (r *runner) refused(got ran, words string) {
	r.t.Helper()
	if got.ok || !strings.Contains(got.log, "::error title=slipway is not installed::") || !strings.Contains(got.log, words) {
		r.t.Errorf("want it refused with %q, it was %t:\n%s", words, got.ok, got.log)
	}
	if got.path != "" || got.outputs != "" {
		r.t.Errorf("a refused one set PATH %q, outputs %q", got.path, got.outputs)
	}
	left, err := filepath.Glob(filepath.Join(r.tools, "slipway", "*", "*", "*"))
	if err != nil || len(left) != 0 {
		r.t.Errorf("it left %q, %v", left, err)
	}
}

func (r *runner) program() string {
	return filepath.Join(r.tools, "slipway", "1.2.3", runtime.GOARCH, "slipway")
}

func (r *runner) asked() []string {
	r.releases.mu.Lock()
	defer r.releases.mu.Unlock()
	asked := r.releases.asked
	r.releases.asked = nil
	return asked
}

// inShells runs a test in each shell.
func inShells(t *testing.T, test func(t *testing.T, r *runner)) {
	t.Helper()
	for _, shell := range [][]string{{"dash"}, {"bash"}, {"busybox", "sh"}} {
		t.Run(shell[0], func(t *testing.T) {
			t.Parallel()
			needtest.Programs(t, shell[0], "curl")
			test(t, newRunner(t, shell...))
		})
	}
}

// TestInstall: the program is fetched once, found by the steps that follow, and fetched again where another job changed it.
func TestInstall(t *testing.T) {
	t.Parallel()
	inShells(t, func(t *testing.T, r *runner) {
		t.Helper()
		got := r.install("v1.2.3")
		if !got.ok || got.path != filepath.Dir(r.program())+"\n" || got.outputs != "version=1.2.3\npath="+r.program()+"\n" {
			t.Fatalf("%+v", got)
		}
		if out, err := exec.CommandContext(t.Context(), r.program()+"-post").Output(); err != nil || string(out) != "slipway 1.2.3\n" {
			t.Fatalf("the program: %q, %v", out, err)
		}
		r.asked()
		if got := r.install("1.2.3"); !got.ok || !strings.Contains(got.log, "is here already") || got.path == "" {
			t.Errorf("the second time: %+v", got)
		}
		if asked := r.asked(); !slices.Equal(asked, []string{"/v1.2.3/SHA256SUMS"}) {
			t.Errorf("the second time it asks for %q", asked)
		}
		if err := os.WriteFile(r.program(), []byte(program("changed")), 0o755); err != nil {
			t.Fatal(err)
		}
		if got := r.install("1.2.3"); !got.ok || !strings.Contains(got.log, "was installed") {
			t.Errorf("after it was changed: %+v", got)
		}
		if have, err := os.ReadFile(r.program()); err != nil || string(have) != program("1.2.3") {
			t.Errorf("after it was changed: %q, %v", have, err)
		}
	})
}

// TestAttestation: the verifier is installed beside the program where it is asked for, by the same checksums, and nothing is without it.
func TestAttestation(t *testing.T) {
	t.Parallel()
	inShells(t, func(t *testing.T, r *runner) {
		t.Helper()
		verifier := filepath.Join(filepath.Dir(r.program()), "slipway-verify")
		r.refused(r.install("1.2.3", "SLIPWAY_ATTESTATION=yes"), "attestation is true or false")
		r.refused(r.install("1.2.3", "SLIPWAY_ATTESTATION=true"), "SHA256SUMS of version 1.2.3 has no slipway-verify_")
		beside := strings.Replace(asset, "slipway_", "slipway-verify_", 1)
		r.releases.change(func(s *releases) {
			s.files["/v1.2.3/"+beside] = program("verifier")
			s.files["/v1.2.3/SHA256SUMS"] += fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(program("verifier"))), beside)
		})
		if got := r.install("1.2.3"); !got.ok {
			t.Fatalf("without it: %+v", got)
		}
		if _, err := os.Stat(verifier); err == nil {
			t.Error("it was installed, and nobody asked for it")
		}
		if got := r.install("1.2.3", "SLIPWAY_ATTESTATION=true"); !got.ok {
			t.Fatalf("with it: %+v", got)
		}
		if have, err := os.ReadFile(verifier); err != nil || string(have) != program("verifier") {
			t.Errorf("the verifier is %q, %v", have, err)
		}
		r.releases.change(func(s *releases) { s.files["/v1.2.3/"+beside] = program("another") })
		if err := os.WriteFile(verifier, []byte("changed"), 0o755); err != nil {
			t.Fatal(err)
		}
		if got := r.install("1.2.3", "SLIPWAY_ATTESTATION=true"); got.ok || got.path != "" || !strings.Contains(got.log, "nothing was installed") {
			t.Errorf("another verifier than the release's: %+v", got)
		}
	})
}

// TestRefused: whatever is not what the release says, or cannot be, is not installed.
func TestRefused(t *testing.T) {
	t.Parallel()
	inShells(t, func(t *testing.T, r *runner) {
		t.Helper()
		for version, words := range map[string]string{
			"": "give version", "main": "is none", "1.2": "is none", "1.2.3.4": "is none", "../1.2.3": "is none", "1..2": "is none", "1.2.3\n::x::": "is none",
		} {
			r.refused(r.install(version), words)
		}
		r.refused(r.install("1.2.3", "SLIPWAY_RELEASES_URL=http://example.com"), "must begin with https://")
		if asked := r.asked(); len(asked) != 0 {
			t.Errorf("it asked for %q", asked)
		}
		r.refused(r.install("1.2.4"), "no checksums of version 1.2.4")
		r.releases.change(func(s *releases) { s.cut = true })
		r.refused(r.install("1.2.3"), "could not be fetched")
		r.releases.change(func(s *releases) { s.cut, s.files["/v1.2.3/"+asset] = false, program("another") })
		r.refused(r.install("1.2.3"), "nothing was installed")
		r.releases.change(func(s *releases) { s.files["/v1.2.3/SHA256SUMS"] = "<html>\n" })
		r.refused(r.install("1.2.3"), "SHA256SUMS of version 1.2.3 has no "+asset)
	})
}

// TestPinned: the checksums that lie beside a release's own action are believed, whatever the server says by now.
func TestPinned(t *testing.T) {
	t.Parallel()
	inShells(t, func(t *testing.T, r *runner) {
		t.Helper()
		r.puts("VERSION", "1.2.3\n")
		r.puts("SHA256SUMS", sums(program("1.2.3")))
		bad := program("replaced")
		r.releases.change(func(s *releases) { s.files["/v1.2.3/"+asset], s.files["/v1.2.3/SHA256SUMS"] = bad, sums(bad) })
		r.refused(r.install(""), "nothing was installed")
		r.releases.change(func(s *releases) { s.files["/v1.2.3/"+asset] = program("1.2.3") })
		if got := r.install(""); !got.ok || !strings.Contains(got.outputs, "version=1.2.3\n") {
			t.Errorf("%+v", got)
		}
		if asked := r.asked(); slices.Contains(asked, "/v1.2.3/SHA256SUMS") {
			t.Errorf("it asked for %q", asked)
		}
	})
}

// TestWithoutCurl: an image may have wget alone. On Windows there is no program of ours.
func TestWithoutCurl(t *testing.T) {
	t.Parallel()
	r := newRunner(t, needtest.Program(t, "dash"))
	r.path = t.TempDir()
	for _, name := range []string{"awk", "cat", "chmod", "cut", "dirname", "mkdir", "mktemp", "mv", "ln", "rm", "sh", "sha256sum", "uname"} {
		if err := os.Symlink(needtest.Program(t, name), filepath.Join(r.path, name)); err != nil {
			t.Fatal(err)
		}
	}
	r.refused(r.install("1.2.3"), "neither curl nor wget is here")
	if err := os.Symlink(needtest.Program(t, "wget"), filepath.Join(r.path, "wget")); err != nil {
		t.Fatal(err)
	}
	r.refused(r.install("1.2.4"), "no checksums of version 1.2.4")
	if got := r.install("1.2.3"); !got.ok {
		t.Errorf("%+v", got)
	}

	uname := filepath.Join(r.path, "uname")
	if err := os.Remove(uname); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(uname, []byte("#!/bin/sh\necho MINGW64_NT-10.0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.tools = t.TempDir()
	r.refused(r.install("1.2.3"), "no program for this system")
}
