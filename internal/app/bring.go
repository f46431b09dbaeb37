package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/promotion"
)

// bringAgain plans anew where hosts lack the release that a rollback goes to: with its artifact, and the steps that prepare it there.
func (a *app) bringAgain(ctx context.Context, l launch, made *planned, run plan.Run, now time.Time) error {
	if l.command != "rollback" || made.hosts == nil {
		return nil
	}
	var away []string
	for _, h := range l.cfg.Hosts {
		if made.hosts.On(h.Name).Span.Err != nil {
			away = append(away, h.Name)
		}
	}
	need, ok := made.plan.Without(away...).ToBring(made.hosts.Facts())
	if !ok {
		return nil
	}
	tarball, whence, err := a.again(ctx, l.session, promotion.On(made.hosts.On(need.From), need.Release, need.Content, need.BuiltBy))
	if err != nil {
		return refusal(ctx, err)
	}
	made.tarball = &fetched{Artifact: tarball, commit: need.Revision, builtBy: need.BuiltBy}
	if err := a.stepsOfItsTime(ctx, l.session, made.tarball); err != nil {
		return err
	}
	whose := "of this deploy file"
	if l.cfg.OwnSteps {
		whose = "of the deploy file in it"
	}
	lack := "lack"
	if len(need.To) == 1 {
		lack = "lacks"
	}
	made.tarball.whence = fmt.Sprintf("%s %s %s: it is brought there again, prepared by the steps %s, and migrates nothing%s", strings.Join(need.To, ", "), lack, need.Release, whose, whence)
	if err := missingSecrets(l, need); err != nil {
		return err
	}
	contents := made.tarball.describe(l.cfg)
	contents.Revision, contents.Provenance = "", deploy.Provenance{} // the hosts' histories say
	ref := made.plan.Ref
	if made.plan, err = plan.Build(l.cfg, contents, run, now); err == nil {
		made.plan.Ref = ref
	}
	return err
}

// stepsOfItsTime takes the steps of prepare from the deploy file in an artifact of another commit, where it carries one. What a rollback
// does beside them is this deploy file's still.
func (a *app) stepsOfItsTime(ctx context.Context, s *session, f *fetched) error {
	if f.commit == "" || strings.HasPrefix(s.run.SHA, f.commit) {
		return nil
	}
	env := a.environment(s.run)
	env.Artifact = f.FS(ctx)
	own, err := config.Load(s.in, a.env.Files(), env)
	if err != nil || !own.OwnSteps {
		return err
	}
	own.Ensure, own.Finish, own.OnFailure, own.Fleet = s.cfg.Ensure, s.cfg.Finish, s.cfg.OnFailure, s.cfg.Fleet
	own.Activation, own.ActivationRoles = s.cfg.Activation, s.cfg.ActivationRoles
	s.cfg = own
	return nil
}

// missingSecrets refuses to bring a release without the secrets that it is made with. A rollback that brings none does not ask for them.
func missingSecrets(l launch, need plan.Bringing) error {
	if !config.Live(l.in.Command) {
		return nil
	}
	var names []string
	for _, file := range l.cfg.SecretFiles {
		names = append(names, file.Secret)
	}
	for _, step := range l.cfg.Prepare {
		names = append(names, step.Secrets...)
	}
	var errs deploy.Errors
	for i, name := range names {
		if value := l.cfg.Secrets[name]; value.IsEmpty() && !slices.Contains(names[:i], name) {
			errs = append(errs, &deploy.Error{
				Op: "rollback", Phase: deploy.Preflight,
				Cause: fmt.Errorf("the secret `%s` is not given, and %s is made again with it on %s, which lacks it", name, need.Release, strings.Join(need.To, ", ")),
				Hint:  "give it in the input `secrets`, or choose a release that every host has",
			})
		}
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}
