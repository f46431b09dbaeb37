package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"maps"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// On is a step as one host runs it, with its fingerprint: by that a later attempt sees whether the step has changed since
// it was recorded as done.
//
// A fingerprint is of one host: of two hosts with variables of their own, each has its own, and a host that is added or
// removed changes nothing for those that stay. It covers the script (a recipe's text included), folder, shell, the declared
// variables, the names of the secrets, what the step produces for other hosts, the artifact's content, and, through the one
// before it, every prepare step that runs on this host, or whose products it gets, before the step. It does not cover who
// runs it and when, secret values, how long and how often it is tried, and anything that is named after the release: after
// a re-run, or a changed password, what is done stays done.
func (p *Plan) On(host string, s deploy.Step) deploy.Step {
	declared := p.declared(host)
	before := ""
	for _, earlier := range p.Prepare {
		if s.Phase == deploy.Prepare && earlier.Number >= s.Number {
			break
		}
		switch {
		case slices.Contains(earlier.Hosts, host):
			before = fingerprint(earlier, declared, p.ContentSHA, before)
		case slices.Contains(earlier.Receivers, host):
			before += " " + p.On(earlier.Source, earlier).Fingerprint
		}
	}
	s.Fingerprint = fingerprint(s, declared, p.ContentSHA, before)
	return s
}

// declared are a host's variables without Slipway's own.
func (p *Plan) declared(host string) map[string]string {
	i := slices.IndexFunc(p.config.Hosts, func(h deploy.Host) bool { return h.Name == host })
	switch {
	case host == deploy.RunnerName:
		return p.config.Vars
	case i < 0:
		return nil
	}
	return p.config.Hosts[i].Vars
}

// fingerprint is 32 hex digits. before is that of the prepare step before it, which covers those before that.
func fingerprint(s deploy.Step, vars map[string]string, content deploy.Digest, before string) string {
	h := sha256.New()
	// Quoted, no value can pass for two, or for another key.
	line(h, "step", "1") // the version of this format: a new one makes every step a changed one
	line(h, "run", s.Run)
	line(h, "dir", s.Dir)
	line(h, "shell", s.Shell)
	all := maps.Clone(vars)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, s.Vars)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		line(h, "var", name, all[name])
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(s.Secrets))) {
		line(h, "secret", name)
	}
	if len(s.Produces) > 0 {
		line(h, "produces", s.Produces...)
	}
	for _, request := range s.Requests {
		text, _ := json.Marshal(request) // texts, numbers and maps, whose keys it sorts
		line(h, "request", string(text))
	}
	line(h, "content", string(content))
	line(h, "before", before)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func line(h hash.Hash, key string, values ...string) { fmt.Fprintf(h, "%s %q\n", key, values) }
