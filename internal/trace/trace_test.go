package trace

import (
	"regexp"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// All attempts of a deployment, and all shards, are one trace; each has spans of its own, and every span is another's.
func TestNames(t *testing.T) {
	t.Parallel()
	one := Of(deploy.Header{Deployment: "412-deploy-abc", Attempt: 1})
	two := Of(deploy.Header{Deployment: "412-deploy-abc", Attempt: 2})
	after := Of(deploy.Header{Deployment: "412-deploy-abc", Attempt: 1, Reconcile: true})
	shard := Of(deploy.Header{Deployment: "412-deploy-abc", Attempt: 1, Shard: deploy.Shard{Number: 1, Of: 2}})
	second := Of(deploy.Header{Deployment: "412-deploy-abc", Attempt: 1, Shard: deploy.Shard{Number: 2, Of: 2}})
	other := Of(deploy.Header{Deployment: "413-deploy-abc", Attempt: 1})
	if one.ID() != two.ID() || one.ID() != after.ID() || one.ID() != shard.ID() || one.ID() == other.ID() {
		t.Errorf("IDs of traces: %s %s %s %s", one.ID(), two.ID(), after.ID(), other.ID())
	}
	seen := map[string]bool{}
	for _, tr := range []Trace{one, two, after, shard, second, other} {
		for _, span := range []string{
			tr.Root(), tr.Phase(deploy.Prepare), tr.Batch(1), tr.Host(deploy.Activate, "web1"), tr.Host(deploy.Unwind, "web1"),
			tr.Step(deploy.Prepare, "web1", "Build"), tr.Step(deploy.Prepare, "web2", "Build"),
			tr.Part(deploy.Activate, "web1", deploy.PartRestart, "restart a"), tr.Part(deploy.Activate, "web1", deploy.PartRestart, "restart b"),
			tr.Part(deploy.Activate, "web1", deploy.PartVerify, "verify 2/2"), tr.Again(tr.Root(), 2),
		} {
			if seen[span] || len(span) != 16 {
				t.Errorf("%s is the name of two spans, or none", span)
			}
			seen[span] = true
		}
	}
	if one.Part(deploy.Activate, "web1", deploy.PartVerify, "verify 2/2") != one.Part(deploy.Activate, "web1", deploy.PartVerify, "verify Health") {
		t.Error("a check that fails is called by its own name, and is the same part")
	}
	if parent := one.Parent(one.Root()); !regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`).MatchString(parent) {
		t.Error(parent)
	}
}
