package config

import (
	"regexp"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/secret"
)

// reach reads how hosts are logged in to and known by. What keys, known_hosts and fingerprints hold is
// transport's to read.
func (r *reading) reach(c *Config) {
	c.Login = Login{
		Key: secret.New(r.in.SSHKey), Passphrase: secret.New(r.in.SSHKeyPassphrase),
		Certificate: r.in.SSHCertificate, AgentSocket: r.env.AgentSocket,
	}
	if strings.TrimSpace(r.in.SSHKey) == "" {
		c.Login.Key = secret.Secret{}
	}
	c.Identity.KnownHosts = r.in.KnownHosts
	if strings.TrimSpace(r.in.HostFingerprints) != "" {
		c.Identity.Fingerprints = strings.Split(r.in.HostFingerprints, "\n")
	}
	for _, line := range inputLines("jump", strings.ReplaceAll(r.in.Jump, ",", "\n")).Items {
		address, err := parseAddress(line.Text)
		if err != nil {
			r.problem(line.At, "", "%s", err.Error())
			continue
		}
		c.Jump = append(c.Jump, address)
	}
	if looksLikePath(r.in.SSHKey) {
		r.problem(deploy.Position{File: "input ssh_key"}, "give the key's text; as a flag, --ssh_key takes a path too, of a file that can be read here",
			"`ssh_key` is no private key, but like the path of a key")
	}
	if !r.remote() {
		return
	}
	if c.Login.Key.IsEmpty() && c.Login.AgentSocket == "" {
		at := deploy.Position{File: "input ssh_key"}
		if r.in.Given["ssh_key"] {
			r.problem(at, "secret empty: a fork, Dependabot, or a missing `environment:`?", "`ssh_key` is empty")
		} else {
			r.problem(at, "set the input `ssh_key`, or run an SSH agent", "no log-in: there is no key")
		}
	}
	if strings.TrimSpace(c.Identity.KnownHosts) == "" && strings.TrimSpace(r.in.HostFingerprints) == "" {
		r.problem(deploy.Position{File: "input known_hosts"}, "set the input `known_hosts` to what ssh-keyscan prints, once checked, or `host_fingerprints`",
			"no host identity: nothing tells the hosts from an impostor")
	}
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
var keyFile = regexp.MustCompile(`^([\w.-]+/)*(id(_[a-z0-9]+)?|[\w.-]+\.(pem|key))$`)
