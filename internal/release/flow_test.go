package release_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/pack"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/hosttest"
	"github.com/slipway/slipway/internal/sshtest/sshd"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// A whole deployment on one host, over each kind of connection that there is.
func TestFlow(t *testing.T) {
	connections := map[string]func(t *testing.T) (conn transport.Conn, root string){
		"dash": local, "ash": local, "bash": local, "ssh": inProcess, "openssh": openSSH,
	}
	for name, connect := range connections {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, root := connect(t)
			flow(t, conn, release.Site{Root: root + "/srv/it's a site"})
		})
	}
}

func local(t *testing.T) (conn transport.Conn, root string) {
	t.Helper()
	host := releasetest.NewHost(t, filepath.Base(t.Name()))
	return host, host.Home
}

func inProcess(t *testing.T) (conn transport.Conn, root string) {
	t.Helper()
	host := hosttest.Start(t, sshtest.Options{})
	return dial(t, ssh.Config{Key: host.Key, KnownHosts: host.KnownHosts}, host.Address), host.Root
}

func openSSH(t *testing.T) (conn transport.Conn, root string) {
	t.Helper()
	server := sshd.Start(t, sshd.Options{})
	return dial(t, ssh.Config{Key: server.Key, KnownHosts: server.KnownHosts}, server.Address()), t.TempDir()
}

func dial(t *testing.T, config ssh.Config, address deploy.Address) transport.Conn {
	t.Helper()
	dialer, err := ssh.NewDialer(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dialer.Close() })
	conn, err := dialer.Connect(t.Context(), deploy.Host{Name: "web1", Address: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// packed is an artifact with a page that says a version.
func packed(t *testing.T, version string) *artifact.Artifact {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"version": version, "media/logo": "logo", "bin/schön": "x"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "site.tar.gz")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := pack.Folder(t.Context(), dir, out, pack.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := artifact.Open(t.Context(), file, artifact.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func flow(t *testing.T, conn transport.Conn, site release.Site) {
	t.Helper()
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	survived := func() deploy.Facts {
		t.Helper()
		facts, err := releasetest.Survey(ctx, conn, site, survey.Question{SharedFiles: []string{"local.ini"}})
		ok(err)
		return facts
	}
	if facts := survived(); facts.Current != deploy.CurrentNone || !slices.Equal(facts.MissingShared, []string{"local.ini"}) {
		t.Errorf("at first: %+v", facts)
	}

	var ids []deploy.ReleaseID
	now := time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC)
	for i, version := range []string{"one", "two", "three"} {
		a := packed(t, version)
		id := deploy.NewReleaseID(now.Add(time.Duration(i)*time.Hour), "1a2b3c4d", a.Content())
		deployment := deploy.DeploymentID("412-deploy-" + version)
		ok(release.Run(ctx, conn, journal.Open(site, deployment, []byte("{}"), deploy.Owner{})))
		ok(os.WriteFile(site.Shared()+"/local.ini", nil, 0o600))
		encoding := "gzip"
		if survived().Tools["zstd"] != "" {
			encoding = "zstd"
		}
		payload, err := a.Payload(ctx, encoding)
		ok(err)
		ok(release.Run(ctx, conn, stage.Upload(site, id, payload, nil)))
		links := stage.Links{Dirs: []string{"media"}, Files: []string{"local.ini"}, Secrets: map[string]secret.Secret{".env": secret.New("A=b\n")}}
		ok(release.Run(ctx, conn, stage.Link(site, id, links)))

		var lines []string
		status, _, err := releasetest.RunStep(ctx, conn, site, step.Instance{
			Deployment: deployment, Release: id, Try: 1,
			Step:    deploy.Step{Name: "Build", Phase: deploy.Prepare, Number: 1, Run: `cat version .env media/logo; echo "$TOKEN" | tr a-z A-Z; sleep 60 & exit 3`, Timeout: time.Minute},
			Secrets: map[string]secret.Secret{"TOKEN": secret.New("it's $x\nok")},
		}, func(line string) { lines = append(lines, line) })

		ok(err)
		if want := version + "A=b\nlogoIT'S $X\nOK"; status.Exit != 3 || strings.Join(lines, "\n") != want {
			t.Errorf("the step ended with %s and %q", status, lines)
		}

		change := activate.Change{Deployment: deployment, Release: id, Target: "releases/" + string(id)}
		entry := deploy.HistoryEntry{At: now, Release: id, Deployment: deployment, Command: "deploy", Outcome: "activated"}
		if i > 0 {
			entry.Before = ids[i-1]
			change.Previous = "releases/" + string(ids[i-1])
		}
		ok(release.Run(ctx, conn, activate.Store(site, id, activate.Block{Vars: map[string]string{"V": version}})))
		ok(release.Run(ctx, conn, activate.Switch(site, change)))
		ok(release.Run(ctx, conn, activate.Mark(site, id, "verified")))
		ok(release.Run(ctx, conn, journal.Append(site, entry)))
		ids = append(ids, id)
		if page, err := os.ReadFile(site.Current() + "/version"); string(page) != version {
			t.Errorf("the site says %q, %v", page, err)
		}
	}

	removed, err := releasetest.Prune(ctx, conn, site, nil)
	ok(err)
	facts := survived()
	if !slices.Equal(removed, ids[:1]) || len(facts.Releases) != 2 || facts.CurrentID != ids[2] || len(facts.History) != 3 || facts.History[2].Before != ids[1] {
		t.Errorf("pruned %q, then %+v", removed, facts)
	}
	block, err := releasetest.LoadBlock(ctx, conn, site, ids[1])
	ok(err)
	if block.Vars["V"] != "two" {
		t.Errorf("the block of the second release: %+v", block)
	}
}
