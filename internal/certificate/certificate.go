// Package certificate gets the SSH certificates by which a job without a stored key logs in: it makes a key in memory, shows an issuer
// the token by which CI vouches for the job, and gets the key signed for a short time.
//
// Terms: an issuer is what signs, a Vault, a step-ca or an endpoint of one's own; to issue is to get one certificate of it. Connections
// are made all through a deployment, so a certificate is issued again when it is about to end. The package must not know which hosts
// it is for, nor the deploy file.
package certificate

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/singleflight"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/oidc"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

const (
	issueLimit = 90 * time.Second // for the token and the certificate, with all tries
	mostEarly  = 5 * time.Minute  // before its end a certificate is issued anew, at the earliest
	leastLeft  = 10 * time.Second // that a certificate must be valid for where there is no new one
	mostWait   = 10 * time.Second // for a new one, while the old one is valid: a connection need not wait for an issuer that is away
	pause      = 30 * time.Second // after an issue that failed, before the next, while the old one is valid
	mostShown  = 10               // principals and claims that are shown
)

// Options are what a Source is made of.
type Options struct {
	From  deploy.CertificateFrom
	Token oidc.Source
	Now   func() time.Time

	Mask   func(...secret.Secret)   // is told of what must not be shown, before it is sent anywhere
	Redact func(text string) string // takes it out of a text that was cut
	Said   func(certificate string) // is told of each certificate that was issued, on one line; foreign text may be in it
}

// Source gives log-ins with certificates. It is safe for concurrent use.
type Source struct {
	options  Options
	issuer   issuer
	flight   singleflight.Group
	patience time.Duration // mostWait

	mu       sync.Mutex
	current  *issued   // nil before the first
	failedAt time.Time // when the newest issue failed; zero where it did not
}

// issuer signs a public key. Its error is a *deploy.Error.
type issuer interface {
	sign(ctx context.Context, key ssh.PublicKey, token secret.Secret) (*ssh.Certificate, error)
}

// issued is a log-in with its certificate.
type issued struct {
	login       sshkey.Login
	certificate *ssh.Certificate
}

// New makes a Source. It asks nobody yet.
func New(o Options) *Source {
	client := client{from: o.From, mask: o.Mask, redact: o.Redact}
	s := &Source{options: o, patience: mostWait}
	switch o.From.Kind {
	case deploy.Vault:
		s.issuer = vault{client}
	case deploy.StepCA:
		s.issuer = stepCA{client}
	case deploy.Endpoint:
		s.issuer = endpoint{client}
	}
	return s
}

var _ sshkey.Source = (*Source)(nil).Login

// Login gives the log-in for the next connection. Whoever asks while a certificate is being issued gets that one, or the old one where
// that is valid and the new one takes long. An error is a *deploy.Error, and Is sshkey.ErrLater where another try may go well.
func (s *Source) Login(ctx context.Context) (sshkey.Login, error) {
	if login, ok := s.fresh(); ok {
		return login, nil
	}
	old, left := s.remaining()
	var enough <-chan time.Time
	if left > leastLeft {
		if s.pausing() {
			return old, nil
		}
		timer := time.NewTimer(min(s.patience, left-leastLeft))
		defer timer.Stop()
		enough = timer.C
	}
	select {
	case result := <-s.renewed(ctx):
		if result.Err == nil {
			return result.Val.(sshkey.Login), nil
		}
		if login, left := s.remaining(); left > leastLeft {
			return login, nil
		}
		return sshkey.Login{}, result.Err
	case <-enough:
		return old, nil
	case <-ctx.Done():
		return sshkey.Login{}, context.Cause(ctx)
	}
}

// renewed has a certificate issued, once for all who ask meanwhile. Whoever waits may go; what was begun goes on for the others.
func (s *Source) renewed(ctx context.Context) <-chan singleflight.Result {
	return s.flight.DoChan("", func() (any, error) {
		if login, ok := s.fresh(); ok {
			return login, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), issueLimit)
		defer cancel()
		login, err := s.issue(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.failedAt = time.Time{}
		if err != nil {
			s.failedAt = s.options.Now()
		}
		return login, err
	})
}

// pausing reports whether an issue failed so lately that the issuer is left alone: each of many connections would ask it again.
func (s *Source) pausing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.failedAt.IsZero() && s.options.Now().Sub(s.failedAt) < pause
}

