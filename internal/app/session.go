package app

import (
	"cmp"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/slipway/slipway/internal/checkout"
	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/pace"
	"github.com/slipway/slipway/internal/transport/pool"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// session is one command that goes to hosts: what it was asked for, where it writes, and how hosts are reached.
type session struct {
	*console
	in       ci.Inputs
	cfg      *config.Config
	dialer   transport.Dialer
	checkout checkout.Checkout // that the deploy file lies in
	close    func()
}

// open begins the session of a command. What is wrong with the inputs is reported; the error is the exit code then.
func (a *app) open(ctx context.Context, in ci.Inputs) (*session, error) {
	return a.openRefusing(ctx, a.newConsole(in), in)
}

// openRefusing is open on a console.
func (a *app) openRefusing(ctx context.Context, c *console, in ci.Inputs) (*session, error) {
	s, err := a.openOn(ctx, c, in)
	if err != nil {
		return nil, c.refuse(err)
	}
	return s, nil
}

// openOn begins a session that writes to a console.
func (a *app) openOn(ctx context.Context, c *console, in ci.Inputs) (*session, error) {
	if err := a.readPolicy(ctx, c, in); err != nil {
		return nil, err
	}
	cfg, err := config.Load(in, a.env.Files(), a.environment(c.run))
	if err != nil {
		return nil, err
	}
	a.redactor.Add(cfg.Login.Key) // it may come from a file that an input names
	c.options.LogLines = cfg.LogLines
	reached := a.login(cfg)
	if cfg.Login.From != nil {
		reached.Login = a.certificates(c, *cfg.Login.From)
	}
	var dialer transport.Dialer
	if dialer, err = ssh.NewDialer(reached); err != nil {
		return nil, err
	}
	if reached.Login != nil {
		if err := firstCertificate(ctx, reached.Login, cfg.Login.From.At); err != nil {
			return nil, err
		}
	}
	if cfg.Bandwidth > 0 {
		dialer = pace.Dialer(dialer, cfg.Bandwidth)
	}
	return &session{
		console: c, in: in, cfg: cfg, dialer: dialer, checkout: checkout.Checkout{Dir: a.env.Dir, LookupEnv: a.env.LookupEnv},
		close: func() { _ = dialer.Close() },
	}, nil
}

// token is for GitHub's API.
func (s *session) token() secret.Secret { return token(s.in) }

func token(in ci.Inputs) secret.Secret { return secret.New(strings.TrimSpace(in.GitHubToken)) }

// environment is what config needs to know beside inputs and files.
func (a *app) environment(run ci.Run) config.Env {
	return config.Env{
		DefaultApp: repository(run), Repository: repositoryURL(run), AgentSocket: a.env.Getenv("SSH_AUTH_SOCK"), Exposed: run.Exposed, Policy: a.policy, Dirs: a.dirs(run),
		ReadFile: func(path string) ([]byte, error) { return readNamed(a.home(path)) }, LookPath: lookPath,
	}
}

// lookPath says why a program cannot be started here.
func lookPath(program string) error {
	_, err := exec.LookPath(program)
	var lookup *exec.Error
	if errors.As(err, &lookup) {
		return lookup.Err
	}
	return err
}

// repository is the name of a run's repository, without its owner, or the groups of GitLab that it is in.
func repository(run ci.Run) string { return run.Repository[strings.LastIndex(run.Repository, "/")+1:] }

// repositoryURL is the address of a run's repository; "" where there is none.
func repositoryURL(run ci.Run) string {
	if run.Server == "" || run.Repository == "" {
		return ""
	}
	return strings.TrimSuffix(run.Server, "/") + "/" + run.Repository
}

// dirs are the absolute names of the working directory: its own, that behind links, and in a container of GitHub's the one
// that an expression like github.workspace gives, which is the runner's.
func (a *app) dirs(run ci.Run) []string {
	names := []string{a.env.Dir}
	if target, err := filepath.EvalSymlinks(a.env.Dir); err == nil && target != a.env.Dir {
		names = append(names, target)
	}
	if outside := a.env.Getenv("RUNNER_WORKSPACE"); outside != "" && run.Workspace == a.env.Dir {
		names = append(names, filepath.Join(outside, repository(run)))
	}
	return names
}

func (a *app) login(cfg *config.Config) ssh.Config {
	return ssh.Config{
		Key: cfg.Login.Key, Passphrase: cfg.Login.Passphrase, Certificate: cfg.Login.Certificate,
		AgentSocket: cfg.Login.AgentSocket, KnownHosts: cfg.Identity.KnownHosts,
		Fingerprints: cfg.Identity.Fingerprints, Jump: cfg.Jump, ProxyEnv: ci.WithoutInputs(a.env.Environ()),
	}
}

// gather connects to hosts and asks them for their facts.
func (s *session) gather(ctx context.Context, hosts []deploy.Host, question survey.Question) *fleet.Fleet {
	return fleet.Gather(ctx, pool.New(s.dialer, s.cfg.Rollout.MaxParallel), hosts, question, func(what string) { s.say("%s", what) })
}

// actor is who asked for this: in CI who caused the attempt, else the user of this machine.
func (a *app) actor(run ci.Run) string {
	return cmp.Or(run.TriggeringActor, run.Actor, a.env.Getenv("USER"), a.env.Getenv("LOGNAME"))
}

// onHosts begins a session, connects to the hosts that inputs and deploy file name, and does something with them.
func (a *app) onHosts(ctx context.Context, in ci.Inputs, do func(s *session, hosts *fleet.Fleet) error) error {
	return a.onHostsOf(ctx, a.newConsole(in), in, do)
}

// onHostsOf is onHosts with a console.
func (a *app) onHostsOf(ctx context.Context, c *console, in ci.Inputs, do func(s *session, hosts *fleet.Fleet) error) error {
	s, err := a.openRefusing(ctx, c, in)
	if err != nil {
		return err
	}
	defer s.close()
	ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.Timeout, deploy.ErrTimeout)
	defer cancel()
	if err := a.permitted(ctx, s); err != nil {
		return c.refuse(err)
	}
	hosts := s.gather(ctx, s.cfg.Hosts, survey.Question{SharedFiles: s.cfg.SharedFiles, Programs: plan.Programs(s.cfg)})
	defer func() { _ = hosts.Close() }()
	return do(s, hosts)
}
