package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
)

// commentTime is how long a comment may take.
const commentTime = 30 * time.Second

// comment shows a text on the pull request of the run, where that is asked for. The plan does not depend on it: what keeps the
// comment from there is said, and ends nothing.
func (c *planCmd) comment(ctx context.Context, s *console, text func() (string, error)) {
	if !c.Comment {
		return
	}
	if s.run.Event != "pull_request" || s.run.API == "" {
		s.say("comment    none: it is for runs of GitHub's event pull_request")
		return
	}
	pull, err := s.options.Files.Pull()
	if err == nil {
		var address string
		if address, err = c.commentOn(ctx, s, pull, text); err == nil {
			s.say("comment    %s", address)
			return
		}
	}
	var failure *deploy.Error
	hint := ""
	if errors.As(err, &failure) {
		err, hint = failure.Cause, failure.Hint
	}
	if pull.Fork || s.run.Actor == "dependabot[bot]" {
		s.say("comment    none, as in pull requests of forks and of Dependabot, whose token may only read: %v", err)
		return
	}
	warning := deploy.Joined("\n", fmt.Sprintf("no comment on the pull request: %v", err), hint)
	s.options.Log.Annotate(ci.Annotation{Level: deploy.LevelWarning, Message: s.options.Redactor.String(ci.CleanText(warning))})
	s.say("comment    none: %v", err)
	if hint != "" {
		s.say("  hint     %s", hint)
	}
}

// commentOn writes the comment, and gives its address.
func (c *planCmd) commentOn(ctx context.Context, s *console, pull ci.Pull, text func() (string, error)) (string, error) {
	client, err := gitHub(s.run, c.Inputs)
	if err != nil {
		return "", err
	}
	run, err := strconv.ParseInt(s.run.RunID, 10, 64)
	if err != nil {
		return "", fmt.Errorf("GITHUB_RUN_ID: %w", err)
	}
	page, err := text()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, commentTime, fmt.Errorf("GitHub did not answer within %s", commentTime))
	defer cancel()
	return client.Comment(ctx, github.Comment{Pull: pull.Number, Mark: "plan-" + c.kind(), Run: run, Text: page})
}

// kind tells the plans apart that have a comment each: of a deploy and of a rollback, of environments and applications. It goes by the
// inputs alone: a deploy file that cannot be read says nothing.
func (c *planCmd) kind() string {
	text, _ := json.Marshal([]string{c.What, c.Config, c.App, c.Environment, c.DeploymentKey}) // strings fit always
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
