package app

import (
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/app/cmdline"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// parseAction reads what an action is told: there the command is an input, and so is all that a person gives as a flag. What is
// wrong is said of the inputs, with an annotation. A second word of the command is its argument: "plan rollback".
func (a *app) parseAction(words []string) (runner, error) {
	c, _ := command(words[0])
	if wrong := a.wrongInputs(c, words[0]); len(wrong) > 0 {
		return nil, a.newConsole(a.given).refuse(wrong)
	}
	return a.parse(words)
}

// wrongInputs are a command that does not exist, or the inputs that it needs and that are not given.
func (a *app) wrongInputs(c *cmdline.Command, name string) (wrong deploy.Problems) {
	if c == nil {
		return deploy.Problems{{
			At: deploy.InInput("command", 0, 0), Message: fmt.Sprintf("there is no command `%s`", name),
			Hint: strings.TrimSpace(yamlfile.DidYouMean(name, names()) + " there are " + strings.Join(names(), ", ")),
		}}
	}
	given := a.values()
	for _, f := range c.Flags {
		if f.Required && given[f.Name] == "" {
			wrong = append(wrong, deploy.Problem{
				At: deploy.InInput(f.Name, 0, 0), Message: fmt.Sprintf("`%s` needs the input `%s`", name, f.Name), Hint: f.Help,
			})
		}
	}
	return wrong
}
