package ssh

import (
	"errors"
	"fmt"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
)

// unfit is the error of a log-in in which no command begins: a restricted account, a forced command, or a start-up file that
// asks, prints without end, starts another shell or exits.
//
// sshd runs commands with `SHELL -c`, after ~/.ssh/rc (sshd(8)). Which of the files a shell reads then, its manual says:
// bash(1) under INVOCATION, zshall(1) under STARTUP/SHUTDOWN FILES, fish(1), tcsh(1). /etc/profile and ~/.profile are read
// only where one of those sources them.
func (c *Conn) unfit(cause error) error {
	return &deploy.Error{
		Op: "run a command", Host: c.host.Name, Cause: cause,
		Hint: fmt.Sprintf("the user needs an ordinary login shell, no ForceCommand but one that runs what is asked, and start-up files that do not ask, "+
			"print without end, start another shell or exit: look at ~/.bashrc (bash), ~/.zshenv (zsh), ~/.config/fish/config.fish (fish), "+
			"~/.cshrc and ~/.tcshrc (csh, tcsh), ~/.ssh/rc, and what they source, /etc/profile.d for instance. `ssh %s true </dev/null` must end at once",
			sshArguments(c.host.Address)),
	}
}

// sshArguments is how ssh(1) is given an address.
func sshArguments(address deploy.Address) string {
	if address.Port != 22 && address.Port != 0 {
		return fmt.Sprintf("-p %d %s@%s", address.Port, address.User, address.Host)
	}
	return address.User + "@" + address.Host
}

// overstepped is the error of a command over its limit or its time.
func (c *Conn) overstepped(cmd transport.Command, err error) error {
	e := &deploy.Error{Op: cmd.Name, Host: c.host.Name, Cause: err}
	if e.Op == "" {
		e.Op = "run a command"
	}
	if errors.Is(err, transport.ErrSilent) {
		e.Hint = "log in and look what hangs there (`ps -ef`): an overloaded host, a disk or a mount that does not answer, " +
			"a FIFO where a file belongs below the deploy path"
		return e
	}
	e.Hint = "log in and look what floods: a file below the deploy path that is far too large, or a link to a device, or another program's output"
	return e
}
