package config

import (
	"io/fs"
	"path"
	"slices"
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
	judged, words := map[string]bool{}, map[string]bool{}
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
			var err error
			if hosts[i].Proxy, err = own.For(hosts[i].Address); err != nil {
				l.problem(at, "", "the program for `%s`: %s", hosts[i].Name, err)
				continue
			}
			if !judged[own.Program()] {
				judged[own.Program()] = true
				l.proxyProgram(c, own.Program(), at)
			}
			for _, word := range own.Arguments() {
				if !words[word] {
					words[word] = true
					l.proxyArgument(word, at)
				}
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
	switch {
	case l.env.Exposed != "" && l.remote():
		l.problem(at, "run it on a push, or by hand", "%s may start no program beside the hosts' key", l.env.Exposed)
		return
	case l.env.Policy != nil && l.inCheckout(program):
		l.problem(at, "a program of the runner, by its name or its absolute path", besideKey, program)
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

// besideKey is why what a branch brings is not started.
const besideKey = "`%s` lies in the checkout, and `policy_from` says that a branch must not bring what runs beside the hosts' key"

// proxyArgument judges whether an argument leads the program into the checkout, as that of a shell to a script does. A name alone
// is one where a file is called so; a folder may be called like a program's subcommand, and counts where it is written as a path.
func (l *loader) proxyArgument(word string, at deploy.Position) {
	if l.env.Policy == nil {
		return
	}
	inside := func(part string) bool { return l.inCheckout(part) || l.isFile(part) }
	parts := argumentParts(word)
	switch i := slices.IndexFunc(parts, inside); {
	case i >= 0:
		word = parts[i]
	case !l.isFile(word): // a file's name may have in it what stands between paths
		return
	}
	l.problem(at, "give a path of the runner's own in full, from `/` on", besideKey, word)
}

// argumentParts are what may be paths in an argument: behind a flag's name, in a list, in a script for `sh -c`.
func argumentParts(word string) (parts []string) {
	for _, part := range strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"'`;|&()<>{}$=:,", r) }) {
		if len(part) > 2 && part[0] == '-' && part[1] != '-' {
			part = part[2:] // -F./config
		}
		parts = append(parts, part)
	}
	return parts
}

// inCheckout reports whether a path lies in the working directory, by how it is written.
func (l *loader) inCheckout(name string) bool {
	return strings.Contains(name, "/") && !strings.HasPrefix(name, "~") && (!path.IsAbs(name) || l.env.Inside(name) != name)
}

// isFile reports whether the working directory has a file of that name.
func (l *loader) isFile(name string) bool {
	if name = path.Clean(name); !fs.ValidPath(name) {
		return false
	}
	info, err := fs.Stat(l.files, name)
	return err == nil && !info.IsDir()
}
