package ci

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/sethvargo/go-githubactions"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// actions is the log of GitHub, Gitea and Forgejo: standard output, in which the runner reads workflow commands.
//
// The escaping of commands is go-githubactions'. What hosts print is written by Remote only: cleaned, and fenced, so that the
// runner obeys no command until the next call of another method lifts the fence.
type actions struct {
	mu     sync.Mutex
	latch  latch // go-githubactions panics on an error of a write
	action *githubactions.Action
	given  map[deploy.Level]int // annotations
	fence  string               // the token that makes the runner obey again; "" when it obeys
}

// maxAnnotations is how many annotations of a level a step may have: GitHub shows ten, and the runner adds one of its own
// when the step fails.
const maxAnnotations = 9

// maxMessage is how many characters of an annotation GitHub keeps.
const maxMessage = 4096

// NewActions makes a log of workflow commands. getenv is asked for nothing but what the runner sets.
func NewActions(w io.Writer, getenv func(string) string) Log {
	c := &actions{latch: latch{w: w}, given: map[deploy.Level]int{}}
	c.action = githubactions.New(githubactions.WithWriter(&c.latch), githubactions.WithGetenv(getenv))
	return c
}

// Mask hands over a secret in the forms of secret.Masks.
func (c *actions) Mask(s secret.Secret) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	for _, mask := range secret.Masks(s) {
		c.action.AddMask(mask)
	}
}

func (c *actions) Group(title string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	c.action.Group(Clean(title))
}

func (c *actions) EndGroup() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	c.action.EndGroup()
}

func (c *actions) Annotate(list ...Annotation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	left := map[deploy.Level]int{}
	for _, a := range list {
		left[a.Level]++
	}
	for _, a := range list {
		left[a.Level]--
		if c.given[a.Level]++; c.given[a.Level] > maxAnnotations {
			continue
		}
		if c.given[a.Level] == maxAnnotations && left[a.Level] > 0 {
			more := fmt.Sprintf("\nand %d more, see the log", left[a.Level])
			a.Message = clip(CleanText(a.Message), maxMessage-len(more)-len(a.At.String())) + more
		}
		c.annotate(a)
	}
}

// annotate issues the command. A position that is no file's line, like an input's, goes into the message.
func (c *actions) annotate(a Annotation) {
	properties := githubactions.CommandProperties{}
	message := a.Message
	if a.At.Line > 0 && !a.At.IsInput() {
		properties["file"] = Clean(a.At.File)
		properties["line"] = strconv.Itoa(a.At.Line)
		if a.At.Column > 0 {
			properties["col"] = strconv.Itoa(a.At.Column)
		}
	} else if !a.At.IsZero() {
		message = a.At.String() + ": " + message
	}
	if a.Title != "" {
		properties["title"] = Clean(a.Title)
	}
	c.action.IssueCommand(&githubactions.Command{
		Name: string(a.Level), Message: clip(CleanText(message), maxMessage), Properties: properties,
	})
}

func (c *actions) Print(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	c.write(line)
}

func (c *actions) Remote(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raise()
	c.write(line)
}

// Close lifts the fence, so that the runner obeys whoever comes next.
func (c *actions) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lift()
	if c.latch.err != nil {
		return fmt.Errorf("write the log: %w", c.latch.err)
	}
	return nil
}

// raise makes the runner obey no command, lift makes it obey again.
func (c *actions) raise() {
	if c.fence == "" {
		c.fence = randomToken()
		c.action.IssueCommand(&githubactions.Command{Name: "stop-commands", Message: c.fence})
	}
}

func (c *actions) lift() {
	if c.fence != "" {
		c.action.IssueCommand(&githubactions.Command{Name: c.fence})
		c.fence = ""
	}
}

func (c *actions) write(line string) { _, _ = io.WriteString(&c.latch, guard(Clean(line))+"\n") }

// randomToken has 128 bits and more, in characters that need no escaping.
func randomToken() string { return rand.Text() }

func github() platform {
	return platform{
		name: "github",
		here: func(getenv func(string) string) bool { return getenv("GITHUB_ACTIONS") == "true" },
		run:  func(getenv func(string) string) Run { return actionsRun("github", getenv) },
		log:  NewActions,
	}
}

func gitea() platform {
	return platform{
		name: "gitea",
		here: func(getenv func(string) string) bool {
			return getenv("GITEA_ACTIONS") == "true" || getenv("FORGEJO_ACTIONS") == "true"
		},
		run: func(getenv func(string) string) Run { return actionsRun("gitea", getenv) },
		log: NewActions,
	}
}

// actionsRun is the run of a runner that sets GitHub's variables.
func actionsRun(platform string, getenv func(string) string) Run {
	run := Run{
		Platform:        platform,
		Server:          getenv("GITHUB_SERVER_URL"),
		Repository:      getenv("GITHUB_REPOSITORY"),
		RepositoryID:    getenv("GITHUB_REPOSITORY_ID"),
		RunID:           getenv("GITHUB_RUN_ID"),
		RunNumber:       getenv("GITHUB_RUN_NUMBER"),
		Attempt:         attempt(getenv("GITHUB_RUN_ATTEMPT")),
		Job:             getenv("GITHUB_JOB"),
		Step:            getenv("GITHUB_ACTION"),
		Actor:           getenv("GITHUB_ACTOR"),
		TriggeringActor: cmp.Or(getenv("GITHUB_TRIGGERING_ACTOR"), getenv("GITHUB_ACTOR")),
		Ref:             getenv("GITHUB_REF"),
		SHA:             getenv("GITHUB_SHA"),
		Event:           getenv("GITHUB_EVENT_NAME"),
		Workspace:       getenv("GITHUB_WORKSPACE"),
	}
	run.Again, run.Post = "Re-run", true
	run.Dispatched = run.Event == "workflow_dispatch"
	run.Proposed = strings.HasPrefix(run.Event, "pull_request")
	switch run.Event {
	case "pull_request_target":
		run.Exposed = "a run of pull_request_target"
	case "workflow_run":
		run.follows(getenv)
	}
	switch {
	case run.Server == "" || run.Repository == "":
	case platform == "gitea": // its run pages go by number
		run.URL = run.Server + "/" + run.Repository + "/actions/runs/" + cmp.Or(run.RunNumber, run.RunID)
	default:
		run.URL = run.Server + "/" + run.Repository + "/actions/runs/" + run.RunID
	}
	if platform == "github" { // Gitea shows the summary from 1.27 on, Forgejo does not, and neither says so to its runs
		run.API, run.Summary, run.Again = getenv("GITHUB_API_URL"), true, "Re-run failed jobs"
		run.Attempt = max(1, run.Attempt)
	}
	return run
}
