package app

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// parseAction reads what an action is told: there the command is an input, and so is all that a person gives as a flag. What is
// wrong is said of the inputs, with an annotation. A second word of the command is its argument: "plan rollback".
func (a *app) parseAction(command string) (*kong.Context, error) {
	words := strings.Fields(command)
	parser, err := a.parser(grammar(words[0]), func(int) {})
	if err != nil {
		return nil, err
	}
	if wrong := a.wrongInputs(parser.Model.Children, words[0]); len(wrong) > 0 {
		return nil, a.newConsole(a.given).refuse(wrong)
	}
	return read(parser, words)
}

// wrongInputs are a command that does not exist, or the inputs that it needs and that are not given.
func (a *app) wrongInputs(commands []*kong.Node, name string) (wrong deploy.Problems) {
	given := map[string]string{}
	for doc, value := range a.given.All() {
		given[doc.Name] = *value
	}
	var names []string
	for _, command := range commands {
		names = append(names, command.Name)
		if command.Name != name {
			continue
		}
		for _, flag := range command.Flags {
			if flag.Required && given[flag.Name] == "" {
				wrong = append(wrong, deploy.Problem{
					At: deploy.InInput(flag.Name, 0, 0), Message: fmt.Sprintf("`%s` needs the input `%s`", name, flag.Name), Hint: flag.Help,
				})
			}
		}
		return wrong
	}
	return deploy.Problems{{
		At: deploy.InInput("command", 0, 0), Message: fmt.Sprintf("there is no command `%s`", name), Hint: strings.TrimSpace(yamlfile.DidYouMean(name, names) + " there are " + strings.Join(names, ", ")),
	}}
}
