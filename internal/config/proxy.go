package config

import (
	"path"
	"strings"

	"github.com/slipway/slipway/internal/config/proxycommand"
	"github.com/slipway/slipway/internal/deploy"
)

// atProxyCommand is where the input stands.
var atProxyCommand = deploy.InInput("proxy_command", 0, 0)

// proxies gives hosts the program that is the connection to them: that of the input proxy_command, else that of ssh_config where no
// input says another way. The deploy file has no key for it: what stands there comes with a pull request, and the program runs where
// the secrets are.
func (l *loader) proxies(c *Config) {
	command, ok := l.proxyCommand(l.in.ProxyCommand, atProxyCommand, "")
	input := strings.TrimSpace(l.in.ProxyCommand) != ""
	jumps := strings.TrimSpace(l.in.Jump) != ""
	if input && jumps && !command.None() {
		l.problem(atProxyCommand, "keep one of the two: a program can go through bastions itself", "`proxy_command` and `jump` stand side by side")
		return
	}
	if !ok || jumps {
		return
	}
	judged := map[string]bool{}
	for _, hosts := range [][]deploy.Host{c.Hosts, c.Unlimited} {
		for i := range hosts {
			own, at := command, atProxyCommand
			if !input {
				at = atSSHConfig
				if own, ok = l.proxyCommand(l.ssh.of[hosts[i].Address].ProxyCommand, at, " of `"+hosts[i].Name+"`"); !ok {
					return
				}
			}
			if own.None() {
				continue
			}
			words, err := own.For(hosts[i].Address)
			if err != nil {
				l.problem(at, "", "the program for `%s`: %s", hosts[i].Name, err)
				continue
			}
			if hosts[i].Proxy = words; !judged[own.Program()] {
				judged[own.Program()] = true
				l.proxyProgram(c, own.Program(), at)
			}
		}
	}
}

// proxyCommand reads a command line.
func (l *loader) proxyCommand(text string, at deploy.Position, of string) (command proxycommand.Command, ok bool) {
	command, err := proxycommand.Parse(text)
	if err != nil {
		l.problem(at, "a program and its arguments, as in `ssh -W %h:%p bastion`", "the command line%s: %s", of, err)
	}
	return command, err == nil
}

// proxyProgram judges whether the program may and can run here. What comes with a pull request never runs beside the secrets of the
// branch that it is for.
func (l *loader) proxyProgram(c *Config, program string, at deploy.Position) {
	inCheckout := strings.Contains(program, "/") && (!path.IsAbs(program) || l.env.Inside(program) != program)
	switch {
	case l.env.Exposed != "" && l.remote():
		l.problem(at, "run it on a push, or by hand", "%s may start no program beside the hosts' key", l.env.Exposed)
		return
	case l.env.Policy != nil && inCheckout:
		l.problem(at, "a program of the runner, by its name or its absolute path", "`%s` lies in the checkout, and `policy_from` says that a branch must not bring what runs beside the hosts' key", program)
		return
	case l.env.Policy != nil && at == atSSHConfig && l.ssh.inCheckout:
		l.problem(at, "give the text of `ssh_config`, or set the input `proxy_command`", "`ssh_config` lies in the checkout and names a program, and `policy_from` says that a branch must not bring what runs beside the hosts' key")
		return
	}
	if l.env.LookPath == nil {
		return
	}
	err := l.env.LookPath(program)
	if err == nil {
		return
	}
	absent := deploy.Problem{
		At: at, Message: "the program `" + program + "` is not here: " + err.Error(),
		Hint: "a step before installs it on the runner; a container action sees no program of the runner's: run Slipway there as well, by the set-up action (docs/networks.md)",
	}
	if l.remote() {
		l.problems = append(l.problems, absent)
	} else {
		c.Remarks = append(c.Remarks, absent)
	}
}
