// Package demo shows what Slipway does on a machine that has nothing but Go: two SSH hosts inside this process, a small
// site that is really served from them, and four deployments by the very code of a real one.
//
// It must not know how a deployment works: it writes a deploy file, hands over inputs as CI would, and looks at the site.
package demo

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway/slipway/internal/artifact/pack"
	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest"
)

//go:embed site
var siteFiles embed.FS

// SummaryFile is where Deploy appends the summary of each run, in its folder.
const SummaryFile = "summary.md"

// Deploy runs one command with inputs in a folder, as a CI job would, and gives its result.
type Deploy func(ctx context.Context, in ci.Inputs, dir string) (deploy.Result, error)

// Run plays the demo, prints it to out, and leaves nothing behind. Its error says that something did not go as told.
func Run(ctx context.Context, out io.Writer, run Deploy) (err error) {
	dir, err := os.MkdirTemp("", "slipway-demo-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s := &stage{dir: dir, out: out, run: run}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, name := range []string{"web1", "web2"} {
		if err := s.addHost(ctx, name); err != nil {
			return err
		}
	}
	return s.play(ctx)
}

// stage is what the demo plays on.
type stage struct {
	dir   string
	out   io.Writer
	run   Deploy
	hosts []*host
	key   string // private key, PEM
	auth  string // its authorized_keys line
}

type host struct {
	name string
	root string // its home; the deploy path is below it
	ssh  *sshtest.Server
	site *site
}

func (s *stage) addHost(ctx context.Context, name string) error {
	if s.key == "" {
		key, authorized := sshtest.ClientKey()
		s.key, s.auth = key.Reveal(), authorized
	}
	h := &host{name: name, root: filepath.Join(s.dir, name)}
	if err := os.Mkdir(h.root, 0o700); err != nil {
		return err
	}
	var err error
	if h.ssh, err = sshtest.Start(sshtest.Options{Root: h.root, User: "deploy", AuthorizedKey: s.auth}); err != nil {
		return err
	}
	s.hosts = append(s.hosts, h)
	h.site, err = serve(ctx, h.deployPath())
	return err
}

func (h *host) deployPath() string { return filepath.Join(h.root, "site") }

func (s *stage) close() error {
	var errs []error
	for _, h := range s.hosts {
		errs = append(errs, h.ssh.Close())
		if h.site != nil {
			errs = append(errs, h.site.close())
		}
	}
	return errors.Join(errs...)
}

// play is the story.
func (s *stage) play(ctx context.Context) error {
	s.say("Two hosts, an empty deploy path each. A merge deploys v1:")
	first, err := s.deploy(ctx, "v1")
	if err != nil {
		return err
	}
	s.say("The next merge deploys v2:")
	if _, err := s.deploy(ctx, "v2"); err != nil {
		return err
	}
	s.say("v3 has lost its front page and will not load. Visitors go on reading while it is tried:")
	visitors := visit(ctx, s.urls())
	_, err = s.deploy(ctx, "v3")
	seen := visitors.leave()
	if err != nil {
		return err
	}
	s.say("Visitors saw meanwhile: " + seen)
	broken, err := s.summary()
	if err != nil {
		return err
	}
	s.say("Back to v1, which the hosts still have:")
	result, err := s.launch(ctx, ci.Inputs{Command: "rollback", To: string(first.Release)})
	if err != nil {
		return err
	}
	if err := s.expect(ctx, result, deploy.ExitDone, "v1"); err != nil {
		return err
	}
	s.say("What the job's page showed of v3 (Markdown, drawn by the CI):")
	s.line(broken)
	return nil
}

// summary takes what the runs so far left for the job's page, of the last run only.
func (s *stage) summary() (string, error) {
	text, err := os.ReadFile(filepath.Join(s.dir, SummaryFile))
	if err != nil {
		return "", err
	}
	return string(text[max(0, bytes.LastIndex(text, []byte("\n## "))):]), nil
}

// outcomes are what a version of the site is expected to come to: exit code, and the page that is served afterwards.
var outcomes = map[string]struct {
	exit int
	page string
}{
	"v1": {deploy.ExitDone, "v1"},
	"v2": {deploy.ExitDone, "v2"},
	"v3": {deploy.ExitUnwound, "v2"},
}

func (s *stage) deploy(ctx context.Context, version string) (deploy.Result, error) {
	tarball, err := s.build(ctx, version)
	if err != nil {
		return deploy.Result{}, err
	}
	result, err := s.launch(ctx, ci.Inputs{Command: "deploy", Artifact: tarball})
	if err != nil {
		return result, err
	}
	want := outcomes[version]
	return result, s.expect(ctx, result, want.exit, want.page)
}

// build makes the tarball of a version of the site, as a build job would.
func (s *stage) build(ctx context.Context, version string) (string, error) {
	folder := filepath.Join(s.dir, "build", version)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	pages := map[string]string{"healthz.txt": "ok " + version + "\n"}
	if version != "v3" {
		pages["index.html"] = version + "\n<!doctype html><title>Slipway demo</title><h1>This is " + version + "</h1>\n"
	}
	style, err := siteFiles.ReadFile("site/style.css")
	if err != nil {
		return "", err
	}
	pages["style.css"] = string(style)
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	name := filepath.Join(s.dir, "site-"+version+".tar.gz")
	file, err := os.Create(name)
	if err != nil {
		return "", err
	}
	return name, errors.Join(pack.Folder(ctx, folder, file, pack.Options{Encoding: pack.Gzip}), file.Close())
}

// launch hands a command over as CI does.
func (s *stage) launch(ctx context.Context, in ci.Inputs) (deploy.Result, error) {
	if err := s.writeDeployFile(); err != nil {
		return deploy.Result{}, err
	}
	var known []string
	for _, h := range s.hosts {
		known = append(known, h.ssh.HostKeyLine())
	}
	in.SSHKey, in.KnownHosts = s.key, strings.Join(known, "\n")
	in.Given = map[string]bool{"ssh_key": true, "known_hosts": true}
	return s.run(ctx, in, s.dir)
}

func (s *stage) writeDeployFile() error {
	text, err := siteFiles.ReadFile("site/slipway.yml")
	if err != nil {
		return err
	}
	lines := string(text)
	for _, h := range s.hosts {
		address, port := h.ssh.Addr()
		lines += fmt.Sprintf("  - {name: %s, address: %q, deploy_path: %q, vars: {PORT: \"%d\"}}\n",
			h.name, fmt.Sprintf("deploy@%s:%d", address, port), h.deployPath(), h.site.port())
	}
	return os.WriteFile(filepath.Join(s.dir, "slipway.yml"), []byte(lines), 0o644)
}

// expect makes sure that the story went as it is told.
func (s *stage) expect(ctx context.Context, result deploy.Result, exit int, page string) error {
	if result.ExitCode != exit {
		return fmt.Errorf("demo: the deployment ended with exit %d, expected %d", result.ExitCode, exit)
	}
	for _, h := range s.hosts {
		got := fetch(ctx, h.site.url())
		if got != page {
			return fmt.Errorf("demo: %s serves %q, expected %q", h.name, got, page)
		}
		s.line(fmt.Sprintf("    GET %s on %s: %q", h.site.url(), h.name, got))
	}
	return nil
}

func (s *stage) urls() []string {
	urls := make([]string, len(s.hosts))
	for i, h := range s.hosts {
		urls[i] = h.site.url()
	}
	return urls
}

func (s *stage) say(text string) { s.line("\n=== " + text + "\n") }

func (s *stage) line(text string) { _, _ = fmt.Fprintln(s.out, text) }
