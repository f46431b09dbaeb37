package app

import (
	"context"
	"path/filepath"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/demo"
	"github.com/slipway/slipway/internal/deploy"
)

type demoCmd struct{}

// Run plays the demo with the deployments of this very program. They see nothing of the
// caller's environment: an input or an agent of a job must not reach the demo's hosts.
func (demoCmd) Run(ctx context.Context, a *app) error {
	return demo.Run(ctx, a.env.Stdout, func(ctx context.Context, in ci.Inputs, dir string) (deploy.Result, error) {
		env := a.env
		env.Dir = dir
		env.TempDir = dir
		env.LookupEnv = func(name string) (string, bool) {
			if name == "GITHUB_STEP_SUMMARY" {
				return filepath.Join(dir, demo.SummaryFile), true
			}
			return "", false
		}
		return newApp(env).deployed(ctx, in)
	})
}
