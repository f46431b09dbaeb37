package config

import (
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
)

func TestShard(t *testing.T) {
	t.Parallel()
	for text, test := range map[string]struct {
		command, key string
		want         deploy.Shard
		problem      string // a part of it; "" is none
	}{
		"":              {key: "site"},
		"2/5":           {key: "site", want: deploy.Shard{Number: 2, Of: 5}},
		"1/1\n":         {key: "site", want: deploy.Shard{Number: 1, Of: 1}},
		"rest/5":        {key: "site", want: deploy.Shard{Rest: true, Of: 5}},
		"rest":          {key: "site", want: deploy.Shard{Rest: true}},
		"3/5":           {want: deploy.Shard{Number: 3, Of: 5}, problem: "`deployment_key` is not: nobody could tell that the jobs are one deployment"},
		"1/3":           {key: "1", want: deploy.Shard{Number: 1, Of: 3}, problem: "tells this shard from the others, `1`"},
		"2/3":           {key: "2/3", want: deploy.Shard{Number: 2, Of: 3}, problem: "tells this shard from the others"},
		"3/3":           {key: "2", want: deploy.Shard{Number: 3, Of: 3}},
		"4/5":           {key: "site", command: "rollback"},
		"0/5":           {key: "site", want: deploy.Shard{Of: 5}, problem: "count from 1"},
		"0/0":           {key: "site", problem: "`shard` cannot be `0/0`"},
		"6/5":           {key: "site", want: deploy.Shard{Number: 6, Of: 5}, problem: "there is no shard `6/5`"},
		"rest/0":        {key: "site", problem: "`shard` cannot be `rest/0`"},
		"1/":            {key: "site", problem: "`shard` cannot be `1/`"},
		"-1/5":          {key: "site", problem: "`shard` cannot be `-1/5`"},
		"1/99999999999": {key: "site", problem: "`shard` cannot be"},
		"all":           {key: "site", problem: "`shard` cannot be `all`"},
	} {
		c := &Config{DeploymentKey: test.key}
		l := &loader{command: "deploy", in: ci.Inputs{Shard: text, MatrixJobs: "5"}}
		if test.command != "" {
			l.command = test.command
		}
		l.shard(c)
		l.matrix(c)
		if c.Shard != test.want {
			t.Errorf("%q is %+v", text, c.Shard)
		}
		if got := l.problems.Error(); (len(l.problems) > 0) != (test.problem != "") || test.problem != "" && !strings.Contains(got, test.problem) {
			t.Errorf("%q: problems %q", text, got)
		}
		if test.key != "" && len(c.Remarks) > 0 {
			t.Errorf("%q: remarks %v", text, c.Remarks)
		}
	}
}
