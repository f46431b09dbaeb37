package activation

import (
	"fmt"

	"al.essio.dev/pkg/shellescape"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// ByHand is what a person types to bring a host back that Slipway could not. What stands between backticks is one line to
// be copied.
func ByHand(h deploy.Host, to plan.Link) string {
	back := "rm current"
	if !to.None() {
		back = fmt.Sprintf("ln -sfn %s .slipway/back && mv -fT .slipway/back current", shellescape.Quote(to.Target))
	}
	command := fmt.Sprintf("cd %s && %s", shellescape.Quote(h.DeployPath), back)
	return fmt.Sprintf("by hand: `%s %s`, then restart and check it", SSHTo(h), shellescape.Quote(command))
}

// SSHTo is what a person types to log in to a host.
func SSHTo(h deploy.Host) string {
	port := ""
	if h.Address.Port != 22 {
		port = fmt.Sprintf("-p %d ", h.Address.Port)
	}
	return fmt.Sprintf("ssh %s%s@%s", port, h.Address.User, h.Address.Host)
}