// remaining is the current log-in, and for how long its certificate is valid still; 0 where there is none.
func (s *Source) remaining() (login sshkey.Login, left time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.current == nil:
		return sshkey.Login{}, 0
	case s.current.certificate.ValidBefore == ssh.CertTimeInfinity:
		return s.current.login, math.MaxInt64
	}
	return s.current.login, end(s.current.certificate).Sub(s.options.Now())
}

// fresh is the current log-in, if its certificate needs no renewal yet.
func (s *Source) fresh() (sshkey.Login, bool) {
	login, left := s.remaining()
	if left <= 0 {
		return sshkey.Login{}, false
	}
	return login, left > early(login.Signer.PublicKey().(*ssh.Certificate))
}

// early is how long before its end a certificate is issued anew: so early that a refusal or an issuer that is away leaves time.
func early(c *ssh.Certificate) time.Duration {
	life := end(c).Sub(time.Unix(int64(c.ValidAfter), 0))
	return min(life/3, mostEarly)
}

func end(c *ssh.Certificate) time.Time {
	return time.Unix(int64(c.ValidBefore), 0)
}

// issue makes a key and has it signed. Each certificate has a key of its own.
func (s *Source) issue(ctx context.Context) (sshkey.Login, error) {
	token, err := s.options.Token.Token(ctx, s.options.From.Audience, s.options.Now())
	if err != nil {
		if mayPass(err) {
			err = later{err}
		}
		return sshkey.Login{}, err
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return sshkey.Login{}, s.failed(err, "", token)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return sshkey.Login{}, s.failed(err, "", token)
	}
	asked, err := ssh.NewPublicKey(public)
	if err != nil {
		return sshkey.Login{}, s.failed(err, "", token)
	}
	certificate, err := s.issuer.sign(ctx, asked, token.Text)
	if err != nil {
		return sshkey.Login{}, s.refused(err, token)
	}
	login, hint, err := sshkey.Certified(key, certificate, s.options.Now())
	switch {
	case err != nil:
		return sshkey.Login{}, s.failed(err, hint, token)
	case len(certificate.ValidPrincipals) == 0:
		return sshkey.Login{}, s.failed(errors.New("the certificate has no principals, and hosts refuse such a one"), s.noPrincipals(), token)
	}
	s.mu.Lock()
	s.current = &issued{login: login, certificate: certificate}
	s.mu.Unlock()
	s.options.Said(s.describe(certificate, token))
	return login, nil
}

// noPrincipals says where an issuer takes principals from.
func (s *Source) noPrincipals() string {
	switch s.options.From.Kind {
	case deploy.StepCA:
		return "the provisioner's template makes them of .Token: docs/keyless.md has one. What is asked for is dropped for who is no admin"
	case deploy.Vault, deploy.Endpoint:
	}
	return "set `principals`, and have the role allow them"
}

// describe is a certificate on one line: who signed it, for whom, until when, and what the token says of the job.
func (s *Source) describe(c *ssh.Certificate, token oidc.Token) string {
	until := "for ever"
	if c.ValidBefore != ssh.CertTimeInfinity {
		left := end(c).Sub(s.options.Now()).Round(time.Second)
		until = fmt.Sprintf("until %s (%s)", end(c).UTC().Format("2006-01-02 15:04:05 UTC"), left)
	}
	return fmt.Sprintf("certificate of %s for %s, key ID %q, %s, for %s",
		s.options.From, few(c.ValidPrincipals, ", "), c.KeyId, until, few(token.Claims(), " "))
}

// few joins the first words of a list.
func few(words []string, between string) string {
	if len(words) > mostShown {
		return strings.Join(words[:mostShown], between) + between + "..."
	}
	return strings.Join(words, between)
}

// failed is the error of a certificate that is of no use.
func (s *Source) failed(cause error, hint string, token oidc.Token) error {
	return &deploy.Error{
		Op: "log in", Fault: deploy.FaultHost, Hint: hint,
		Cause: fmt.Errorf("%s: %w; the job is %s", s.options.From, cause, few(token.Claims(), " ")),
	}
}

// refused is the error of an issuer that gave none, with what it was told of the job.
func (s *Source) refused(err error, token oidc.Token) error {
	var failure *refusal
	if !errors.As(err, &failure) {
		return s.failed(err, "", token)
	}
	if failure.later {
		err = later{err}
	}
	return s.failed(err, failure.hint, token)
}

// later marks an error after which another try may go well.
type later struct{ error }

func (later) Is(target error) bool { return target == sshkey.ErrLater }

func (l later) Unwrap() error { return l.error }
