package config

import (
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

var (
	shardPart = lazyregexp.New(`^([0-9]{1,4})/([1-9][0-9]{0,3})$`)
	shardRest = lazyregexp.New(`^rest(?:/([1-9][0-9]{0,3}))?$`)
)

// shard reads the input shard. Several jobs can only be one deployment by a key: what tells jobs apart else, their names, is not theirs
// together.
func (l *loader) shard(c *Config) {
	text := strings.TrimSpace(l.in.Shard)
	if text == "" || l.command != "deploy" {
		return
	}
	number := func(digits string) int {
		n, _ := strconv.Atoi(digits) // the pattern has looked
		return n
	}
	part, rest := shardPart.FindStringSubmatch(text), shardRest.FindStringSubmatch(text)
	switch {
	case part != nil:
		c.Shard = deploy.Shard{Number: number(part[1]), Of: number(part[2])}
	case rest != nil:
		c.Shard = deploy.Shard{Rest: true, Of: number(rest[1])}
	}
	switch {
	case part == nil && rest == nil:
		l.problem(inputAt("shard"), "`2/5` prepares the second of five parts of the hosts; `rest/5` goes on with all of them", "`shard` cannot be `%s`", text)
	case part != nil && c.Shard.Number == 0:
		l.problem(inputAt("shard"), "shards count from 1: `matrix: {shard: [1, 2, 3]}`, not `strategy.job-index`", "there is no shard `%s`", text)
	case c.Shard.Number > c.Shard.Of:
		l.problem(inputAt("shard"), "the first number is that of this job, the second how many there are", "there is no shard `%s`", text)
	}
	switch key := strings.TrimSpace(c.DeploymentKey); {
	case key == "":
		l.problem(inputAt("shard"), "set `deployment_key` to the same text in every shard and in the job with `shard: rest/...`, like `site`",
			"`shard` is given, and `deployment_key` is not: nobody could tell that the jobs are one deployment")
	case c.Shard.IsPart() && (key == strconv.Itoa(c.Shard.Number) || key == text):
		l.problem(inputAt("deployment_key"), "give it the same text in every shard and in the job with `shard: rest/...`, like `site`",
			"`deployment_key` is what tells this shard from the others, `%s`, and the jobs are to be one deployment", key)
	}
}
