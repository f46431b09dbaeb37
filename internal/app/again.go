package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/promotion"
)

// again is the artifact of a release that hosts have: from CI if it is there, else from one of the hosts. whence says which, for people.
func (a *app) again(ctx context.Context, s *session, found *promotion.Source) (tarball *artifact.Artifact, whence string, err error) {
	tarball, err = a.ofRecord(ctx, s, found)
	if err == nil {
		return tarball, fmt.Sprintf("; its artifact comes from CI: %s of run %d", found.BuiltBy.Artifact, found.BuiltBy.RunID), nil
	}
	if ctx.Err() != nil {
		return nil, "", err
	}
	whence = fmt.Sprintf("; its artifact comes from %s, and not from CI: %v", found.Host(), deploy.CauseIn(err))
	tarball, err = found.Open(ctx, artifact.Options{TempDir: a.env.TempDir, MaxSize: s.cfg.MaxSize, AllowLinks: s.cfg.AllowLinks})
	if err == nil {
		tarball, err = fitting(s.cfg, tarball)
	}
	return tarball, whence, err
}

var (
	errNoAPI   = errors.New("this is no workflow of GitHub Actions")
	errNoToken = errors.New("`github_token` is not given")
	errSlow    = errors.New("it took half of the time that there is")
)

// ofRecord is the artifact that is recorded with a release, from CI: the very content that the hosts have.
func (a *app) ofRecord(ctx context.Context, s *session, found *promotion.Source) (*artifact.Artifact, error) {
	fetcher, err := a.fetcher(s)
	switch {
	case err != nil:
		return nil, err
	case fetcher.API == nil:
		return nil, errNoAPI
	case s.token().IsEmpty():
		return nil, errNoToken
	}
	if end, bounded := ctx.Deadline(); bounded { // what is left is for the host
		limited, cancel := context.WithTimeoutCause(ctx, time.Until(end)/2, errSlow)
		defer cancel()
		ctx = limited
	}
	file, err := fetcher.Recorded(ctx, found.BuiltBy)
	if err != nil {
		return nil, err
	}
	tarball, err := a.unwrapped(ctx, s.cfg, file)
	if err != nil {
		return nil, err
	}
	if tarball.Content() != found.Content {
		return nil, errors.Join(fmt.Errorf("the artifact %s of run %d has another content there", found.BuiltBy.Artifact, found.BuiltBy.RunID), tarball.Close())
	}
	return tarball, nil
}
