package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/promotion"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/transport"
)

type promoteCmd struct {
	inputs
	comments
}

// Run deploys the very artifact that another environment runs.
func (c *promoteCmd) Run(ctx context.Context, a *app) error {
	return a.deployment(ctx, c.given(c.Inputs))
}

// Help is the end of the command's help.
func (*promoteCmd) Help() string {
	return `Examples:

  slipway promote -e production                   (where its entry has ` + "`from: staging`" + `)

  slipway promote -e production --from staging

Every host of the other environment must run the same content, verified, for as long as ` + "`soak`" + ` says.`
}

// promoted is the artifact that the source environment runs. Its error is a deploy.Errors where something
// speaks against promoting it.
func (a *app) promoted(ctx context.Context, s *session, now time.Time) (*fetched, error) {
	source, err := a.openOn(ctx, s.console, config.SourceOf(s.in, s.cfg.From))
	if err != nil {
		return nil, ofSource(s.in, err)
	}
	defer source.close()
	hosts := source.gather(ctx, source.cfg.Hosts, survey.Question{})
	defer func() { _ = hosts.Close() }()
	found, err := promotion.Find(ctx, hosts, source.cfg.Hosts, promotion.Policy{Environment: s.cfg.From, Soak: s.cfg.Soak, Now: now})
	if err != nil {
		return nil, ownWay(s, err)
	}
	refused := s.cfg.Provenance.RefuseRun(found.BuiltBy)
	if s.cfg.Provenance.Attests() && found.BuiltBy.IsZero() {
		refused = nil // the attestation will say
	}
	if err := refused; err != nil {
		return nil, deploy.Errors{{Op: "promote", Phase: deploy.Preflight, Cause: fmt.Errorf("%s runs what may not be deployed here: %w", s.cfg.From, err)}}
	}
	tarball, whence, err := a.again(ctx, s, found)
	if err != nil {
		return nil, refusal(ctx, err)
	}
	promoted := &fetched{Artifact: tarball, commit: found.Revision, builtBy: found.BuiltBy, whence: promotedFrom(s.cfg.From, found) + whence}
	// What the other environment's hosts recorded is their word: here the attestation is verified again.
	if err := a.attest(ctx, s, promoted); err != nil {
		return nil, errors.Join(err, promoted.Close())
	}
	for _, place := range found.Places {
		promoted.nearby = append(promoted.nearby, plan.Nearby{Environment: s.cfg.From, Machine: place.Machine, Folder: place.Folder, Records: place.Records})
	}
	return promoted, nil
}

// ofSource names the inputs that were given for the source environment alone by their own names.
func ofSource(in ci.Inputs, err error) error {
	list := problems(err, deploy.Position{})
	own := map[string]string{"ssh_key": in.FromSSHKey, "known_hosts": in.FromKnownHosts, "jump": in.FromJump}
	for i := range list {
		if name, ok := strings.CutPrefix(list[i].At.File, "input "); ok && own[name] != "" {
			list[i].At.File = "input from_" + name
		}
	}
	return list
}

// ownWay says by which inputs the source's hosts are reached where these are not those of the target's.
func ownWay(s *session, err error) error {
	var failures deploy.Errors
	if !errors.As(err, &failures) {
		return err
	}
	for _, failure := range failures {
		var input string
		switch {
		case errors.Is(failure, transport.ErrLogin) && s.in.FromSSHKey == "":
			input = "from_ssh_key"
		case errors.Is(failure, transport.ErrIdentity) && s.in.FromKnownHosts == "":
			input = "from_known_hosts"
		default:
			continue
		}
		failure.Hint = deploy.Joined("; ", fmt.Sprintf("where %s has its own, give it as `%s`", s.cfg.From, input), failure.Hint)
	}
	return failures
}

// refusal is an error of bringing the artifact as what stopped the deployment in preflight; a context's error as itself.
func refusal(ctx context.Context, err error) error {
	var failure *deploy.Error
	if ctx.Err() != nil || !errors.As(err, &failure) {
		return err
	}
	failure.Phase = deploy.Preflight
	return deploy.Errors{failure}
}

func promotedFrom(from string, found *promotion.Source) string {
	text := fmt.Sprintf("promoted from %s, which runs it as %s", from, found.Release)
	if !found.Since.IsZero() {
		text += " since " + found.Since.UTC().Format("2006-01-02 15:04 UTC")
	}
	return text
}
