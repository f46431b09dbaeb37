package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	api "github.com/google/go-github/v93/github"

	"github.com/slipway/slipway/internal/deploy"
)

// Comment is what a run has to say on a pull request, in one comment that each run of its kind takes over from the one before.
type Comment struct {
	Pull int
	Mark string // tells it from comments of another kind: letters, digits and hyphens; it is not seen
	Run  int64  // what a later run has said stays
	Text string // Markdown, at most MaxComment bytes
}

// MaxComment is how long the text of a comment may be, in bytes. GitHub takes 65,536 characters, which are as many bytes at least.
const MaxComment = 65_536 - 256

// Comment says it on the pull request, and gives the comment's address. Of several comments that runs made at the same time the
// oldest stays, with what the latest run said, and the others are deleted: whoever sees several does the same. Only comments of the
// token's own user count. Two runs that write to one comment in the same moment are not told apart, for the API has no condition
// for a write: then the earlier run's text may stay until the next run.
func (c *Client) Comment(ctx context.Context, s Comment) (string, error) {
	user, err := c.user(ctx)
	if err != nil {
		return "", err
	}
	own, err := c.comments(ctx, s, user)
	if err != nil {
		return "", err
	}
	if len(own) == 0 {
		made, response, err := c.api.Issues.CreateComment(ctx, c.owner, c.name, s.Pull, api.IssueCommentRequest{Body: s.body()})
		if err != nil {
			return "", c.unsaid(ctx, response, err, s, "comment on")
		}
		if own, err = c.comments(ctx, s, user); err != nil || len(own) == 0 {
			return made.GetHTMLURL(), err
		}
	}
	latest := said{run: s.Run, body: s.body()}
	for _, o := range own {
		if o.run > latest.run {
			latest = o
		}
	}
	if own[0].body != latest.body {
		_, response, err := c.api.Issues.UpdateComment(ctx, c.owner, c.name, own[0].id, api.IssueCommentRequest{Body: latest.body})
		if err != nil {
			return "", c.unsaid(ctx, response, err, s, "change the comment on")
		}
	}
	for _, double := range own[1:] {
		response, err := c.api.Issues.DeleteComment(ctx, c.owner, c.name, double.id)
		if err != nil && (response == nil || response.StatusCode != http.StatusNotFound) { // another run deleted it
			return "", c.unsaid(ctx, response, err, s, "delete a double of the comment on")
		}
	}
	return own[0].url, nil
}

func (c *Client) unsaid(ctx context.Context, response *api.Response, err error, s Comment, what string) error {
	return c.explain(ctx, response, err, fmt.Sprintf("%s pull request %d", what, s.Pull), "pull-requests: write")
}

// mark begins the body of a comment, in an HTML comment that GitHub does not show.
func (s Comment) mark() string { return "<!-- slipway " + s.Mark + " run " }

func (s Comment) body() string { return s.mark() + strconv.FormatInt(s.Run, 10) + " -->\n" + s.Text }

// said is a comment that is there.
type said struct {
	id, run   int64
	url, body string
}

// comments are those of the token's user that have the mark, the oldest first.
func (c *Client) comments(ctx context.Context, s Comment, user string) (own []said, err error) {
	err = pages(func(page api.ListOptions) (*api.Response, error) {
		list, response, err := c.api.Issues.ListComments(ctx, c.owner, c.name, s.Pull, &api.IssueListCommentsOptions{ListOptions: page})
		if err != nil {
			return nil, c.unsaid(ctx, response, err, s, "list the comments of")
		}
		for _, one := range list {
			rest, marked := strings.CutPrefix(one.GetBody(), s.mark())
			if !marked || !isUser(one.GetUser(), user) {
				continue
			}
			digits, _, _ := strings.Cut(rest, " ")
			run, _ := strconv.ParseInt(digits, 10, 64)
			own = append(own, said{id: one.GetID(), run: run, url: one.GetHTMLURL(), body: one.GetBody()})
		}
		return response, nil
	})
	slices.SortFunc(own, func(a, b said) int { return cmp.Compare(a.id, b.id) })
	return own, err
}

// isUser reports whether a user of the REST API is the one that has a login in GraphQL, where a bot may stand without its suffix.
func isUser(u *api.User, login string) bool {
	const suffix = "[bot]"
	if u.GetType() == "Bot" {
		return login != "" && strings.TrimSuffix(u.GetLogin(), suffix) == strings.TrimSuffix(login, suffix)
	}
	return u.GetLogin() == login
}

// user is the login of the token's own user. It is asked for once.
func (c *Client) user(ctx context.Context) (string, error) {
	c.whose.Lock()
	defer c.whose.Unlock()
	if c.login != "" {
		return c.login, nil
	}
	var err error
	c.login, err = c.viewer(ctx)
	return c.login, err
}

// viewer is that login by GraphQL: the REST API does not tell it to the token of a job, which is a bot's.
func (c *Client) viewer(ctx context.Context) (string, error) {
	const op = "ask whose the token is"
	request, err := c.api.NewRequest(ctx, http.MethodPost, c.graphQL(), map[string]string{"query": "query { viewer { login } }"})
	if err != nil {
		return "", c.explain(ctx, nil, err, op, "pull-requests: write")
	}
	var answer struct {
		Data struct {
			Viewer struct{ Login string }
		}
		Errors []struct{ Message string }
	}
	response, err := c.api.Do(request, &answer)
	switch {
	case err != nil:
		return "", c.explain(ctx, response, err, op, "pull-requests: write")
	case answer.Data.Viewer.Login != "":
		return answer.Data.Viewer.Login, nil
	}
	err = errors.New("the answer names no user")
	if len(answer.Errors) > 0 {
		err = fmt.Errorf("%.200s", answer.Errors[0].Message)
	}
	return "", &deploy.Error{Op: op, Cause: fmt.Errorf("GitHub: %s: %w", op, err), Hint: "is `github_token` the job's own?"}
}

// graphQL is the address of the GraphQL API: beside the REST API on github.com, beside its versions on GitHub Enterprise Server.
func (c *Client) graphQL() string { return strings.TrimSuffix(c.base, "v3/") + "graphql" }
