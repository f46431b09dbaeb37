package rollout_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/delivery"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/distribution"
	hosts "github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/rollout"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/pool"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// fleet is a few SSH hosts of this process, and what a test wants to deploy to them.
type fleet struct {
	t      *testing.T
	cfg    *config.Config
	known  []string
	key    secret.Secret
	runs   int // CI runs so far
	tries  int // attempts of the newest run
	late   int // how many seconds later it begins than its first job
	opts   rollout.Options
	server map[string]*sshtest.Server
	places int      // of the pool; 0 is the usual number
	rooms  int      // for sessions at a time on a connection; 0 is what sshd has
	shell  string   // the log-in shell of hosts; "" is /bin/sh
	env    []string // of the sessions of hosts that are added, beside what all have

	through func(transport.Dialer) transport.Dialer // what a test puts before the connections; may be nil
	slowed  func(stage.Payload) stage.Payload       // what it makes of the payload; may be nil
	noDelta error                                   // why no delta can be made

	authorized string // the key that hosts let in
	cleanUp    bool   // what runs next is the post step

	planned func(*plan.Plan, *hosts.Fleet) // called before a plan is carried out; may be nil
	heard   deploy.Emit                    // called with each event, in the run; may be nil

	scratch string                                                        // a file to be taken as scratch; "" is a new one
	before  atomic.Pointer[func(host string, op sshtest.Operation) error] // asked before each operation of a host; nil allows all
}

// newFleet starts hosts web1, web2, ... with empty deploy paths; a release is served when it holds the file `ok`.
func newFleet(t *testing.T, n int) *fleet {
	t.Helper()
	key, authorized := sshtest.ClientKey()
	f := &fleet{t: t, key: key, server: map[string]*sshtest.Server{}, opts: rollout.Options{UnwindOnCancel: true}}
	f.cfg = &config.Config{
		App: "shop", KeepReleases: 3, Timeout: 5 * time.Minute, SharedDirs: []string{"run"},
		Activation: map[string]deploy.Activation{"": {
			Restart: []deploy.Step{script(deploy.Activate, "Restart", `echo restart >> "$SLIPWAY_SHARED_PATH/run/log"`)},
			Verify:  []deploy.Check{{Name: "Health", Run: check("test -e ok"), Within: 300 * time.Millisecond, Interval: 50 * time.Millisecond, Successes: 1}},
		}},
	}
	for i := range n {
		f.add(fmt.Sprintf("web%d", i+1), authorized)
	}
	f.authorized = authorized
	return f
}

// add starts one more host.
func (f *fleet) add(name, authorized string) *deploy.Host {
	f.t.Helper()
	root := f.t.TempDir()
	allow := func(op sshtest.Operation) error {
		if before := f.before.Load(); before != nil {
			return (*before)(name, op)
		}
		return nil
	}
	server, err := sshtest.Start(sshtest.Options{Root: root, AuthorizedKey: authorized, MaxSessions: f.rooms, Before: allow, Shell: f.shell, Env: f.env})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = server.Close() })
	host, port := server.Addr()
	f.server[name] = server
	f.known = append(f.known, server.HostKeyLine())
	f.cfg.Hosts = append(f.cfg.Hosts, deploy.Host{
		Name: name, Address: deploy.Address{User: "deploy", Host: host, Port: port}, Roles: []string{"web"},
		DeployPath: filepath.Join(root, "site"), Vars: map[string]string{},
	})
	return &f.cfg.Hosts[len(f.cfg.Hosts)-1]
}

func script(phase deploy.Phase, name, run string) deploy.Step {
	return deploy.Step{
		Name: name, Phase: phase, Number: 1, Run: run, Shell: "sh -eu", Timeout: time.Minute, Idempotent: phase == deploy.Prepare,
	}
}

func check(run string) *deploy.Step {
	s := script(deploy.Activate, "", run)
	return &s
}

// number gives steps their places, as config does.
func number(steps ...deploy.Step) []deploy.Step {
	for i := range steps {
		steps[i].Number = i + 1
	}
	return steps
}

// deploy runs one deployment of files (name -> text) and gives its result and its events.
func (f *fleet) deploy(ctx context.Context, files map[string]string) (deploy.Result, *events) {
	f.t.Helper()
	return f.bring(ctx, "deploy", files)
}

// join runs the command of this name.
func (f *fleet) join(ctx context.Context, files map[string]string) (deploy.Result, *events) {
	f.t.Helper()
	return f.bring(ctx, "join", files)
}

