package app

import "github.com/slipway/slipway/internal/deploy"

// oneRun refuses a shard where nobody can tell which other jobs are of its deployment.
func (l launch) oneRun() error {
	if !l.cfg.Shard.Given() || l.run.RunID != "" {
		return nil
	}
	return deploy.Problems{{
		At: deploy.InInput("shard", 1, 1), Message: "`shard` is for jobs of one CI run, and this is none: nobody could tell which others are of the same deployment",
		Hint: "drop `shard`: from here one command deploys to all hosts",
	}}
}
