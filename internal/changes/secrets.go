package changes

import (
	"context"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/survey"
)

// Secrets says how the secret files of a release that hosts keep differ from those of what each of them runs.
func Secrets(ctx context.Context, hosts *fleet.Fleet, live []deploy.LiveRelease, next deploy.ReleaseID) ([]deploy.SecretChanges, error) {
	type answer struct {
		sums []deploy.SecretSums
		err  error
	}
	var list []deploy.SecretChanges
	for i, a := range fanout.Do(live, func(l deploy.LiveRelease) (a answer) {
		h := hosts.On(l.Host)
		defer h.Lease(ctx)()
		a.err = h.Do(ctx, survey.SecretsOf(h.Site(), []deploy.ReleaseID{l.Release, next}, &a.sums))
		return a
	}) {
		if a.err != nil {
			return nil, a.err
		}
		list = deploy.AddSecretChanges(list, live[i].Host, a.sums[1].Against(a.sums[0]))
	}
	return list, nil
}
