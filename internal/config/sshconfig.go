package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/config/hostlist"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshconfig"
)

// sshHosts are the hosts as the input ssh_config has them.
type sshHosts struct {
	config *sshconfig.Config // nil: there is none
	of     map[deploy.Address]sshconfig.Host

	inCheckout bool // it is a file of the working directory
}

var atSSHConfig = deploy.InInput("ssh_config", 0, 0)

// readSSHConfig reads the input ssh_config: text, or the path of a file.
func (l *loader) readSSHConfig() {
	given := strings.TrimSpace(l.in.SSHConfig)
	if given == "" {
		return
	}
	text, at := []byte(l.in.SSHConfig), atSSHConfig
	if !strings.ContainsAny(given, " \n=") {
		read, ok := l.readNamed(given, atSSHConfig)
		if !ok {
			return
		}
		text, at = read, deploy.Position{File: given}
	}
	config, err := sshconfig.Parse(text)
	var unread *sshconfig.Error
	if errors.As(err, &unread) {
		at.Line = unread.Line
		l.problem(at, unread.Hint, "%s", unread.Message)
		return
	}
	inside := at.File == given && (!path.IsAbs(given) && !strings.HasPrefix(given, "~") || l.env.Inside(given) != given)
	l.ssh = sshHosts{config: config, of: map[deploy.Address]sshconfig.Host{}, inCheckout: inside}
}

// readNamed reads a file that an input names.
func (l *loader) readNamed(path string, at deploy.Position) (text []byte, ok bool) {
	if l.env.ReadFile == nil {
		l.problem(at, "give the text instead", "`%s` cannot be read here", path)
		return nil, false
	}
	text, err := l.env.ReadFile(path)
	if err != nil {
		l.problem(at, "look whether the path is right; in a container only what lies in the workspace can be read: give the text itself there", "%s", unreadable(path, err))
		return nil, false
	}
	return text, true
}

// unreadable says why a file cannot be read.
func unreadable(path string, err error) string {
	var system *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("there is no file `%s`", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("`%s` is not this user's to read", path)
	case errors.As(err, &system):
		return fmt.Sprintf("`%s` cannot be read: %s", path, system.Err)
	}
	return fmt.Sprintf("`%s` cannot be read: %s", path, err)
}

// address reads an address, and gives the name that was written. Where there is an ssh_config, the name may be an alias of it;
// what stands in the address itself counts.
func (l *loader) address(word string) (address deploy.Address, alias string, err error) {
	if l.ssh.config == nil {
		address, err = hostlist.ParseAddress(word)
		return address, address.Host, err
	}
	whole := word
	if !strings.Contains(word, "@") {
		const anybody = "x@"
		whole = anybody + word
		if rest, isURL := strings.CutPrefix(word, "ssh://"); isURL {
			whole = "ssh://" + anybody + rest
		}
	}
	if address, err = hostlist.ParseAddress(whole); err != nil {
		return address, address.Host, err
	}
	alias = address.Host
	said, err := l.ssh.config.Of(alias)
	if err != nil {
		return address, alias, fmt.Errorf("ssh_config: %w", err)
	}
	if whole != word {
		address.User = said.User
	}
	if said.Port != 0 && !strings.HasSuffix(strings.TrimSuffix(word, "/"), ":"+strconv.Itoa(address.Port)) {
		address.Port = said.Port
	}
	address.Host, address.KeyAlias = cmp.Or(said.HostName, alias), said.HostKeyAlias
	if address.User == "" {
		return address, alias, fmt.Errorf("no user for `%s`: write user@host, or `User` in ssh_config", word)
	}
	l.ssh.of[address] = said
	return address, alias, nil
}

// fromSSHConfig takes the key with its certificate, the host identities and the jump hosts from ssh_config, where no input gives them. Slipway logs
// in with one key, over one way: hosts that differ in them are refused. Without withKey the key is another's to give.
func (l *loader) fromSSHConfig(c *Config, withKey bool) {
	if l.ssh.config == nil {
		return
	}
	if c.Login.Key.IsEmpty() && withKey {
		keys := l.sshSetting(c, "IdentityFile", "ssh_key", func(h sshconfig.Host) []string { return without(h.IdentityFile) })
		for _, path := range keys {
			if text, ok := l.readNamed(path, atSSHConfig); ok {
				c.Login.Key = secret.New(string(text))
			}
		}
		l.certificateFromSSHConfig(c)
	}
	if strings.TrimSpace(l.in.Jump) == "" && strings.TrimSpace(l.in.ProxyCommand) == "" {
		for _, hop := range l.sshSetting(c, "ProxyJump", "jump", func(h sshconfig.Host) []string { return h.ProxyJump }) {
			address, _, err := l.address(hop)
			switch {
			case err != nil:
				l.problem(atSSHConfig, "", "ProxyJump: %s", err)
			case len(l.ssh.of[address].ProxyJump) > 0:
				l.problem(atSSHConfig, "write all hops, in order, into the ProxyJump of the hosts", "`%s`, which is jumped through, has a ProxyJump of its own", hop)
			case l.proxiedHop(address, hop, atSSHConfig):
			default:
				c.Jump = append(c.Jump, address)
			}
		}
	}
	if strings.TrimSpace(c.Identity.KnownHosts) == "" && len(c.Identity.Fingerprints) == 0 {
		var texts []string
		for _, path := range l.sshFiles(c) {
			if text, ok := l.readNamed(path, atSSHConfig); ok {
				texts = append(texts, strings.TrimSuffix(string(text), "\n"))
			}
		}
		c.Identity.KnownHosts = strings.Join(texts, "\n")
	}
}

// certificateFromSSHConfig takes the certificate that goes with the key of ssh_config.
func (l *loader) certificateFromSSHConfig(c *Config) {
	if strings.TrimSpace(c.Login.Certificate) != "" {
		return
	}
	for _, path := range l.sshSetting(c, "CertificateFile", "ssh_certificate", func(h sshconfig.Host) []string { return without(h.CertificateFile) }) {
		if text, ok := l.readNamed(path, atSSHConfig); ok {
			c.Login.Certificate = string(text)
		}
	}
}

// proxiedHop refuses a jump host that only a program leads to.
func (l *loader) proxiedHop(address deploy.Address, hop string, at deploy.Position) bool {
	if l.ssh.of[address].ProxyCommand == "" {
		return false
	}
	l.problem(at, "let the program of the hosts do both: `proxy_command: ssh -W %h:%p BASTION`, with ssh's own configuration on the runner",
		"`%s`, which is jumped through, has a ProxyCommand", hop)
	return true
}

func without(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// sshSetting is what ssh_config says of every host alike.
func (l *loader) sshSetting(c *Config, keyword, input string, of func(sshconfig.Host) []string) []string {
	var first []string
	for i, h := range c.Hosts {
		own := of(l.ssh.of[h.Address])
		if i == 0 {
			first = own
		} else if !slices.Equal(own, first) {
			l.problem(atSSHConfig, "say it once for all of them as `"+input+"`", "`%s` and `%s` have not the same %s", c.Hosts[0].Name, h.Name, keyword)
			return nil
		}
	}
	return first
}

// sshFiles are the known_hosts files of all hosts, each once.
func (l *loader) sshFiles(c *Config) []string {
	var files []string
	for _, h := range c.Hosts {
		for _, file := range l.ssh.of[h.Address].UserKnownHostsFile {
			if !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	return files
}
