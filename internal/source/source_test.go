package source

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

func TestFind(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"dist/site-1.tar.gz", "dist/notes.txt", "dist/[odd].tar", "dist/sub/deep/app.tar.zst", "many/a.tar", "many/b.tar", "dist/site-1.tar.gz.d/x"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		pattern, want string
		cause, hint   string
	}{
		{"dist/site-1.tar.gz", "dist/site-1.tar.gz", "", ""},
		{"dist/site-*", "dist/site-1.tar.gz", "", ""}, // the folder beside it does not count
		{"./dist/*.gz", "dist/site-1.tar.gz", "", ""},
		{"dist/[odd].tar", "dist/[odd].tar", "", ""},
		{`dist/\[odd\].tar`, "dist/[odd].tar", "", ""},
		{"**/*.tar.zst", "dist/sub/deep/app.tar.zst", "", ""},
		{"dist/*.{gz,xz}", "dist/site-1.tar.gz", "", ""},
		{"", "", "no artifact is named", "artifact"},
		{"dist", "", "dist is a folder; folder dist has [odd].tar, notes.txt, site-1.tar.gz, site-1.tar.gz.d/, sub/", "slipway pack"},
		{"dist/site-2.tar.gz", "", "dist/site-2.tar.gz does not exist; folder dist has [odd].tar", "download-artifact"},
		{"build/out/x.tar", "", "build/out/x.tar does not exist; the working directory has dist/, many/", "download-artifact"},
		{"dist/*.tgz", "", "dist/*.tgz matches no file; folder dist has [odd].tar", "download-artifact"},
		{"out/*/x.tgz", "", "matches no file; the working directory has dist/, many/", "download-artifact"},
		{"many/*.tar", "", "many/*.tar matches 2 files: many/a.tar, many/b.tar", "narrower"},
		{"many/{a.tar", "", "is no pattern", "brackets"},
	} {
		t.Run(test.pattern, func(t *testing.T) {
			got, err := Find(test.pattern)
			if test.cause == "" {
				if err != nil || filepath.Clean(got) != test.want {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			var refusal *deploy.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got %q, %v; want a *deploy.Error", got, err)
			}
			if !strings.Contains(refusal.Cause.Error(), test.cause) || !strings.Contains(refusal.Hint, test.hint) {
				t.Errorf("got %q (%q), want %q (%q)", refusal.Cause, refusal.Hint, test.cause, test.hint)
			}
		})
	}
}

// What is no file is refused at once, and nothing waits for it.
func TestFindWhatIsNoFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := syscall.Mkfifo("pipe.tar", 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gone.tar", "dangling.tar"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(os.DevNull, "device.tar"); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", "socket.tar")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for pattern, want := range map[string]string{
		"pipe.tar": "pipe.tar is a FIFO", "pi*.tar": "pipe.tar is a FIFO", "socket.tar": "socket.tar is a socket",
		"device.tar": "device.tar is a device", os.DevNull: "is a device",
		"dangling.tar": "dangling.tar is a link to gone.tar, which does not exist", "dang*.tar": "dangling.tar is a link to gone.tar",
	} {
		if _, err := Find(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", pattern, err, want)
		}
	}
}

func TestFindInAnEmptyWorkspace(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, pattern := range []string{"dist/site.tar.gz", "dist/*.tar.gz"} {
		_, err := Find(pattern)
		if err == nil || !strings.Contains(err.Error(), "the workspace is empty") || !strings.Contains(err.Error(), "the working directory is empty") {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

func TestLongAndOddListings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a", "b b", "c\x1b[2J", "d", "e", "f", "g", "h", "i", "j"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Find(dir)
	if want := `has a, "b b", "c\x1b[2J", d, e, f, g, h and 2 more`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}
