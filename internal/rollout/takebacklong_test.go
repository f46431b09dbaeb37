//go:build long

package rollout_test

import (
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// What is left on is not taken back without a secret that its script sees: the page of a deploy file that knew it stays.
func TestTakeBackWithoutItsSecret(t *testing.T) {
	t.Parallel()
	f := newBalanced(t, 2)
	page := script(deploy.Ensure, "Page", `echo "page on" >> "$BOOK"`)
	page.Undo, page.Secrets = `echo "page off $TOKEN" >> "$BOOK"`, []string{"TOKEN"}
	f.cfg.Secrets = map[string]secret.Secret{"TOKEN": secret.New("t0ken")}
	f.cfg.Ensure = number(page)
	f.cfg.Migrate = number(script(deploy.Migrate, "Migrate", `echo "migrating" >> "$BOOK"; sleep 30`))
	f.killed(good, "migrating")
	f.book()
	f.cfg.Migrate, f.cfg.Ensure, f.cfg.Secrets = nil, nil, nil
	refused, _ := f.deploy(t.Context(), good)
	wantEnd(t, refused, deploy.ExitPerson, deploy.OutcomePerson)
	if text := deploy.Errors(refused.Errors).Error(); strings.Contains(f.book(), "page off") || !strings.Contains(text, "without the secret `TOKEN`") {
		t.Error(text)
	}
	f.cfg.Secrets = map[string]secret.Secret{"TOKEN": secret.New("t0ken")}
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if got := f.book(); !strings.HasPrefix(got, "page off t0ken") {
		t.Error(got)
	}
}
