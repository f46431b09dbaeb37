package config

import (
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/yamlfile"
)

// reach reads how hosts are logged in to and known by. What keys, known_hosts and fingerprints hold is transport's to read.
func (l *loader) reach(s *keys.Settings, c *Config) {
	c.Login = Login{
		Key: secret.New(l.in.SSHKey), Passphrase: secret.New(l.in.SSHKeyPassphrase),
		Certificate: l.in.SSHCertificate, AgentSocket: l.env.AgentSocket,
	}
	if strings.TrimSpace(l.in.SSHKey) == "" {
		c.Login.Key = secret.Secret{}
	}
	c.Identity.KnownHosts = l.in.KnownHosts
	c.Identity.Fingerprints = l.fingerprints()
	l.fromSSHConfig(c, s.Issuer.Node == nil)
	for _, hop := range l.inputHosts("jump", l.in.Jump).Items {
		if hop.Kind != yamlfile.Text || strings.ContainsAny(hop.Text, " \t") {
			l.problem(hop.At, "nothing else: its key is the hosts' key", "a hop of `jump` is user@host:port")
			continue
		}
		address, _, err := l.address(hop.Text)
		if err != nil {
			l.problem(hop.At, "", "%s", err.Error())
			continue
		}
		if !l.proxiedHop(address, hop.Text, hop.At) {
			c.Jump = append(c.Jump, address)
		}
	}
	l.proxies(c)
	l.certificate(s.Issuer, c)
	if looksLikePath(l.in.SSHKey) {
		l.problem(deploy.InInput("ssh_key", 0, 0), "give the key's text; as a flag, --ssh_key takes a path too, of a file that can be read here",
			"`ssh_key` is no private key, but like the path of a key")
	}
	if !l.remote() {
		return
	}
	if c.Login.Key.IsEmpty() && c.Login.AgentSocket == "" && c.Login.From == nil {
		at := deploy.InInput("ssh_key", 0, 0)
		if l.in.Given["ssh_key"] {
			l.problem(at, "secret empty: a fork, Dependabot, or a missing `environment:`?", "`ssh_key` is empty")
		} else {
			l.problem(at, "set the input `ssh_key`, or `ssh_certificate_from`, or run an SSH agent", "no log-in: there is no key")
		}
	}
	if strings.TrimSpace(c.Identity.KnownHosts) == "" && strings.TrimSpace(l.in.HostFingerprints) == "" {
		l.problem(deploy.InInput("known_hosts", 0, 0), "set the input `known_hosts` to what ssh-keyscan prints, once checked, or `host_fingerprints`",
			"no host identity: nothing tells the hosts from an impostor")
	}
}

// fingerprints are the lines of host_fingerprints, all of them, so that what is said of one names its line; or the texts of a list.
func (l *loader) fingerprints() []string {
	switch value := l.in.HostFingerprints; {
	case strings.TrimSpace(value) == "":
		return nil
	case !yamlList.MatchString(value):
		return strings.Split(value, "\n")
	}
	var lines []string
	for _, item := range l.inputList("host_fingerprints", l.in.HostFingerprints).Items {
		lines = append(lines, item.Text)
	}
	return lines
}

// looksLikePath reports whether a key was given by where it lies: one line that begins like a path, or ends like one.
func looksLikePath(key string) bool {
	key = strings.TrimSpace(key)
	if key == "" || len(key) > 200 || strings.ContainsAny(key, "\r\n") {
		return false
	}
	begins := strings.HasPrefix(key, "/") || strings.HasPrefix(key, "~") || strings.HasPrefix(key, ".") || strings.HasPrefix(key, "@")
	return begins || keyFile.MatchString(key)
}

// keyFile is a relative path of a key as people name them: deploy/id_ed25519, key.pem.
var keyFile = lazyregexp.New(`^([\w.-]+/)*(id(_[a-z0-9]+)?|[\w.-]+\.(pem|key))$`)
