package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/bmatcuk/doublestar/v4"

	"slipway/internal/deploy"
	"slipway/internal/secret"
	"slipway/internal/yamlfile"
)

// settle makes a Config of what file, environment entry, preset and inputs say together.
func (r *reading) settle(environment string, node *yamlfile.Node) *Config {
	var s settings
	r.problems = append(r.problems, yamlfile.Decode(node, &s)...)
	c := &Config{
		App: either(s.App.V, r.env.DefaultApp), Environment: environment, URL: s.URL.V,
		Artifact: s.Artifact.V, ArtifactAt: s.Artifact.At(), StripComponents: s.Strip.V,
		KeepReleases: s.KeepReleases.V, Timeout: s.Timeout.V, LockWait: s.Rollout.LockWait.V,
		DeploymentKey: r.in.DeploymentKey, To: strings.TrimSpace(r.in.To), LogLines: r.logLines(), IfSuperseded: r.ifSuperseded(),
	}
	c.DeployPath = r.deployPath(s.DeployPath)
	r.paths(&s, c)
	inputVars := map[string]string{}
	for _, a := range r.inputVars {
		inputVars[a.Name] = a.Value
	}
	c.Vars = r.vars(s.Vars)
	c.Hosts = r.hosts(s.Hosts, c.DeployPath, c.Vars, inputVars)
	c.Rollout = r.rollout(s.Rollout, len(c.Hosts))
	r.secrets(&s, c)
	r.allow(s.Allow.Refs, c)
	r.reach(c)

	w := &work{reading: r, config: c, roles: r.roles(c.Hosts), shared: declared(s.Secrets, c)}
	for _, role := range s.Rollout.Order {
		w.knownRole(role.V, role.At())
	}
	c.Prepare = w.phase(deploy.Prepare, s.Prepare)
	c.Migrate = w.phase(deploy.Migrate, s.Migrate)
	c.Ensure = w.ensure(s.Ensure)
	w.activation(s.Activate)
	c.Finish = w.phase(deploy.Finish, s.Finish)
	c.OnFailure = w.phase(deploy.OnFailure, s.OnFailure)
	r.demand(s, c)
	return c
}

// logLines reads the input log_lines, which no deploy file has.
func (r *reading) logLines() int {
	if strings.TrimSpace(r.in.LogLines) == "" {
		return DefaultLogLines
	}
	var lines struct {
		N number `key:"log_lines" min:"0" max:"100000"`
	}
	node := inputNumber("log_lines", r.in.LogLines)
	r.problems = append(r.problems, yamlfile.Decode(yamlfile.NewMap(node.At, yamlfile.Entry{Key: "log_lines", At: node.At, Value: node}), &lines)...)
	return lines.N.V
}

// ifSuperseded reads the input if_superseded, which no deploy file has: it is about the run, not about what it deploys.
func (r *reading) ifSuperseded() string {
	if strings.TrimSpace(r.in.IfSuperseded) == "" {
		return "fail"
	}
	var ending struct {
		V text `key:"if_superseded" enum:"fail,pass"`
	}
	node := inputText("if_superseded", r.in.IfSuperseded)
	r.problems = append(r.problems, yamlfile.Decode(yamlfile.NewMap(node.At, yamlfile.Entry{Key: "if_superseded", At: node.At, Value: node}), &ending)...)
	return ending.V.V
}

// roles are all that any environment's hosts have: a step may be for a role that this environment lacks, not for one that
// no environment has.
func (r *reading) roles(hosts []deploy.Host) map[string]bool {
	known := map[string]bool{}
	for _, h := range hosts {
		for _, role := range h.Roles {
			known[role] = true
		}
	}
	all := slices.Clone(r.whole.Hosts)
	for _, entry := range r.whole.Environments.Pairs {
		all = append(all, entry.Value.Hosts...)
	}
	for _, h := range all {
		for _, role := range h.Roles {
			known[role.V] = true
		}
		if len(h.Roles) == 0 {
			known[DefaultRole] = true
		}
	}
	return known
}

// hostsPerConnection is how many hosts one connection may be for at the most. The lock on each host wants a sign of life every
// 20 s, with some patience, and some connections are for work.
const hostsPerConnection = 20

// rollout is how a deployment goes over so many hosts.
func (r *reading) rollout(written rollout, hosts int) deploy.Rollout {
	policy := deploy.Rollout{
		Batch: written.Batch.V, Canary: written.Canary.V, CanaryWait: written.CanaryWait.V,
		MaxParallel: written.MaxParallel.V, FailureBudget: written.FailureBudget.V,
	}
	if written.Batch.Node != nil {
		policy.BatchAt = written.Batch.Node.At
	}
	if written.CanaryWait.Given() && policy.Canary == 0 {
		r.problem(written.CanaryWait.At(), "give `canary: 1`, or drop it", "`canary_wait` without a `canary`")
	}
	if least := (hosts + hostsPerConnection - 1) / hostsPerConnection; policy.MaxParallel > 0 && policy.MaxParallel < least {
		r.problem(written.MaxParallel.At(), fmt.Sprintf("write %d or more, or drop it", least),
			"`max_parallel` is too low to keep the lock alive on %d hosts", hosts)
	}
	for _, role := range written.Order {
		if slices.Contains(policy.Order, role.V) {
			r.problem(role.At(), "", "the role `%s` is in `order` twice", role.V)
			continue
		}
		policy.Order = append(policy.Order, role.V)
	}
	return policy
}

