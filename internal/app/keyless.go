package app

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/slipway/slipway/internal/certificate"
	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/oidc"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/sanitize"
	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

// certificates give the log-ins of a session whose key is made in the run. Each certificate is said, so that whoever reads the log
// sees as whom the job was let in.
func (a *app) certificates(c *console, from deploy.CertificateFrom) sshkey.Source {
	token := a.tokenFor(from, c.run)
	token.Mask = c.mask
	return certificate.New(certificate.Options{
		From:   from,
		Token:  token,
		Mask:   c.mask,
		Redact: c.options.Redactor.Head,
		Said:   c.sayLogin,
		Now:    time.Now,
	}).Login
}

// sayLogin says which certificate the hosts are shown. Foreign text is in it: it is made safe first, and cut afterwards.
func (c *console) sayLogin(certificate string) {
	line := sanitize.Shorten(sanitize.Sanitizer{Redactor: c.options.Redactor}.Line(layout.OneLine(certificate)))
	for _, line := range layout.Wrap("log-in     "+line, 11) {
		c.say("%s", line)
	}
}

// firstCertificate has the first certificate issued before any host is contacted. What stands against it is said at the place that
// names the issuer.
func firstCertificate(ctx context.Context, source sshkey.Source, at deploy.Position) error {
	_, err := source(ctx)
	var failure *deploy.Error
	if !errors.As(err, &failure) {
		return err
	}
	return errors.Join(deploy.Problems{{At: at, Message: failure.Cause.Error(), Hint: failure.Hint}}, failure)
}

// issuer is the one that the inputs and the deploy file name; without an address where they name none, or nobody can tell.
func (a *app) issuer(in ci.Inputs, run ci.Run) deploy.CertificateFrom {
	in.Command = "validate"
	cfg, err := config.Load(in, a.env.Files(), a.environment(run))
	if err != nil || cfg.Login.From == nil {
		return deploy.CertificateFrom{}
	}
	return *cfg.Login.From
}

// tokenFor is where the job's token for an issuer comes from.
func (a *app) tokenFor(from deploy.CertificateFrom, run ci.Run) oidc.Source {
	return oidc.Source{Env: from.TokenEnv, File: from.TokenFile, Platform: run.Platform, Getenv: a.env.Getenv, ReadFile: os.ReadFile}
}
