package config

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/cookbook"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// phase builds the steps of one phase.
func (b *builder) phase(phase deploy.Phase, entries []keys.Step) []deploy.Step {
	b.number, b.standing = 0, string(phase)
	return b.steps(phase, entries, "")
}

// steps builds a list of steps, whose names must differ. only is the name that a single step without one gets.
func (b *builder) steps(phase deploy.Phase, entries []keys.Step, only string) []deploy.Step {
	var steps []deploy.Step
	names, slugs := map[string]deploy.Position{}, map[string]string{}
	for _, entry := range entries {
		if entry.Node == nil {
			continue // no map: a problem already
		}
		if len(entries) > 1 {
			only = ""
		}
		built := b.step(phase, entry, only)
		if first, taken := names[built.Name]; taken && built.Name != "" {
			b.problem(built.At, "give each a `name` of its own", "two steps are named `%s`, the first at %s", built.Name, first)
		} else if other, taken := slugs[built.Slug()]; taken && built.Name != "" {
			b.problem(built.At, "the journal on the hosts tells them apart by their letters and digits", "`%s` is too much like `%s`", built.Name, other)
		}
		names[built.Name], slugs[built.Slug()] = built.At, built.Name
		if len(entry.Only) > 0 && !slices.ContainsFunc(entry.Only, func(t keys.Text) bool { return t.V == b.config.Environment }) {
			continue
		}
		b.number++
		built.Number = b.number
		steps = append(steps, built)
	}
	return steps
}

func (b *builder) step(phase deploy.Phase, s keys.Step, fallback string) deploy.Step {
	built := deploy.Step{
		Name: s.Name.V, Phase: phase, Run: s.Run.V, Undo: s.Undo.V, Shell: s.Shell.V, Dir: b.dir(s.Dir), Timeout: b.timeout("step", s.Timeout),
		Retries: s.Retries.V, Once: s.Once.V, Roles: b.knownRoles(s.Roles), Vars: b.vars(s.Vars),
		Secrets: b.stepSecrets(s.Secrets), Uses: s.Uses.V, NoProgram: noProgram[s.Uses.V], At: s.Node.At,
	}
	if !s.Once.Given() {
		built.Once = phase == deploy.Migrate
	}
	for name := range built.Vars {
		if slices.Contains(built.Secrets, name) {
			b.problem(s.Node.Get("vars").At, "rename one", "`%s` is a variable and a secret", name)
		}
	}
	if built.Runner = s.From.V == "runner"; built.Runner {
		b.fromRunner(s, &built)
		return built
	}
	if s.Required.Given() {
		b.problem(s.Required.At(), "drop it: any other step is required", "`required` is for steps with `from: runner`")
	}
	b.promises(s, &built)
	b.produces(s, &built)
	b.environments(s.Only)
	switch run, uses := s.Node.Get("run") != nil, s.Node.Get("uses") != nil; {
	case run && uses:
		b.problem(s.Node.At, "keep one of the two", "a step has either `run` or `uses`")
	case uses:
		b.recipe(s, &built)
	case run:
		if s.Run.Given() {
			b.script(s.Run.Node, s.Shell.V, true)
			built.Rights = cookbook.Sudo(s.Run.V)
		}
		if s.With.Node != nil {
			b.problem(s.With.Node.At, "give `run` its values in `vars`", "`with` is for recipes")
		}
	default:
		b.problem(s.Node.At, "", "a step needs `run` or `uses`")
	}
	b.undo(s, &built)
	if built.Name == "" {
		built.Name = fallback
	}
	b.stepName(built.Name, s)
	b.expandable(s.Dir, b.runsOn(built), built.Vars, nil)
	return built
}

// ensure builds the steps that hold while the site changes.
func (b *builder) ensure(entries []keys.EnsureStep) []deploy.Step {
	var written []keys.Step
	for _, entry := range entries {
		entry.Step.Node = entry.Node
		written = append(written, entry.Step)
	}
	steps := b.phase(deploy.Ensure, written)
	for i := range steps {
		s := &steps[i]
		s.Idempotent = true
		if s.Undo == "" && s.Run != "" {
			b.problem(s.At, "`undo` takes it back once the site is up again", "a step of `ensure` needs `undo`")
		}
		entry := entries[slices.IndexFunc(entries, func(e keys.EnsureStep) bool { return e.Node != nil && e.Node.At == s.At })]
		if !entry.Via.Given() {
			continue
		}
		s.Via = entry.Via.V
		b.knownRole(entry.Via.V, entry.Via.At())
		for _, key := range []string{"once", "roles"} {
			if node := entry.Node.Get(key); node != nil {
				b.problem(node.At, "drop it: every host of that role runs the step", "`%s` means nothing beside `via`", key)
			}
		}
	}
	return steps
}

