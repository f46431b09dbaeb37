package survey

import (
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// adopted reads a release that is a link to another tool's folder, and that folder's name.
func (p *parser) adopted(value string) error {
	id, name, _ := strings.Cut(value, " ")
	p.known(id, func(r *deploy.ReleaseFacts) { r.Adopted = name })
	return nil
}

// adoptedLive reads a release to whose folder current leads.
func (p *parser) adoptedLive(id string) error {
	p.known(id, func(r *deploy.ReleaseFacts) { r.Live = true })
	return nil
}

func (p *parser) known(id string, change func(*deploy.ReleaseFacts)) {
	for i := range p.facts.Releases {
		if string(p.facts.Releases[i].ID) == id {
			change(&p.facts.Releases[i])
		}
	}
}
