package config

import (
	"cmp"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// activation builds what hosts do after the switch. Steps and scripts of it are numbered through, so that each has a
// place of its own in the journal whatever a host's roles are.
func (b *builder) activation(a keys.Activate) {
	b.number, b.written, b.alike = 0, map[place]keys.Check{}, map[deploy.Position]bool{}
	base := deploy.Activation{Drain: b.drain(a.Drain), Restart: b.restart(a.Restart.Items)}
	base.Verify, base.StableFor = b.hostChecks(a.Verify), a.StableFor.V
	b.config.Activation = map[string]deploy.Activation{"": base}
	for _, pair := range a.Roles.Pairs {
		b.knownRole(pair.Key, pair.At)
		own := base
		if pair.Value.Drain.Node != nil {
			own.Drain = b.drain(pair.Value.Drain)
		}
		if pair.Value.Restart.Node != nil {
			own.Restart = b.restart(pair.Value.Restart.Items)
		}
		if pair.Value.Verify != nil {
			own.Verify = b.hostChecks(pair.Value.Verify)
		}
		if pair.Value.StableFor.Given() {
			own.StableFor = pair.Value.StableFor.V
		}
		b.config.Activation[pair.Key] = own
		b.config.ActivationRoles = append(b.config.ActivationRoles, pair.Key)
	}
	b.config.Fleet = b.fleetChecks(a.Fleet.Verify)
	b.stable(a)
	b.apart()

	// Whether a check's variables exist and make sense is a question for each host that it is asked of.
	for _, h := range b.config.hostsOrNone() {
		for _, c := range b.config.ActivationOf(h).Verify {
			b.expanded(b.written[place{c.At, c.Name}], h, nil)
		}
	}
	for _, c := range a.Fleet.Verify {
		b.expanded(c, deploy.Host{Vars: b.config.Vars}, append([]string{}, b.shared...))
	}
}

// stable judges every stable_for: there must be something to ask, and time for it.
func (b *builder) stable(a keys.Activate) {
	judge := func(written keys.Duration, has deploy.Activation) {
		switch {
		case !written.Given() || written.V == 0:
		case len(has.Verify) == 0:
			b.problem(written.At(), "add `verify`", "`stable_for` goes on asking the checks of `verify`, and there are none")
		case written.V >= b.config.Timeout:
			b.problem(written.At(), "", "`stable_for` is no shorter than the deployment's `timeout` of %s", b.config.Timeout)
		}
	}
	judge(a.StableFor, b.config.Activation[""])
	for _, pair := range a.Roles.Pairs {
		judge(pair.Value.StableFor, b.config.Activation[pair.Key])
	}
}

// apart judges whether the checks of each host can be told apart: a host with several roles is asked what each of them says.
func (b *builder) apart() {
	for _, h := range b.config.Hosts {
		names := map[string]deploy.Position{}
		for _, c := range b.config.ActivationOf(h).Verify {
			if first, taken := names[c.Name]; taken && first != c.At && !b.alike[c.At] {
				b.alike[c.At] = true
				b.problem(c.At, "give each a `name` of its own", "`%s` is asked two checks named `%s`, for it has several roles; the other is at %s", h.Name, c.Name, first)
			}
			names[c.Name] = c.At
		}
	}
}

// ActivationOf is what a host does after the switch: what each of its roles says, the file's order, each step and check
// once. A role without an entry of its own does the usual.
func (c *Config) ActivationOf(h deploy.Host) deploy.Activation {
	var own []deploy.Activation
	usual := func(role string) bool { return !slices.Contains(c.ActivationRoles, role) }
	if len(h.Roles) == 0 || slices.ContainsFunc(h.Roles, usual) {
		own = append(own, c.Activation[""])
	}
	for _, role := range c.ActivationRoles {
		if slices.Contains(h.Roles, role) {
			own = append(own, c.Activation[role])
		}
	}
	var all deploy.Activation
	for _, a := range own {
		all.StableFor = max(all.StableFor, a.StableFor)
		for _, d := range a.Drain {
			if !slices.ContainsFunc(all.Drain, func(other deploy.Drain) bool { return other.Number == d.Number }) {
				all.Drain = append(all.Drain, d)
			}
		}
		for _, s := range a.Restart {
			if !slices.ContainsFunc(all.Restart, func(other deploy.Step) bool { return other.Number == s.Number }) {
				all.Restart = append(all.Restart, s)
			}
		}
		for _, check := range a.Verify {
			same := func(other deploy.Check) bool { return other.At == check.At && other.Name == check.Name }
			if !slices.ContainsFunc(all.Verify, same) {
				all.Verify = append(all.Verify, check)
			}
		}
	}
	return all
}

// hostsOrNone are the hosts that get releases, or one of no name with the common variables, so that a file without hosts is
// judged too.
func (c *Config) hostsOrNone() []deploy.Host {
	if len(c.Hosts) == 0 {
		return []deploy.Host{{Vars: c.Vars}}
	}
	return deploy.WithRelease(c.Hosts)
}

func (b *builder) checks(entries []keys.Check) []deploy.Check {
	var checks []deploy.Check
	names := map[string]deploy.Position{}
	for _, entry := range entries {
		if entry.Node == nil {
			continue
		}
		built := b.check(entry)
		b.written[place{built.At, built.Name}] = entry
		if first, taken := names[built.Name]; taken {
			b.alike[built.At] = true
			b.problem(built.At, "give each a `name` of its own", "two checks are named `%s`, the first at %s", built.Name, first)
		}
		names[built.Name] = built.At
		checks = append(checks, built)
	}
	return checks
}

// checkKind is what the key of a check makes of it.
type checkKind struct {
	key, usual string // usual is what one without a name is called
	build      func(*builder, keys.Check, *deploy.Check)
}

var checkKinds = []checkKind{
	{"http", "HTTP", (*builder).httpCheck},
	{"tcp", "TCP", func(_ *builder, c keys.Check, built *deploy.Check) { built.TCP = c.TCP.V }},
	{"run", "Script", (*builder).scriptCheck},
}

// httpOnly are the keys of a check that mean something for http alone.
var httpOnly = []string{"method", "headers", "status", "header", "body", "ca", "insecure", "params", "json"}

func (b *builder) check(c keys.Check) deploy.Check {
	built := deploy.Check{
		Name: c.Name.V, Runner: c.From.V == "runner", Within: b.timeout("check", c.Within), Interval: c.Interval.V, Successes: c.Successes.V, At: c.Node.At,
	}
	if c.Name.Given() && (!printable(c.Name.V) || strings.TrimSpace(c.Name.V) == "" || len([]rune(c.Name.V)) > 60) {
		b.problem(c.Name.At(), "one line of at most 60 characters", "a check cannot have this name")
	}
	kinds := slices.DeleteFunc(slices.Clone(checkKinds), func(kind checkKind) bool { return c.Node.Get(kind.key) == nil })
	if len(kinds) != 1 {
		b.problem(c.Node.At, "", "a check needs exactly one of `http`, `tcp` and `run`")
		return built
	}
	built.Name = cmp.Or(built.Name, kinds[0].usual)
	for _, key := range httpOnly {
		if node := c.Node.Get(key); node != nil && kinds[0].key != "http" {
			b.problem(node.At, "", "`%s` is for http checks", key)
		}
	}
	if time.Duration(built.Successes-1)*built.Interval >= built.Within {
		b.problem(c.Successes.At(), "raise `within`",
			"`within` of %s leaves no time for %d successes, %s apart", built.Within, built.Successes, built.Interval)
	}
	kinds[0].build(b, c, &built)
	b.metric(c, &built)
	return built
}

func (b *builder) httpCheck(c keys.Check, built *deploy.Check) {
	built.HTTP = &deploy.HTTPCheck{URL: c.HTTP.V, Method: c.Method.V, Headers: map[string]string{}, Body: c.Body.V}
	b.trusted(c, built.HTTP)
	for _, status := range c.Status.Items {
		built.HTTP.Status = append(built.HTTP.Status, status.V)
	}
	for _, header := range c.Header.Items {
		b.header(header)
		built.HTTP.Header = append(built.HTTP.Header, header.V)
	}
	if c.Method.V == "HEAD" && c.Body.Given() {
		b.problem(c.Body.At(), "", "an answer to HEAD has no body")
	}
	for _, pair := range c.Params.Pairs {
		if built.HTTP.Params == nil {
			built.HTTP.Params = map[string]string{}
		}
		built.HTTP.Params[pair.Key] = string(pair.Value.V)
	}
	for _, pair := range c.Headers.Pairs {
		if !headerName.MatchString(pair.Key) || !printable(string(pair.Value.V)) {
			b.problem(pair.At, "", "`%s` cannot be a header", pair.Key)
		}
		built.HTTP.Headers[pair.Key] = string(pair.Value.V)
	}
}

func (b *builder) scriptCheck(c keys.Check, built *deploy.Check) {
	if built.Runner {
		b.problem(c.From.At(), "", "a script runs on hosts; `from: runner` is for http and tcp")
	}
	if c.Run.Given() {
		b.script(c.Run.Node, "sh -eu", false)
	}
	b.number++
	built.Run = &deploy.Step{
		Name: built.Name, Phase: deploy.Activate, Number: b.number, Run: c.Run.V, Shell: "sh -eu", Timeout: built.Within,
		Secrets: slices.Clone(b.shared), At: built.At,
	}
}

// headerName is a token of RFC 9110, 5.6.2.
var headerName = lazyregexp.New("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func (b *builder) header(h keys.Text) {
	if !h.Given() {
		return
	}
	name, _, ok := strings.Cut(h.V, ":")
	if !ok || !headerName.MatchString(name) || !printable(h.V) {
		b.problem(h.At(), "as in 'X-Release: ${SLIPWAY_RELEASE}'", "`header` must be Name: value")
	}
}

// expanded judges a written check with the variables of a host that it is asked of. secrets are those that its headers may name; nil where
// they may name none.
func (b *builder) expanded(c keys.Check, h deploy.Host, secrets []string) {
	hosts := []deploy.Host{h}
	if full, ok := b.expandable(c.HTTP, hosts, nil, nil); ok && c.HTTP.Given() {
		b.goodURL(full, c.HTTP.At())
	}
	if full, ok := b.expandable(c.TCP, hosts, nil, nil); ok && c.TCP.Given() {
		b.goodTCP(full, c.TCP.At())
	}
	for _, header := range c.Header.Items {
		b.expandable(header, hosts, nil, nil)
	}
	b.expandable(c.Body, hosts, nil, nil)
	for _, pair := range c.Headers.Pairs {
		b.expandable(keys.Text{V: string(pair.Value.V), Node: pair.Value.Node}, hosts, nil, secrets)
	}
	for _, pair := range c.Params.Pairs {
		b.expandable(keys.Text{V: string(pair.Value.V), Node: pair.Value.Node}, hosts, nil, nil)
	}
}

func (b *builder) goodURL(full string, at deploy.Position) {
	u, err := url.Parse(full)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || !printable(full) || strings.Contains(full, " ") {
		b.problem(at, "as in http://127.0.0.1:8000/healthz", "`%s` is no http or https URL", full)
	} else if port := u.Port(); port != "" && !goodPort(port) {
		b.problem(at, "", "`%s` is no port", port)
	}
}

func (b *builder) goodTCP(full string, at deploy.Position) {
	host, port, err := net.SplitHostPort(full)
	if err != nil || host == "" || !goodPort(port) || !printable(full) {
		b.problem(at, "as in 127.0.0.1:8000", "`%s` is no host:port", full)
	}
}

func goodPort(port string) bool {
	number, err := strconv.Atoi(port)
	return err == nil && number >= 1 && number <= 65535
}