func (b *builder) stepName(name string, s keys.Step) {
	at := s.Node.At
	if s.Name.Given() {
		at = s.Name.At()
	}
	switch {
	case name == "" && (s.Node.Get("uses") == nil || s.Name.Given()):
		b.problem(at, "say what it does, for the report", "a step needs a `name`")
	case !printable(name) || len([]rune(name)) > 60 || strings.TrimSpace(name) != name:
		b.problem(at, "one line of at most 60 characters", "a step cannot have this name")
	}
}

// script parses a script, so that a mistake in it is found before any host is contacted. choice says that its shell can be set.
func (b *builder) script(n *yamlfile.Node, shell string, choice bool) {
	advise := func(p deploy.Problem) deploy.Problem {
		if p.Hint != "" && choice && !n.At.IsInput() {
			p.Hint += ", or set `shell: bash -eu`"
		}
		return p
	}
	if problem := cookbook.ScriptProblem(n, shell); problem != nil {
		b.problems = append(b.problems, advise(*problem))
	}
	if name := strings.TrimSpace(strings.TrimPrefix(n.Text, "uses:")); !strings.HasPrefix(name, "./") && !strings.ContainsAny(name, " \n") {
		if _, err := cookbook.Find(nil, name); err == nil {
			b.problem(n.At, "name it in the deploy file: `uses: "+name+"`", "`%s` is a recipe, and no command", name)
		}
	}
	for _, p := range cookbook.Bashisms(n, shell) {
		b.remark(advise(p))
	}
	if strings.ContainsRune(n.Text, 0) {
		b.problem(n.At, "", "the script holds a NUL byte")
	}
}

// remark keeps what may be meant and is worth a look, once wherever it was found.
func (b *builder) remark(p deploy.Problem) {
	if !slices.Contains(b.config.Remarks, p) {
		b.config.Remarks = append(b.config.Remarks, p)
	}
}

// timeout is how long a step or a check may take, which is no longer than the whole deployment.
func (b *builder) timeout(what string, d keys.Duration) time.Duration {
	switch {
	case d.Given() && d.V > b.config.Timeout:
		b.problem(d.At(), "raise `timeout` of the file", "the %s may take %s, the whole deployment only %s", what, d.Node.Text, b.config.Timeout)
	case !d.Given():
		return min(d.V, b.config.Timeout)
	}
	return d.V
}

func (b *builder) knownRoles(roles []keys.Text) []string {
	var names []string
	for _, role := range roles {
		b.knownRole(role.V, role.At())
		names = append(names, role.V)
	}
	return names
}

func (b *builder) knownRole(role string, at deploy.Position) {
	if len(b.roles) == 0 || b.roles[role] || role == "" {
		return // without any hosts nobody can tell
	}
	var known []string
	for name := range b.roles {
		known = append(known, name)
	}
	slices.Sort(known)
	b.problem(at, cmp.Or(yamlfile.DidYouMean(role, known), "there are "+strings.Join(known, ", ")), "no host has the role `%s`", role)
}

func (b *builder) environments(only []keys.Text) {
	known := b.whole.Environments.Keys()
	for _, name := range only {
		if name.Given() && !slices.Contains(known, name.V) && name.V != b.config.Environment {
			b.problem(name.At(), yamlfile.DidYouMean(name.V, known), "there is no environment `%s`", name.V)
		}
	}
}

// stepSecrets are the secrets that a step sees: those it names, else all that are declared.
func (b *builder) stepSecrets(names []keys.Text) []string {
	if names == nil {
		return slices.Clone(b.shared)
	}
	found := []string{}
	for _, name := range names {
		if _, ok := b.config.Secrets[name.V]; !ok && name.Given() {
			b.problem(name.At(), cmp.Or(yamlfile.DidYouMean(name.V, b.shared), "declare it in `secrets`"), "no secret `%s`", name.V)
			continue
		}
		found = append(found, name.V)
	}
	return found
}

func (b *builder) dir(d keys.Text) string {
	if !d.Given() {
		return ""
	}
	clean := strings.TrimSuffix(d.V, "/")
	if !path.IsAbs(d.V) && (clean == "" || path.Clean(clean) != clean || strings.HasPrefix(clean+"/", "../")) || !printable(d.V) {
		b.problem(d.At(), "relative to the release, or absolute", "the folder `%s` is not plain", d.V)
	}
	return clean
}

// runsOn are the hosts that run a step.
func (b *builder) runsOn(s deploy.Step) []deploy.Host {
	if s.Runner {
		return []deploy.Host{{Name: deploy.RunnerName, Vars: b.config.Vars}}
	}
	var hosts []deploy.Host
	for _, h := range b.config.hostsOrNone() {
		if len(h.Roles) == 0 || h.HasRole(s.Roles) {
			hosts = append(hosts, h)
		}
	}
	return hosts
}
