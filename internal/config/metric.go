package config

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/metric"
)

// metricOnly are the keys of a check that mean something with json alone.
var metricOnly = []string{"above", "below", "equals", "missing", "for", "every"}

// fleetChecks builds the checks of all hosts together. They alone may be metrics, and may name secrets in headers: the checks of a host
// are stored there with its release.
func (b *builder) fleetChecks(entries []keys.Check) []deploy.Check {
	checks := b.checks(entries)
	for _, check := range checks {
		if check.HTTP != nil {
			b.seal(check)
		}
	}
	return checks
}

// seal takes headers that name secrets apart.
func (b *builder) seal(check deploy.Check) {
	var named []string
	for header, value := range check.HTTP.Headers {
		secrets := b.secretsIn(value)
		if len(secrets) == 0 {
			continue
		}
		if check.HTTP.Sealed == nil {
			check.HTTP.Sealed = map[string]string{}
		}
		check.HTTP.Sealed[header] = value
		delete(check.HTTP.Headers, header)
		named = append(named, secrets...)
	}
	u, err := url.Parse(check.HTTP.URL)
	if len(named) > 0 && err == nil && u.Scheme == "http" && !request.Loopback(u.Hostname()) {
		slices.Sort(named)
		b.remark(deploy.Problem{
			At: check.At, Message: "the secret `" + strings.Join(slices.Compact(named), "`, `") + "` goes over http, which anybody on the way can read", Hint: "is there an address with https?",
		})
	}
}

// secretsIn are the secrets that a text names.
func (b *builder) secretsIn(text string) (names []string) {
	_, _ = Expand(text, func(name string) (string, bool) { // what is wrong with it is said where it is judged
		if slices.Contains(b.shared, name) {
			names = append(names, name)
		}
		return "", true
	})
	return names
}

// hostChecks builds the checks of each host by itself.
func (b *builder) hostChecks(entries []keys.Check) []deploy.Check {
	for _, entry := range entries {
		if node := entry.Node.Get("json"); node != nil {
			b.problem(node.At, "move the check to `fleet: {verify: [...]}`: it is about all hosts together", "`json` is for checks of the fleet")
		}
	}
	return b.checks(entries)
}

// metric builds what is demanded of a value in the answer.
func (b *builder) metric(c keys.Check, built *deploy.Check) {
	switch {
	case built.HTTP == nil && c.Node.Get("json") != nil: // which was refused
		return
	case c.Node.Get("json") == nil:
		for _, key := range metricOnly {
			if node := c.Node.Get(key); node != nil {
				b.problem(node.At, "`json` says where the value stands, as in data.result[0].value[1]", "`%s` goes with `json`", key)
			}
		}
		return
	}
	m := &deploy.Metric{Path: c.JSON.V, Equals: string(c.Equals.V), MissingPasses: c.Missing.V == "pass", For: c.For.V, Every: c.Every.V}
	m.Above, m.Below = b.limitOf(c.Above, "above"), b.limitOf(c.Below, "below")
	built.Metric = m
	if err := metric.Check(m.Path); err != nil && c.JSON.Given() {
		b.problem(c.JSON.At(), "names and indexes, as in data.result[0].value[1]; a name with other signs in it is written as ['a-b']", "`%s` is no path in JSON: %s", m.Path, err)
	}
	if c.Method.V == "HEAD" {
		b.problem(c.JSON.At(), "", "an answer to HEAD has no body")
	}
	b.demanded(c, m)
	b.watched(c, m)
}

// limitOf reads the number that a value must be above or below; nil where there is none.
func (b *builder) limitOf(written keys.Scalar, key string) *float64 {
	if !written.Given() {
		return nil
	}
	number, err := strconv.ParseFloat(string(written.V), 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		b.problem(written.At(), "a number like 0.01", "`%s` cannot be %s", key, strconv.Quote(string(written.V)))
		return nil
	}
	return &number
}

// demanded judges what the value must be: something must be demanded, and possible.
func (b *builder) demanded(c keys.Check, m *deploy.Metric) {
	limited := c.Node.Get("above") != nil || c.Node.Get("below") != nil
	switch equals := c.Node.Get("equals"); {
	case equals == nil && !limited:
		b.problem(c.Node.Get("json").At, "", "`json` needs `above`, `below` or `equals`")
	case equals != nil && limited:
		b.problem(equals.At, "drop one of the two", "a value that `equals` something has no limits")
	case c.Equals.Given() && m.Equals == "":
		b.problem(equals.At, "", "`equals` is empty")
	case m.Above != nil && m.Below != nil && *m.Above >= *m.Below:
		b.problem(c.Above.At(), "", "no number is %s", metric.Wanted(*m))
	}
}

// watched judges for how long it is asked.
func (b *builder) watched(c keys.Check, m *deploy.Metric) {
	switch {
	case c.Every.Given() && m.For == 0:
		b.problem(c.Every.At(), "give `for`, or drop it", "`every` says how often the value is asked during `for`")
	case m.For > 0 && m.For < m.Every:
		b.problem(c.For.At(), "lower `every`, or raise `for`", "`for` of %s is over before the value is asked again: `every` is %s", m.For, m.Every)
	case m.For > 0 && m.For >= b.config.Timeout:
		b.problem(c.For.At(), "raise `timeout` of the file", "`for` is no shorter than the deployment's `timeout` of %s", b.config.Timeout)
	}
}
