//go:build e2e

package e2e

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"testing"
)

// mostImage is how many bytes the image may have, unpacked.
const mostImage = 20_000_000

// testImage looks at what users pull: small, no toolchain, and what runners other than GitHub's need of it.
func testImage(ctx context.Context, t *testing.T) {
	inspect := func(format string) string {
		t.Helper()
		return run(ctx, t, "docker", "image", "inspect", "--format", format, actionImage)
	}
	if size, err := strconv.Atoi(inspect("{{.Size}}")); err != nil || size >= mostImage {
		t.Errorf("the image has %d bytes (%v), want fewer than %d", size, err, mostImage)
	}
	if got, want := inspect("{{json .Config.Entrypoint}} {{json .Config.Cmd}}"), `["/usr/local/bin/slipway"] null`; got != want {
		t.Errorf("entrypoint and command: %s, want %s", got, want)
	}
	if got := inspect("{{.Config.User}}|{{.Config.WorkingDir}}"); got != "|" && got != "|/" {
		t.Errorf("user and working directory: %s, want none: the runner's files belong to root", got)
	}

	for _, command := range []string{"true", "env | grep -q ^PATH=", "tail -n 1 /etc/passwd", "test -w /tmp", "slipway version"} {
		if out, err := try(ctx, "docker", "run", "--rm", "--entrypoint", "sh", actionImage, "-c", command); err != nil {
			t.Errorf("sh -c %q: %v\n%s", command, err, out)
		}
	}

	files := imageFiles(ctx, t)
	for _, name := range []string{"usr/local/bin/slipway", "etc/ssl/certs/ca-certificates.crt"} {
		if !files[name] {
			t.Errorf("the image has no %s", name)
		}
	}
	for name := range files {
		switch base := path.Base(name); {
		case base == "go", base == "gofmt", base == "cc", base == "gcc", base == "ld", base == "make", base == "apt", strings.HasSuffix(base, ".go"):
			t.Errorf("the image has %s, which is for building", name)
		}
	}
}

// imageFiles are the paths of all files in the image, without a leading slash.
func imageFiles(ctx context.Context, t *testing.T) map[string]bool {
	t.Helper()
	container := run(ctx, t, "docker", "create", actionImage)
	t.Cleanup(func() { remove(ctx, t, "rm", "--force", container) })
	cmd := exec.CommandContext(ctx, "docker", "export", container)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	files := map[string]bool{}
	for archive := tar.NewReader(out); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(header.Name, "/")] = true
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return files
}
