package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/cookbook"
)

// Recipes is the page docs/recipes.md, made of the embedded recipes.
func Recipes() []byte {
	var b strings.Builder
	b.WriteString("# Recipes\n\n" + generated)
	fmt.Fprintf(&b, recipeIntro, "`"+strings.Join(keys.OfRunner, "`, `")+"`")
	b.WriteString(byPlace())
	for _, recipe := range cookbook.All() {
		fmt.Fprintf(&b, "## %s\n\n%s\n\n```yaml\n%s```\n\n", recipe.Uses, recipe.Description, recipe.Example)
		fmt.Fprintf(&b, "Name of the step: %s. Stands in %s.\n\n", recipe.Name, standsIn(recipe))
		if len(recipe.Params) > 0 {
			b.WriteString("| parameter | takes | default | |\n| --- | --- | --- | --- |\n")
		}
		for _, p := range recipe.Params {
			usual := "`" + p.Default.String() + "`"
			switch {
			case p.Required:
				usual = "must be given"
			case p.Default.String() == "":
				usual = ""
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", p.Name, takes(p), usual, strings.ReplaceAll(p.Description, "|", `\|`))
		}
		b.WriteString("\n" + promised(recipe))
	}
	return []byte(strings.TrimRight(b.String(), "\n") + "\n")
}

// placeOrder are the places of recipes, in the order of a deployment.
var placeOrder = []string{"prepare", "migrate", "ensure", "drain", "restart", "finish", "on_failure"}

// byPlace is a table of all recipes, each where its example has it.
func byPlace() string {
	links := map[string][]string{}
	for _, recipe := range cookbook.All() {
		place := recipe.Phases[0].V // of activate, restart or drain
		before, _, _ := strings.Cut(recipe.Example, "uses: "+recipe.Uses)
		for line := range strings.Lines(before) {
			if key, _, _ := strings.Cut(line, ":"); slices.Contains(placeOrder, key) {
				place = key
			}
		}
		links[place] = append(links[place], fmt.Sprintf("[%s](#%s)", recipe.Uses, strings.ReplaceAll(recipe.Uses, "/", "")))
	}
	var b strings.Builder
	b.WriteString("## All of them\n\nEach where its example has it; its section says where else it may stand.\n\n| in | recipes |\n| --- | --- |\n")
	for _, place := range placeOrder {
		if links[place] != nil {
			fmt.Fprintf(&b, "| `%s` | %s |\n", place, strings.Join(links[place], ", "))
		}
	}
	b.WriteString("\n")
	return b.String()
}

// standsIn are the places where a recipe may stand.
func standsIn(recipe cookbook.Recipe) string {
	var words []string
	for _, word := range recipe.Phases {
		words = append(words, "`"+word.V+"`")
	}
	if len(words) == 0 {
		return "any phase"
	}
	return strings.Join(words, ", ")
}

// takes is what a parameter takes, in few words: the page begins with what they mean.
func takes(p cookbook.Param) string {
	switch {
	case p.Type == cookbook.Path && p.Where == cookbook.Absolute:
		return "absolute path"
	case p.Type == cookbook.Path && p.Where == cookbook.InRelease:
		return "path in the release"
	case len(p.OneOf) > 0:
		return strings.TrimPrefix(strings.Join(p.OneOf, ", "), ", ") // "" is one that is not given
	}
	return string(p.Type)
}

// promised says what a re-run does with a recipe's step whose end nobody saw.
func promised(recipe cookbook.Recipe) string {
	switch {
	case recipe.Sends() && recipe.Idempotent:
		return "Sent from the runner. Idempotent: where nobody saw what came of it, it is sent again.\n\n"
	case recipe.Sends():
		return "Sent from the runner. Where nobody saw what came of it, it is not sent again, and a warning says so.\n\n"
	case recipe.Check != "":
		return "Where nobody saw it end, its own check decides whether it is done.\n\n"
	case recipe.Idempotent:
		return "Idempotent: where nobody saw it end, it runs again.\n\n"
	}
	return "Where nobody saw it end, a person decides.\n\n"
}

const recipeIntro = `A recipe is a step with parameters. A deploy file uses it by name:

` + "```yaml\nprepare:\n  - {uses: python/venv, with: {wheels: vendor/wheels}}\n```" + `

[All of them](#all-of-them) stand below. What the recipes of ` + "`django/`, `celery/` and `database/`" + ` have in common is said once in the deploy file:
` + "`django: {manage: src/manage.py, python: ve/bin/python, app: project}`" + ` gives each of them its parameters of these names.

Your own recipes lie in your repository and are named by their path from the working directory, without the ending:
` + "`uses: ./deploy/recipes/warm-cache` reads `deploy/recipes/warm-cache.yml`" + `:

` + "```yaml\nname: Warm the cache\ndescription: Asks for the pages that most people see.\nparams:\n" +
	"  urls: {type: list, description: The pages., required: true}\n  within: {type: duration, description: How long one may take., default: 10s}\nrun: |\n" +
	"  for url in $urls; do\n    curl -fsS --max-time \"$within\" \"$url\" >/dev/null\n  done\n" + "idempotent: true\n```" + `

The script is POSIX sh, run with ` + "`sh -eu`" + ` in the release. Parameters are shell variables of their names, in lower case; variables
and secrets of the deploy file are in the environment. In a value only ` + "`${NAME}`" + ` is live, ` + "`$${NAME}`" + ` stands for itself.

A parameter has a ` + "`type`" + `. What is given must be of it, or the deploy file is refused at that line before any host is asked:

| ` + "`type`" + ` | takes | what the script has |
| --- | --- | --- |
| ` + "`string`" + `, the usual | a text; with ` + "`one_of: [drain, maint]`" + ` one of those | the text |
| ` + "`integer`" + ` | a whole number from 0 to 999999999 | its digits |
| ` + "`boolean`" + ` | true or false | ` + "`true` or `false`" + ` |
| ` + "`duration`" + ` | a time like 90s, 5m or 1h30m, or a number of seconds | the number of seconds: 90 |
| ` + "`list`" + ` | a list, or a text, which is its words | a line for each item: ` + "`for item in $items`" + ` where items have no spaces, else ` + "`while read -r item`" + ` |
| ` + "`path`" + ` | a path inside the release, without ` + "`..`; with `where: absolute` one that begins with /, with `where: anywhere`" + ` any | the path |

One that is neither ` + "`required` nor has a `default`" + ` is empty where it is not given, and may be given as ` + "`\"\"`" + `. A value that names a variable is judged with
each host's own. What only the host knows, a secret or ` + "`${SLIPWAY_RELEASE}`" + `, is judged there, when the step begins.

` + "`idempotent: true` and `check:`" + `, a script with the same parameters that ends with 0 when the work is done, say what a re-run
does when nobody saw the step end: see [re-runs](re-runs.md).

` + "`undo:`" + `, a script with the same parameters, takes back what ` + "`run`" + ` did: of a drain, the undrain; of a step of migrate, what runs where [` + "`on_failure: undo`" + `](re-runs.md#undo) asks for it, also after ` + "`run`" + ` failed. Both may run twice. A drain sees besides
` + "`SLIPWAY_TARGET`, `SLIPWAY_TARGET_ADDRESS` and `SLIPWAY_DRAIN_WAIT`" + `: the drained host's name, the address that Slipway reaches it at, and how
many seconds open requests may take to end.

` + "`stop:` and `log:`" + ` are for recipes that start a program, used in ` + "`restart`" + `. ` + "`stop`" + ` ends the program: it is run where a first deployment
failed and there is no release to go back to, before ` + "`current`" + ` is removed. ` + "`log`" + ` prints the end of the program's own log: it is read, for at most
10 seconds, where the restart or a check fails, and its last lines are shown with the failure. Both see what ` + "`run`" + ` sees, may run when nothing
runs any more, and run a second time without harm.

` + "`phase:`" + ` says where a recipe may stand, one or a list of ` + "`prepare`, `migrate`, `ensure`, `drain`, `restart`, `finish` and `on_failure`" + `. Elsewhere it is an error at the line of
its ` + "`uses`" + `. Without it a recipe may stand anywhere.

` + "`tools:`" + ` are the programs that the recipe needs on the host, like ` + "`[supervisorctl, \"${python}\"]`; `${python}`" + ` is what that parameter names. A deployment is refused, and doctor says so,
where one is missing on a host that runs the step. What lies in the release is not looked for, as a step before makes it, nor what only a secret names.

` + "`produces:`" + ` are files and folders that the recipe makes in the release, like ` + "`[\"${folders}\"]`" + `: a step of ` + "`prepare` with `once: true`" + ` brings them to the other hosts, unless it has a ` + "`produces`" + ` of its own.

` + "`preview:`" + ` tells [plan](plan.md#pending-migrations) what ` + "`run`" + ` would do, by a line ` + "`slipway-note: pending shop.0042`" + `. It has the same parameters, variables and secrets, and runs for at
most 30 seconds on the first host of the step, in the release that is live: the new one is not on any host yet, and ` + "`$SLIPWAY_RELEASE_PATH`" + ` is ` + "`current`" + `. On its
standard input are the paths of the new release's files, a line each. Whenever somebody asks what would happen it runs, without a lock: it must change nothing.

**From the runner.** A recipe with ` + "`request:` in the place of `run:`" + ` sends HTTP requests from the machine that Slipway runs on, once, and runs nothing there: what a
pull request brings cannot run on the runner, and no curl is needed. It is for steps of ` + "`finish` and `on_failure` with `from: runner`" + `:

` + "```yaml\nname: Open a ticket\ndescription: Notes the release in the ticket system.\nparams:\n  project: {description: The project., required: true}\n  labels: {type: list, description: Labels of the ticket.}\n" +
	"  token: {description: A secret., required: true}\nrequest:\n  method: POST\n  url: https://tickets.example.com/projects/${project}/tickets\n  headers: [\"Authorization: Bearer ${token}\"]\n" +
	"  body: {title: \"${SLIPWAY_RELEASE} is live\", labels: \"${labels}\"}\n  status: [200, 201]\n```" + `

` + "`${name}`" + ` in lower case is a parameter, ` + "`${NAME}`" + ` a variable or a declared secret; a secret that a step names is masked in all output and stands in no journal and no plan. Each value is escaped as its
place wants: in the path and the query of ` + "`url`" + `, in JSON, in a body of the type application/x-www-form-urlencoded; a header takes no line break. A ` + "`body`" + ` that is a map or a list is sent as JSON. There a
parameter that stands alone keeps its type (a list, a number, true or false), and an entry whose parameter was given nothing is left out. ` + "`request:`" + ` may be a list, sent in order; ` + "`if:` and `unless:`" + ` name
parameters with, or without, whose value a request is sent; a boolean that is false has none. All but the last must be idempotent, as they are sent again when a later one fails.

` + "`url`" + ` begins with https://. Where http:// is written out, or the address is of this machine, that is taken, too. Any status from 200 to 299 is a success unless ` + "`status:`" + ` says otherwise. A redirect is the answer, and is not
followed: no secret goes to a host that nobody named. One try takes at most 30 seconds (` + "`timeout`" + `), and there are 3 (` + "`retries: 2`" + `): after the status 408, 429 and 503, with which the server says
that it did nothing, where nothing reached the server, and else (no answer, 500, 502, 504: it may have acted) only where the request is idempotent: GET, HEAD, PUT and DELETE are, and what ` + "`idempotent: true`" + ` says so of. ` + "`Retry-After`" + ` is kept to up to a minute.

A failure of such a step is a warning, and the deployment stands; with ` + "`required: true`" + ` it ends the run with exit 7. That it was sent, and how that ended, is written in the journal of the first host that takes it. So
a re-run does not send again what went well. What nobody saw end, it sends again only where that is idempotent, and else warns: ` + "`slipway resolve`" + ` says what came of it.

Such a step sees the variables of the file and of the environment, none of a host's, and of Slipway's own %s; ` + "`SLIPWAY_STARTED_AT` and `SLIPWAY_SENT_AT`" + ` are seconds since 1970. In ` + "`on_failure` it sees `SLIPWAY_FAILED_PHASE`, `SLIPWAY_FAILED_STEP` and `SLIPWAY_FAILED_HOST`" + `, too.

` + "`example:`" + ` is a piece of a deploy file that uses the recipe, for people.

A line ` + "`slipway-note: <a few words>`" + ` of any step is shown beside its result. In ` + "`migrate`" + ` two notes mean more:
` + "`slipway-note: 2 applied: shop.0042, shop.0043`" + ` names what stays if the release is unwound, and
` + "`slipway-note: nothing to apply`" + ` says that nothing does.

`
