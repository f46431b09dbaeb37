package promotion

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/treetest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/pool"
)

const staged = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")

// staging is a host that is this machine. The link drops when it has sent a release once, behind more bytes than the next try sends.
type staging struct {
	transport.Conn
	host  *releasetest.Host
	drops bool
}

func (s *staging) Connect(context.Context, deploy.Host) (transport.Conn, error) { return s, nil }

func (s *staging) Run(ctx context.Context, command transport.Command) error {
	err := s.Conn.Run(ctx, command)
	if err == nil && s.drops && command.Name == "read release" {
		s.drops = false
		_, _ = command.Stdout.Write([]byte(strings.Repeat("what the first try sent beside it\n", 1000)))
		err = transport.ErrLost
	}
	return err
}

// source is a release of two files that a host has with its manifest.
func source(t *testing.T) (*staging, *Source) {
	t.Helper()
	machine := releasetest.NewHost(t, "dash")
	host := &staging{Conn: machine, host: machine}
	dir := t.TempDir()
	files := map[string]string{"index.html": "one\n", "static/a b.css": "two\n"}
	treetest.Write(t, filepath.Join(dir, "tree"), files)
	treetest.Run(t, filepath.Join(dir, "tree"), "tar", "-cf", "../site.tar", ".")
	tarball, err := artifact.Open(t.Context(), filepath.Join(dir, "site.tar"), artifact.Options{TempDir: dir, MaxSize: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tarball.Close() }()
	treetest.Write(t, host.host.Site.Release(staged), files)
	manifest := tarball.Manifest()
	var entries, sums strings.Builder
	if err := errors.Join(manifest.WriteEntries(&entries), manifest.WriteSHA256(&sums)); err != nil {
		t.Fatal(err)
	}
	treetest.Write(t, filepath.Join(host.host.Site.Records(staged), "manifest"), map[string]string{
		"entries": entries.String(), "sha256": sums.String(), "content": string(manifest.Content()) + "\n",
	})
	hosts := fleet.Gather(t.Context(), pool.New(host, 0), []deploy.Host{{Name: "staging1", DeployPath: host.host.Site.Root}}, survey.Question{}, func(string) {})
	t.Cleanup(func() { _ = hosts.Close() })
	if err := hosts.On("staging1").Span.Err; err != nil {
		t.Fatal(err)
	}
	return host, On(hosts.On("staging1"), staged, tarball.Content(), deploy.Provenance{})
}

// What is brought is the very content that was deployed there, also where the link dropped on the way.
func TestOpen(t *testing.T) {
	t.Parallel()
	for _, drops := range []bool{false, true} {
		host, found := source(t)
		host.drops = drops
		tarball, err := found.Open(t.Context(), artifact.Options{TempDir: t.TempDir(), MaxSize: 1 << 30})
		if err != nil {
			t.Errorf("the link drops %v: %v", drops, err)
			continue
		}
		if tarball.Content() != found.Content {
			t.Errorf("the link drops %v: another content", drops)
		}
		if err := tarball.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A release of which a file was changed, is gone or may not be read is not promoted, and nothing is left on this machine.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(file string) error
		want   string
	}{
		"changed by hand": {func(file string) error { return os.WriteFile(file, []byte("ONE\n"), 0o644) }, "its files are not those of its manifest any more"},
		"gone":            {os.Remove, "it cannot be read to its end"},
		"a link now":      {func(file string) error { return errors.Join(os.Remove(file), os.Symlink("static", file)) }, "is not what it was any more"},
	} {
		host, found := source(t)
		if err := c.change(filepath.Join(host.host.Site.Release(staged), "index.html")); err != nil {
			t.Fatal(err)
		}
		temp := t.TempDir()
		_, err := found.Open(t.Context(), artifact.Options{TempDir: temp, MaxSize: 1 << 30})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "staging1") {
			t.Errorf("%s: %v", name, err)
		}
		left, err := os.ReadDir(temp)
		if err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left, %v", name, left, err)
		}
	}
}
