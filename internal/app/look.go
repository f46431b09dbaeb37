package app

import (
	"context"
	"io"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/inspect/show"
	"github.com/slipway/slipway/internal/report/sanitize"
)

// look is a command that only asks: it takes no lock and changes nothing on any host.
type look struct {
	*session
	json  io.Writer // nil: the answer is for people
	hosts *fleet.Fleet
}

// looks are the flags of the commands that look.
type looks struct {
	JSON bool `name:"json" of:"plan, status, history, logs" help:"Print the answer as JSON: docs/json.md."`
}

// look begins a session, connects to the hosts, and asks. Where the answer is JSON it alone goes to standard output; all else goes to
// standard error.
func (a *app) look(ctx context.Context, in ci.Inputs, flags looks, ask func(ctx context.Context, l look) error) error {
	var l look
	if flags.JSON {
		l.json = a.env.Stdout
		a.env.Stdout = a.env.Stderr
	}
	return a.onHosts(ctx, in, func(s *session, hosts *fleet.Fleet) error {
		if err := s.ownPaths(hosts, s.cfg.Hosts); err != nil {
			return err
		}
		l.session, l.hosts = s, hosts
		ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
		defer cancel()
		return ask(ctx, l)
	})
}

// head begins the answer.
func (l look) head() inspect.Head {
	return inspect.Head{
		Format: inspect.Format, Command: l.in.Command, App: l.cfg.App, Environment: l.cfg.Environment, URL: l.cfg.URL, Asked: time.Now().UTC().Truncate(time.Second),
	}
}

// safe makes an answer safe to print, and to write into files of the CI.
func (l look) safe(answer any) { l.sanitizer().Value(answer) }

func (l look) sanitizer() sanitize.Sanitizer { return sanitize.Sanitizer{Redactor: l.options.Redactor} }

// print prints the answer for people, or as JSON.
func (l look) print(answer any, lines func() []string) error {
	if l.json != nil {
		_, err := io.WriteString(l.json, show.JSON(answer))
		return err
	}
	for _, line := range lines() {
		l.options.Log.Print(line)
	}
	return nil
}

// give sets outputs of the action, name and value by turns.
func (l look) give(outputs ...string) error {
	for i := 0; i+1 < len(outputs); i += 2 {
		if err := l.options.Files.SetOutput(outputs[i], outputs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// silent is the end of a command that no host answered.
func silent(answers []inspect.Answer) error {
	var errs deploy.Errors
	for _, a := range answers {
		if a.Err == nil {
			return nil
		}
		errs = append(errs, a.Err)
	}
	return errs
}
