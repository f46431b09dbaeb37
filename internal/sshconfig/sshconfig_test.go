package sshconfig_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/sshconfig"
)

const sample = `# of the team
Host web1 web2
	HostName %h.example.com
	Port=2222
	IdentityFile "~/.ssh/deploy"
Host web* !web9
	User deploy
	Port 22
	ProxyJump jump@bastion:2200, second
Host bastion
	HostName 203.0.113.1
Host tunnel
	ProxyCommand sh -c "aws --p 'port=%p'"
	ProxyJump jump
Host both
	proxyjump jump
	ProxyCommand nc %h %p
Host direct
	ProxyJump none
	ProxyCommand nc %h %p
Host odd
	CanonicalizeHostname yes
Host fine
	CertificateFile "~/.ssh/deploy-cert.pub"
	ProxyCommand none
	ProxyJump none
	HostKeyAlias fine.internal
Host late
	Port 99999
Host path
	IdentityFile ~/.ssh/%r
Host *
	User anna
	UserKnownHostsFile ~/.ssh/known /etc/ssh/known
	ForwardAgent yes
`

func TestOf(t *testing.T) {
	t.Parallel()
	config, err := sshconfig.Parse([]byte(strings.ReplaceAll(sample, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"~/.ssh/known", "/etc/ssh/known"}
	jump := []string{"jump@bastion:2200", "second"}
	for alias, want := range map[string]sshconfig.Host{
		"web1":    {HostName: "web1.example.com", User: "deploy", Port: 2222, IdentityFile: "~/.ssh/deploy", ProxyJump: jump, UserKnownHostsFile: known},
		"web3":    {User: "deploy", Port: 22, ProxyJump: jump, UserKnownHostsFile: known},
		"web9":    {User: "anna", UserKnownHostsFile: known},
		"bastion": {HostName: "203.0.113.1", User: "anna", UserKnownHostsFile: known},
		"tunnel":  {User: "anna", ProxyCommand: `sh -c "aws --p 'port=%p'"`, UserKnownHostsFile: known},
		"both":    {User: "anna", ProxyJump: []string{"jump"}, UserKnownHostsFile: known},
		"direct":  {User: "anna", UserKnownHostsFile: known},
		"fine":    {User: "anna", CertificateFile: "~/.ssh/deploy-cert.pub", HostKeyAlias: "fine.internal", UserKnownHostsFile: known},
	} {
		got, err := config.Of(alias)
		if len(got.ProxyJump) == 0 {
			got.ProxyJump = nil
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", alias, got, err, want)
		}
	}
	for alias, want := range map[string]string{"odd": "CanonicalizeHostname of `odd` is not supported", "late": "`99999`", "path": "`%`"} {
		if _, err := config.Of(alias); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", alias, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Host a\n  Match exec true": "`Match` is not supported",
		"\nInclude ~/.ssh/*.conf":   "`Include` is not supported",
	} {
		_, err := sshconfig.Parse([]byte(text))
		var refused *sshconfig.Error
		if !errors.As(err, &refused) || refused.Line != 2 || refused.Message != want || refused.Hint == "" {
			t.Errorf("%q: %+v", text, err)
		}
	}
}

// FuzzConfig reads anything, and asks it for a host.
func FuzzConfig(f *testing.F) {
	f.Add(sample, "web1")
	f.Add("Host *\nHostName=\"", "")
	f.Fuzz(func(t *testing.T, text, alias string) {
		config, err := sshconfig.Parse([]byte(text))
		if err == nil {
			_, _ = config.Of(alias)
		}
	})
}
