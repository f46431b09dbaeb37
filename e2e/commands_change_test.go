//go:build e2e

package e2e

import (
	"context"
	"strings"
	"testing"
)

// promote brings to production what staging runs: not before it was there as long as `soak` says, nor with a key that staging does not know.
func (c *Commands) promote(ctx context.Context, t *testing.T) {
	if c.all {
		says(t, c.typed(ctx, t, 1, "promote", "-e", "production", "--from_ssh_key", "@/keys/staging"), `staging\s+runs\s+no\s+release`)
	}
	c.use(ctx, t, 0, "deploy", "environment", "staging", "ssh_key", c.staging)
	says(t, c.typed(ctx, t, 10, "plan", "-e", "production", "--from_ssh_key", "@/keys/staging", "promote"),
		`^promote static-site -> production   nothing -> `+c.commits[1][:7]+`   3 hosts$`, `^  migrate   Count +web1$`)
	outcome := c.use(ctx, t, 1, "promote", "environment", "strict", "from_ssh_key", c.staging)
	says(t, outcome.Raw, `been\s+live\s+in\s+staging\s+for`, `wait\s+for\s+another`, `^FAILED in preflight`)
	says(t, outcome.Summary, `^## ❌ Not deployed: .*\. Nothing was changed in strict$`)
	outcome = c.use(ctx, t, 1, "promote")
	says(t, outcome.Raw, `^Slipway \S+  static-site -> production$`, `stage1.*refuses\s+the\s+key`, `from_ssh_key`, `^FAILED in preflight`)
	if live := c.On(ctx, t, "web1", "ls -A /srv/www"); live != "" {
		t.Errorf("what was refused left on web1: %s", live)
	}

	outcome = c.use(ctx, t, 0, "promote", "from_ssh_key", c.staging)
	says(t, outcome.Raw, `promoted\s+from\s+staging`, `commit `+c.commits[1][:7], `^ACTIVATED on 3 of 3 hosts`)
	says(t, outcome.Summary, `^## ✅ production runs `+c.commits[1][:7])
	c.serves(ctx, t, 1)
}

// limit splits the fleet, status says so, and a deployment to all makes it one again.
func (c *Commands) limit(ctx context.Context, t *testing.T) {
	c.next(ctx, t)
	c.use(ctx, t, 0, "deploy")
	c.serves(ctx, t, 2)
	c.next(ctx, t)
	outcome := c.use(ctx, t, 0, "deploy", "limit", "web1, files")
	says(t, outcome.Raw, `leaves out 1 of 3 hosts, web2`, `^ACTIVATED on 2 of 3 hosts \(limit\)`)
	says(t, outcome.Summary, `^## ⚠️ .* 2 of 3 hosts \(limit\)`)
	c.servesOn(ctx, t, 3, "web1", "files1")
	c.servesOn(ctx, t, 2, "web2")

	says(t, c.typed(ctx, t, 10, "status", "-e", "production"), `^web2 .* SPLIT$`, `slipway join -e production`, `^SPLIT: 1 of 3 hosts .*\(exit 10\)$`)
	outcome = c.use(ctx, t, 0, "status")
	annotated(t, outcome, "warning", "web2 is split (production)")
	if o := outcome.Outputs; o["outcome"] != "split" || o["exit_code"] != "10" {
		t.Errorf("outputs: %v", o)
	}
	if c.all {
		says(t, c.typed(ctx, t, 2, "deploy", "-e", "production", "--limit", "web2"), `runs on web1, which .limit. leaves out`)
		says(t, c.typed(ctx, t, 2, "status", "-e", "production", "--limit", "web9"), `web9`)
	}
	says(t, c.typed(ctx, t, 0, "deploy", "-e", "production", "--revision", c.commits[3]), `^ACTIVATED on 3 of 3 hosts`)
	c.serves(ctx, t, 3)
}

// rollback goes to the release before, which web2 never had: it is brought there; then to a commit.
func (c *Commands) rollback(ctx context.Context, t *testing.T) {
	says(t, c.typed(ctx, t, 10, "plan", "-e", "production", "rollback"),
		`^rollback static-site -> production .* -> `+c.commits[3][:7]+`   3 hosts$`, `^  send      .* to web2$`, `^  prepare   Note +web2$`, `^  activate  1 web1 web2 files1$`)
	outcome := c.use(ctx, t, 0, "rollback")
	says(t, outcome.Raw, `web2\s+lacks`, `^    web2 +\| noted on web2$`, `^ACTIVATED on 3 of 3 hosts`)
	says(t, outcome.Summary, `^## ✅ production is back on `+c.commits[3][:7])
	c.serves(ctx, t, 3)

	says(t, c.typed(ctx, t, 0, "rollback", "-e", "production", "--to", c.commits[1]), `^ACTIVATED on 3 of 3 hosts`)
	c.serves(ctx, t, 1)
	says(t, c.typed(ctx, t, 1, "rollback", "-e", "production", "--to", "deadbeef"), `no\s+release\s+"deadbeef"`)
}

