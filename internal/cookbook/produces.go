package cookbook

import (
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// badProduct says what is wrong with what a recipe says that it makes.
func (r Recipe) badProduct(made yamlfile.Value[string]) deploy.Problems {
	if !made.Given() {
		return nil // no text: a problem already
	}
	name, isParam := namedIn(made.V)
	at := slices.Index(r.Names(), name)
	switch {
	case isParam && at >= 0 && r.Params[at].Type != Path && r.Params[at].Type != List:
		return deploy.Problems{{At: made.At(), Message: "`" + name + "` is no path and no list, so it cannot be what is made"}}
	case !isParam && strings.Contains(made.V, "${"):
		return deploy.Problems{{At: made.At(), Message: "`" + made.V + "` is no path", Hint: "a path in the release, or a parameter as in ${folders}"}}
	}
	return r.badName(made)
}

// Makes are the paths in the release that the recipe makes, with parameters put in. Variables stay as they are.
func (r Recipe) Makes(with map[string]Value) []string {
	var paths []string
	for _, made := range r.Produces {
		name, isParam := namedIn(made)
		if !isParam {
			paths = append(paths, made)
			continue
		}
		value := r.value(name, with)
		if value.Items == nil {
			paths = append(paths, strings.Fields(value.Text)...)
		}
		paths = append(paths, value.Items...)
	}
	return paths
}
