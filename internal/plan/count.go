package plan

import "github.com/slipway/slipway/internal/deploy"

// Count numbers the attempt where the CI does not: it comes after every attempt of the deployment that a host has in its journal, or in its
// lock. Such a CI does not tell a retry from a first attempt either, so that a person's word stands above the order only where no host
// knows of an earlier one.
func (p *Plan) Count(facts map[string]deploy.Facts) {
	if !p.uncounted {
		return
	}
	p.Attempt = 1
	if p.Shard.Rest {
		p.Attempt = max(1, facts[claimKeeper(p.config).Name].Claim.Attempt)
	}
	for host, f := range facts {
		if p.Shard.IsPart() && !contains(p.Targets, host) {
			continue // the keeper of the claim, where another shard was
		}
		if e := earlier(f); e != nil && !p.ofShards(e) {
			p.Attempt = max(p.Attempt, max(1, e.Record.Attempt)+1)
		}
		if f.Lock.Owner.Deployment == p.Deployment && !p.Shard.Given() {
			p.Attempt = max(p.Attempt, f.Lock.Owner.Attempt+1)
		}
	}
	p.Person = p.Person && p.Attempt == 1
}

// ofShards reports whether a journal tells the job that goes on with all hosts of its shards alone: none of those begins with what comes after
// prepare.
func (p *Plan) ofShards(e *Earlier) bool { return p.Shard.Rest && !BehindPrepare(e.Facts) }
