package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

// builder makes the steps and checks of one environment.
type builder struct {
	*loader
	config *Config
	roles  map[string]bool // that some environment's host has
	shared []string        // names of the secrets that steps see by themselves
	unseen bool            // the hosts stand in a file that is not there yet, their own variables too
	number int             // of the last step of the phase

	django   keys.Django // of the deploy file, for recipes
	standing string      // where the steps that are being built stand: a word of standings

	written map[place]keys.Check     // the checks of activate as they were written
	refused map[deploy.Position]bool // values of the block `django` that a recipe did not take
	alike   map[deploy.Position]bool // checks that share their name with another one, and were told
}

// place tells one check from another.
type place struct {
	at   deploy.Position
	name string
}

// build makes a Config of what file, environment entry, preset and inputs say together.
func (l *loader) build(environment string, node *yamlfile.Node) *Config {
	var s keys.Settings
	l.problems = append(l.problems, yamlfile.Decode(node, &s)...)
	c := &Config{
		App: cmp.Or(s.App.V, l.env.DefaultApp), Environment: environment, URL: s.URL.V,
		Artifact: l.env.Inside(s.Artifact.V), ArtifactAt: s.Artifact.At(), StripComponents: s.Strip.V,
		MaxSize: bytesOf(s.MaxSize.V), AllowLinks: texts(s.AllowLinks),
		KeepReleases: s.KeepReleases.V, PruneCommand: s.PruneCommand.V, Timeout: s.Timeout.V, Bandwidth: l.bandwidth(s.Rollout.Bandwidth), LockWait: s.Rollout.LockWait.V,
		Umask: s.Umask.V, ReplaceApp: s.ReplaceApp.V, Revision: l.revision(), DeploymentKey: l.in.DeploymentKey, To: strings.TrimSpace(l.in.To), LogLines: l.logLines(), IfSuperseded: l.ifSuperseded(), GitHub: l.gitHub(),
		OwnSteps: l.ownStepsTaken,
	}
	c.DeployPath = l.deployPath(s.DeployPath, c)
	c.DriftIgnore = l.patterns(s.DriftIgnore)
	l.paths(&s, c)
	inputVars := map[string]string{}
	for _, a := range l.inputVars {
		inputVars[a.Name] = a.Value
	}
	c.Vars = l.vars(s.Vars)
	c.Hosts = l.hosts(s.Hosts, c, inputVars)
	for i := range c.Hosts {
		c.Hosts[i].Umask = c.Umask
	}
	all := c.Hosts
	l.limit(c)
	c.Rollout = l.rollout(s.Rollout, len(c.Hosts))
	l.secrets(&s, c)
	l.notify(&s, c)
	l.otel(&s, c)
	l.quoted(c)
	l.shard(c)
	l.matrix(c)
	c.Allow, c.OverrideReason = l.allow(s.Allow), l.overrideReason()
	l.promotes(s, c)
	l.remoteArtifact(s, c)
	l.reach(&s, c)

	b := &builder{loader: l, config: c, roles: l.roles(all, s.HostsFrom.Given()), unseen: s.HostsFrom.Given(), django: s.Django, refused: map[deploy.Position]bool{}, shared: declared(s.Secrets, c)}
	for _, role := range s.Rollout.Order {
		b.knownRole(role.V, role.At())
	}
	c.Prepare = b.phase(deploy.Prepare, s.Prepare)
	c.Migrate = b.phase(deploy.Migrate, s.Migrate)
	c.Ensure = b.ensure(s.Ensure)
	b.activation(s.Activate)
	c.Finish = b.phase(deploy.Finish, s.Finish)
	c.OnFailure = b.phase(deploy.OnFailure, s.OnFailure)
	l.demandSecrets(&s, c)
	l.demand(s, c)
	l.exec(c)
	l.oneHost(c)
	return c
}

// revision reads the input revision, which no deploy file has.
func (l *loader) revision() string {
	revision := strings.ToLower(strings.TrimSpace(l.in.Revision))
	if revision != "" && !commit.MatchString(revision) {
		l.problem(inputAt("revision"), "the whole commit, 40 or 64 hexadecimal digits, or at least 7 of them", "`%s` is no commit", strings.TrimSpace(l.in.Revision))
	}
	return revision
}

var commit = lazyregexp.New(`^[0-9a-f]{7,64}$`)

// bytesOf reads an amount of bytes that has its pattern, as 2.5GB; 0 where it has not, which was refused.
func bytesOf(text string) int64 {
	digits := strings.TrimRight(text, " kMGTB")
	amount, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0
	}
	return int64(amount * map[string]float64{"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}[strings.TrimSpace(text[len(digits):])])
}

// logLines reads the input log_lines, which no deploy file has.
func (l *loader) logLines() int {
	if strings.TrimSpace(l.in.LogLines) == "" {
		return DefaultLogLines
	}
	var lines struct {
		N keys.Number `key:"log_lines" min:"0" max:"100000"`
	}
	node := inputNumber("log_lines", l.in.LogLines)
	l.problems = append(l.problems, yamlfile.Decode(yamlfile.NewMap(node.At, yamlfile.Entry{Key: "log_lines", At: node.At, Value: node}), &lines)...)
	return lines.N.V
}

// ifSuperseded reads the input if_superseded, which no deploy file has: it is about the run, not about what it deploys.
func (l *loader) ifSuperseded() string {
	if strings.TrimSpace(l.in.IfSuperseded) == "" {
		return "fail"
	}
	var ending struct {
		V keys.Text `key:"if_superseded" enum:"fail,pass"`
	}
	node := inputText("if_superseded", l.in.IfSuperseded)
	l.problems = append(l.problems, yamlfile.Decode(yamlfile.NewMap(node.At, yamlfile.Entry{Key: "if_superseded", At: node.At, Value: node}), &ending)...)
	return ending.V.V
}

// roles are all that any environment's hosts have: a step may be for a role that this environment lacks, not for one that
// no environment has. Nil where nobody can tell: hosts stand in a file that an environment reads only when it is deployed to.
func (l *loader) roles(hosts []deploy.Host, unread bool) map[string]bool {
	elsewhere := func(p yamlfile.Pair[keys.Settings]) bool { return p.Value.HostsFrom.Given() }
	if unread || l.whole.HostsFrom.Given() || slices.ContainsFunc(l.whole.Environments.Pairs, elsewhere) {
		return nil
	}
	known := map[string]bool{}
	for _, h := range hosts {
		for _, role := range h.Roles {
			known[role] = true
		}
	}
	all := slices.Clone(l.whole.Hosts)
	for _, entry := range l.whole.Environments.Pairs {
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

// printable reports whether a text is one line without control characters.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
}