// bring runs a command that takes an artifact.
func (f *fleet) bring(ctx context.Context, command string, files map[string]string) (deploy.Result, *events) {
	f.t.Helper()
	name := filepath.Join(f.t.TempDir(), "site.tar")
	if err := os.WriteFile(name, tarball(f.t, files), 0o600); err != nil {
		f.t.Fatal(err)
	}
	built, err := artifact.Open(ctx, name, artifact.Options{TempDir: f.t.TempDir()})
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = built.Close() }()
	bytes, inodes := built.Unpacked()
	about := plan.Artifact{SHA256: built.SHA256(), Content: built.Content(), Size: built.Size(), Bytes: bytes, Inodes: inodes}
	return f.run(ctx, command, about, brought{built, f.slowed, f.noDelta})
}

// rollback activates an earlier release.
func (f *fleet) rollback(ctx context.Context, to string) (deploy.Result, *events) {
	f.t.Helper()
	f.cfg.To = to
	return f.run(ctx, "rollback", plan.Artifact{}, nil)
}

func (f *fleet) run(ctx context.Context, command string, about plan.Artifact, built delivery.Artifact) (deploy.Result, *events) {
	f.t.Helper()
	dialer, err := ssh.NewDialer(ssh.Config{Key: f.key, KnownHosts: strings.Join(f.known, "\n"), ConnectTimeout: 5 * time.Second})
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = dialer.Close() }()
	if f.tries == 0 {
		f.runs++
	}
	attempt := f.tries + 1
	f.tries = 0
	identity := deploy.Identity{Server: "ci", RunID: fmt.Sprint(f.runs), App: f.cfg.App, Command: command}
	run := plan.Run{Identity: identity, Revision: "1a2b3c4", Attempt: attempt, Reconcile: f.cleanUp}
	p, err := plan.Build(f.cfg, about, run, time.Unix(int64(f.runs*1000+attempt+f.late), 0))
	if err != nil {
		f.t.Fatal(err)
	}
	question := survey.Question{SharedFiles: f.cfg.SharedFiles, Deployment: identity.ID(), Secrets: true}
	var through transport.Dialer = dialer
	if f.through != nil {
		through = f.through(dialer)
	}
	crew := hosts.Gather(ctx, pool.New(through, f.places), plan.Asked(f.cfg, f.cleanUp), question, nil)
	defer func() { _ = crew.Close() }()
	if f.planned != nil {
		f.planned(p, crew)
	}
	log := &events{}
	opts := f.opts
	opts.TempFile = func() (distribution.TempFile, error) {
		if f.scratch != "" {
			return os.OpenFile(f.scratch, os.O_WRONLY, 0)
		}
		return os.CreateTemp(f.t.TempDir(), "")
	}
	opts.Emit, opts.Artifact, opts.Secrets = log.add, built, f.cfg.Secrets
	if f.heard != nil {
		opts.Emit = func(event deploy.Event) {
			log.add(event)
			f.heard(event)
		}
	}
	return rollout.Run(ctx, p, crew, opts), log
}

// again makes the next deployment a re-run: another attempt of the run before.
func (f *fleet) again(attempt int) *fleet {
	f.tries = attempt - 1
	return f
}

// current is what a host's link names, "" when there is none.
func (f *fleet) current(host string) string {
	f.t.Helper()
	target, err := os.Readlink(filepath.Join(f.path(host), "current"))
	if os.IsNotExist(err) {
		return ""
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return target
}

func (f *fleet) path(host string) string {
	i := slices.IndexFunc(f.cfg.Hosts, func(h deploy.Host) bool { return h.Name == host })
	return f.cfg.Hosts[i].DeployPath
}

// read is a file below a host's deploy path, "" when there is none.
func (f *fleet) read(host, name string) string {
	f.t.Helper()
	text, err := os.ReadFile(filepath.Join(f.path(host), name))
	if err != nil && !os.IsNotExist(err) {
		f.t.Fatal(err)
	}
	return string(text)
}

// wantCurrent fails unless every host serves the release.
func (f *fleet) wantCurrent(id deploy.ReleaseID) {
	f.t.Helper()
	want := ""
	if id != "" {
		want = "releases/" + string(id)
	}
	for _, host := range f.cfg.Hosts {
		if got := f.current(host.Name); got != want {
			f.t.Errorf("%s: current names %q, wanted %q", host.Name, got, want)
		}
	}
}

func tarball(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// events is what a run told.
type events struct {
	mu   sync.Mutex
	list []deploy.Event
}

func (e *events) add(event deploy.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
}

// outputs are the lines that a step printed on a host.
func (e *events) outputs(step, host string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var lines []string
	for _, event := range e.list {
		if o, ok := event.(deploy.Output); ok && o.Step == step && o.Host == host {
			lines = append(lines, o.Line)
		}
	}
	return lines
}
