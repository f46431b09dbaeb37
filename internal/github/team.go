package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/slipway/slipway/internal/deploy"
)

// InTeam reports whether a user is a member of a team of an organisation, of one of its child teams, too. An invitation that was not
// accepted is no membership. A team that the token may not see has no members for it.
func (c *Client) InTeam(ctx context.Context, organisation, team, user string) (bool, error) {
	membership, response, err := c.api.Teams.GetTeamMembershipBySlug(ctx, url.PathEscape(organisation), url.PathEscape(team), url.PathEscape(user))
	switch {
	case err == nil:
		return membership.GetState() == "active", nil
	case ctx.Err() == nil && response != nil && response.StatusCode == http.StatusNotFound:
		return false, nil
	}
	err = c.explain(ctx, response, err, fmt.Sprintf("ask who is in %s/%s", organisation, team), "")
	var failure *deploy.Error
	if errors.As(err, &failure) && response != nil && (response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusUnauthorized) {
		failure.Hint = "`policy_token` must be valid and may read the members of " + organisation + ": the scope read:org of a classic token, `Members: read` of a fine-grained one or of an app; the job's own token cannot have that"
	}
	return false, err
}
