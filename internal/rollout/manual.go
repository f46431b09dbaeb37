package rollout

import (
	"fmt"

	"al.essio.dev/pkg/shellescape"

	"slipway/internal/deploy"
	"slipway/internal/plan"
)

// manually is what a person types to bring a host back that Slipway could not. What stands between backticks is one line to
// be copied.
func manually(h deploy.Host, to plan.Link) string {
	ssh := "ssh "
	if h.Address.Port != 22 {
		ssh += fmt.Sprintf("-p %d ", h.Address.Port)
	}
	back := "rm current"
	if !to.None() {
		back = fmt.Sprintf("ln -sfn %s .slipway/back && mv -fT .slipway/back current", shellescape.Quote(to.Target))
	}
	command := fmt.Sprintf("cd %s && %s", shellescape.Quote(h.DeployPath), back)
	return fmt.Sprintf("by hand: `%s%s@%s %s`, then restart and check it", ssh, h.Address.User, h.Address.Host, shellescape.Quote(command))
}