// secrets matches what is declared with what is given.
func (r *reading) secrets(s *settings, c *Config) {
	c.Secrets = map[string]secret.Secret{}
	given := map[string]secret.Secret{}
	for _, a := range r.inputSecrets {
		given[a.Name] = secret.New(a.Value)
		if a.Value != "" {
			c.Masks = append(c.Masks, secret.New(a.Value))
		}
	}
	if s.Secrets == nil {
		// Where nothing is declared, what is given is. GitHub's toJSON(secrets) brings its own token, which no step asked for.
		for _, a := range r.inputSecrets {
			if a.Name != "github_token" {
				s.Secrets = append(s.Secrets, text{V: a.Name, Node: yamlfile.NewText(a.Name, a.At)})
			}
		}
	}
	wanted := slices.Clone(s.Secrets)
	for _, f := range s.SecretFiles {
		wanted = append(wanted, f.From)
	}
	for _, name := range wanted {
		if !name.Given() || !r.goodName(name.V, name.At()) {
			continue
		}
		for _, h := range append([]deploy.Host{{Vars: c.Vars}}, c.Hosts...) {
			if _, isVar := h.Vars[name.V]; isVar {
				r.problem(name.At(), "rename one", "`%s` is a variable and a secret", name.V)
				break
			}
		}
		value, ok := given[name.V]
		if r.live() && (!ok || value.IsEmpty()) {
			r.problem(name.At(), "give it in the input `secrets`: "+name.V+"=${{ secrets."+name.V+" }}", "the secret `%s` is not given", name.V)
		}
		c.Secrets[name.V] = value
	}
}

// declared are the names that steps see by themselves.
func declared(names []text, c *Config) []string {
	var found []string
	for _, name := range names {
		if _, ok := c.Secrets[name.V]; ok && !slices.Contains(found, name.V) {
			found = append(found, name.V)
		}
	}
	return found
}

// allow judges whether this run's ref may deploy here.
func (r *reading) allow(refs []text, c *Config) {
	allowed := len(refs) == 0
	for _, ref := range refs {
		c.AllowRefs = append(c.AllowRefs, ref.V)
		matched, err := doublestar.Match(ref.V, r.env.Ref)
		if err != nil {
			r.problem(ref.At(), "", "`%s` is no pattern of refs", ref.V)
		} else if !strings.HasPrefix(ref.V, "refs/") {
			r.problem(ref.At(), "write refs/heads/"+ref.V+" for a branch, refs/tags/"+ref.V+" for a tag", "`%s` is no whole ref", ref.V)
		}
		allowed = allowed || matched
	}
	if r.live() && !allowed && r.env.Ref != "" {
		r.problem(refs[0].At(), "allow.refs has "+strings.Join(c.AllowRefs, ", "), "`%s` may not deploy to %s", r.env.Ref, either(c.Environment, "these hosts"))
	}
}

// demand asks for what a command that goes to hosts cannot do without.
func (r *reading) demand(s settings, c *Config) {
	if !r.remote() {
		return
	}
	missing := func(input, message string) {
		r.problem(deploy.Position{File: "input " + input}, "set the input `"+input+"`, or `"+input+"` in "+r.file, "%s", message)
	}
	if c.App == "" && r.live() {
		missing("app", "no application: outside CI it needs a name")
	}
	if !s.Artifact.Given() && r.live() && r.command != "rollback" {
		missing("artifact", "no artifact: there is nothing to deploy")
	}
	if len(s.Hosts) == 0 {
		missing("hosts", "no hosts: there is nowhere to deploy")
	}
	nowhere := func(h deploy.Host) bool { return h.DeployPath == "" }
	if !s.DeployPath.Given() && (len(c.Hosts) == 0 || slices.ContainsFunc(c.Hosts, nowhere)) {
		missing("deploy_path", "no deploy path: nobody said where on the hosts")
	}
}

// goodName judges the name of a variable or secret.
func (r *reading) goodName(name string, at deploy.Position) bool {
	switch {
	case !variableName.MatchString(name):
		r.problem(at, "letters, digits and _, not a digit first", "`%s` cannot name a variable", name)
		return false
	case strings.HasPrefix(strings.ToUpper(name), "SLIPWAY_"):
		r.problem(at, "choose another", "`%s`: names that begin with SLIPWAY_ are Slipway's own", name)
		return false
	}
	return true
}

// vars are the variables of a map, their names judged.
func (r *reading) vars(d dict) map[string]string {
	vars := map[string]string{}
	for _, pair := range d.Pairs {
		if r.goodName(pair.Key, pair.At) {
			vars[pair.Key] = string(pair.Value.V)
		}
		if strings.ContainsRune(string(pair.Value.V), 0) {
			r.problem(pair.At, "", "`%s` holds a NUL byte", pair.Key)
		}
	}
	return vars
}

// merged lays maps over each other, the last on top.
func merged(layers ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, layer := range layers {
		for name, value := range layer {
			all[name] = value
		}
	}
	return all
}

// printable tells whether a text is one line without control characters.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
}
