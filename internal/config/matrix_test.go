package config

import (
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/ci"
)

func TestMatrix(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		jobs, command, key string
		want               bool
	}{
		"legs":               {jobs: "3", command: "deploy", want: true},
		"legs that promote":  {jobs: " 2\n", command: "promote", want: true},
		"legs that go back":  {jobs: "2", command: "rollback", want: true},
		"told apart":         {jobs: "3", command: "deploy", key: "eu"},
		"no matrix":          {jobs: "1", command: "deploy"},
		"a look":             {jobs: "3", command: "status"},
		"not said":           {command: "deploy"},
		"not filled in":      {jobs: "${{ strategy.job-total }}", command: "deploy"},
		"no number of legs":  {jobs: "null", command: "deploy"},
		"less than one, odd": {jobs: "-3", command: "deploy"},
	} {
		c := &Config{DeploymentKey: test.key}
		l := &loader{command: test.command, in: ci.Inputs{MatrixJobs: test.jobs}}
		l.matrix(c)
		if got := len(c.Remarks) == 1 && strings.Contains(c.Remarks.Error(), "legs, and each leg is a deployment of its own"); got != test.want {
			t.Errorf("%s: %v", name, c.Remarks)
		}
	}
}
