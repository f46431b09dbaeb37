package keys

import (
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// Portion is a number of hosts or a share of them, written as 2 or 25%.
type Portion struct {
	V    deploy.Portion
	Node *yamlfile.Node // nil when it was not written
}

// DecodeYAML reads either form.
func (p *Portion) DecodeYAML(d *yamlfile.Decoder, n *yamlfile.Node, what string) {
	p.Node = n
	digits, share := strings.CutSuffix(n.Text, "%")
	number, err := strconv.Atoi(digits)
	switch {
	case n.Kind != yamlfile.Number && n.Kind != yamlfile.Text, err != nil, number < 1, share && number > 100, !share && number > 1000:
		d.Problem(n.At, "", "%s must be a number of hosts like 2, or a share like 25%%", what)
	case share:
		p.V.Percent = number
	default:
		p.V.Count = number
	}
}
