package reference

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/cookbook"
)

// TestExamples: what the page of recipes shows for each is a piece of a deploy file that uses it, and the whole is accepted.
func TestExamples(t *testing.T) {
	t.Parallel()
	const around = "app: site\ndeploy_path: /srv/www/site\nvars: {PORT: 8001}\n" +
		"hosts: [{address: deploy@web1, roles: [web, worker]}, {address: deploy@lb1, roles: [balancer], release: false}]\n"
	for _, recipe := range cookbook.All() {
		files := fstest.MapFS{"slipway.yml": {Data: []byte(around + recipe.Example)}}
		if _, err := config.Load(ci.Inputs{Command: "validate"}, files, config.Env{}); err != nil {
			t.Errorf("%s: %v\n%s", recipe.Uses, err, recipe.Example)
		}
		if !strings.Contains(recipe.Example, "uses: "+recipe.Uses) {
			t.Errorf("%s: its example does not use it", recipe.Uses)
		}
	}
}

// TestOwnRecipes: the recipes that the page shows for one's own are some.
func TestOwnRecipes(t *testing.T) {
	t.Parallel()
	shown := strings.Split(recipeIntro, "```yaml\nname:")[1:]
	for _, text := range shown {
		text, _, ok := strings.Cut("name:"+text, "```")
		if _, err := cookbook.Parse("own.yml", "./own", []byte(text)); err != nil || !ok {
			t.Errorf("%v\n%s", err, text)
		}
	}
	if len(shown) != 2 {
		t.Errorf("%d recipes are shown", len(shown))
	}
}
