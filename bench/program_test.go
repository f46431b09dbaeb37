//go:build bench && linux

package bench

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed testdata/program/main.go
var programSource string

// makeProgram builds a program, and once more after a line of its source has changed. Where it need not be built, some bytes that do
// not compress stand for it.
func makeProgram(t *testing.T, build bool) (old, rebuilt []byte) {
	t.Helper()
	if !build {
		old = newWriter(2).binary()
		return old, append([]byte("rebuilt"), old...)
	}
	const line = "page.Execute(w, request.URL.Path)"
	changed := strings.Replace(programSource, line, `page.Execute(w, strings.ToUpper(request.URL.Path))`, 1)
	changed = strings.Replace(changed, "\"regexp\"\n", "\"regexp\"\n\t\"strings\"\n", 1)
	if !strings.Contains(programSource, line) || !strings.Contains(changed, `"strings"`) {
		t.Fatal("testdata/program/main.go has no line to change any more")
	}
	return compile(t, programSource), compile(t, changed)
}

// compile builds a program as those are that are shipped: without debug data, which Go's linker compresses, so that all of it is another one
// after the smallest change.
func compile(t *testing.T, source string) []byte {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), source)
	write(t, filepath.Join(dir, "go.mod"), "module program\n\ngo 1.24\n")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", "program", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	content, err := os.ReadFile(filepath.Join(dir, "program"))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