// hold keeps deployments out and commands in.
func (c *Commands) hold(ctx context.Context, t *testing.T) {
	c.typed(ctx, t, 0, "hold", "-e", "production", "--reason", "moving the database")
	c.next(ctx, t)
	outcome := c.use(ctx, t, 5, "deploy")
	says(t, outcome.Raw, `moving the database`, `unhold`)
	says(t, c.typed(ctx, t, 1, "plan", "-e", "production"), `^  REFUSED .*moving\s+the\s+database`)
	says(t, c.typed(ctx, t, 0, "status", "-e", "production"), `^hold   web1 web2 files1: for \S+, by ben: moving the database$`)
	if c.all {
		says(t, c.typed(ctx, t, 5, "prune", "-e", "production"), `moving the database`)
		says(t, c.typed(ctx, t, 0, "exec", "-e", "production", "--", "true"), `the\s+command\s+runs\s+all\s+the\s+same`)
	}
	says(t, c.use(ctx, t, 0, "unhold").Raw, `^no hold any more: web1 web2 files1$`)
	c.serves(ctx, t, 1)
}

// exec runs on the hosts of a role; where it fails on one, the others go on.
func (c *Commands) exec(ctx context.Context, t *testing.T) {
	outcome := c.use(ctx, t, 0, "exec", "run", `echo "$SLIPWAY_HOST has $(cat release.txt)"`, "role", "files")
	says(t, outcome.Raw, `^    files1 +\| files1 has \d+-\d+-`+c.commits[1][:7], `^DONE: exec on 1 host`)
	says(t, outcome.Summary, `^## ✅ production: exec on 1 host`)
	if strings.Contains(outcome.Raw, "web1 has") {
		t.Error("it ran on hosts of another role, too")
	}
	says(t, c.typed(ctx, t, 1, "exec", "-e", "production", "--", `echo on $SLIPWAY_HOST; [ "$SLIPWAY_HOST" != web2 ]`),
		`^    files1 +\| on files1$`, `^NOT DONE in exec\. It failed on web2 of 3 hosts\.`)
	if c.all {
		says(t, c.typed(ctx, t, 2, "exec", "-e", "production", "--host", "web9", "--", "true"), `no host is named .web9.`)
		says(t, c.typed(ctx, t, 0, "exec", "-e", "production", "--host", "web1", "--", "printf", "%s|", "a  b", "$HOME"), `\| a  b\|\$HOME\|`)
	}
}

// refusedRight deploys where sudo refuses one host its restart, and then the restart of the release that it is to go back to. The log has
// sudo's own words and the rule that is missing. The next deployment mends what that left.
func (c *Commands) refusedRight(ctx context.Context, t *testing.T) {
	c.right(ctx, t, "web2", "nginx -s stop")
	outcome := c.use(ctx, t, 4, "deploy")
	says(t, outcome.Raw, `^    web2 +\| sudo: a password is required`, `^A PERSON IS NEEDED`)
	says(t, outcome.Summary, `^## 🚨 `)
	says(t, c.typed(ctx, t, 10, "status", "-e", "production"), `^web2 .* HALF DONE$`)
	c.right(ctx, t, "web2", "nginx -s reload")
}

// prune leaves what is live and the way back.
func (c *Commands) prune(ctx context.Context, t *testing.T) {
	c.next(ctx, t)
	c.use(ctx, t, 0, "deploy")
	c.serves(ctx, t, c.version)
	says(t, c.typed(ctx, t, 0, "prune", "-e", "production", "--keep", "1"), `removed \d+-\d+-`+c.commits[2][:7], `^finish +ok +prune +web1 \S+ \(\d+ releases?, `,
		`^DONE: prune on 3 hosts`)
	outcome := c.use(ctx, t, 0, "prune", "keep_releases", "1")
	says(t, outcome.Raw, `^finish +ok +prune +web1 \S+ \(nothing\)`)
	says(t, outcome.Summary, `^## ✅ production: prune on 3 hosts`)
	c.serves(ctx, t, c.version)
	says(t, c.typed(ctx, t, 1, "rollback", "-e", "production", "--to", c.commits[2]), `no\s+release|is\s+no\s+way\s+back`)
	if c.all {
		c.use(ctx, t, 0, "rollback")
		c.serves(ctx, t, 1)
	}
}
