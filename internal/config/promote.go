package config

import (
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// promotes reads which environment promote takes the release from, and how long that must have been live there.
func (l *loader) promotes(s keys.Settings, c *Config) {
	c.From, c.Soak = s.From.V, s.Soak.V
	at := s.From.At()
	if given := strings.TrimSpace(l.in.From); given != "" && (l.command == "promote" || l.command == "plan") {
		c.From, at = given, inputAt("from")
	}
	known := l.whole.Environments.Keys()
	switch {
	case c.From == "" && l.command == "promote":
		l.problem(deploy.InInput("from", 0, 0), "set the input `from`, or `from` in the environment's entry", "no source: nobody said which environment's release is promoted")
	case c.From == "":
	case c.From == c.Environment:
		l.problem(at, "", "`%s` cannot be promoted to itself", c.From)
	case !slices.Contains(known, c.From):
		l.problem(at, alternatives(c.From, known), "%s has no environment `%s`", l.file, c.From)
	}
}

// SourceOf are the inputs of a session with the environment that promote takes the release from: those that say where and what to deploy are
// of the other one. Its hosts may want another key, and have other keys.
func SourceOf(in ci.Inputs, from string) ci.Inputs {
	source := ci.Inputs{
		Command: "status", Config: in.Config, Environment: from, App: in.App, Given: in.Given, Plugin: in.Plugin, Timeout: in.Timeout,
		SSHKey: in.SSHKey, SSHKeyPassphrase: in.SSHKeyPassphrase, SSHCertificate: in.SSHCertificate, KnownHosts: in.KnownHosts,
		HostFingerprints: in.HostFingerprints, SSHConfig: in.SSHConfig, Jump: in.Jump, ProxyCommand: in.ProxyCommand,
		SSHCertificateFrom: in.SSHCertificateFrom, BorrowedLogin: true,
	}
	if strings.TrimSpace(in.FromSSHKey) != "" {
		source.SSHKey, source.SSHKeyPassphrase, source.SSHCertificate = in.FromSSHKey, "", ""
		source.SSHCertificateFrom, source.BorrowedLogin = "", false
	}
	if strings.TrimSpace(in.FromKnownHosts) != "" {
		source.KnownHosts, source.HostFingerprints = in.FromKnownHosts, ""
	}
	if strings.TrimSpace(in.FromJump) != "" {
		source.Jump, source.ProxyCommand = in.FromJump, ""
	}
	return source
}
