package sanitize

import (
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// Shipped is which merges were shipped, in texts that are safe to print: titles are whoever opened the pull requests'.
func (s Sanitizer) Shipped(of deploy.Shipped) deploy.Shipped {
	of.From, of.To, of.Unknown = s.short(of.From), s.short(of.To), s.short(of.Unknown)
	for _, merges := range []*deploy.Merges{&of.In, &of.Out} {
		merges.Unknown = s.short(merges.Unknown)
		merges.Pulls = slices.Clone(merges.Pulls)
		for i := range merges.Pulls {
			pull := &merges.Pulls[i]
			pull.Title, pull.Author, pull.URL = s.short(pull.Title), s.short(pull.Author), s.short(pull.URL)
		}
	}
	return of
}
