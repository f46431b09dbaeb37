package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway/slipway/internal/ci"
)

const proxied = `
Host db
  HostName db.internal
  User deploy
  ProxyCommand sh -c "nc %h '%p'"
Host plain bastion
  ProxyCommand none
Host *
  User anna
  ProxyCommand tsh proxy ssh %r@%h:%p
`

// Each host gets the program that the input names, or what ssh_config says of it.
func TestProxies(t *testing.T) {
	t.Parallel()
	in := ci.Inputs{
		Command: "status", Hosts: "deploy@web1, deploy@[::1]:2222", DeployPath: "/srv/site", SSHKey: "k", KnownHosts: "k", App: "site",
		ProxyCommand: "nc -X connect %h %p",
	}
	c, err := Load(in, fstest.MapFS{}, Env{})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Hosts[1].Proxy; !slices.Equal(got, []string{"nc", "-X", "connect", "::1", "2222"}) {
		t.Errorf("%q", got)
	}
	in.Limit = "web1"
	if c, err = Load(in, fstest.MapFS{}, Env{}); err != nil || c.Unlimited[1].Proxy == nil || c.Hosts[0].Proxy[3] != "web1" {
		t.Errorf("with a limit: %v, %v", c, err)
	}
	in.Limit, in.ProxyCommand, in.SSHConfig, in.Hosts = "", "", proxied, "db, plain, other:2200"
	if c, err = Load(in, fstest.MapFS{}, Env{}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"sh|-c|nc db.internal '22'", "", "tsh|proxy|ssh|anna@other:2200"} {
		if got := strings.Join(c.Hosts[i].Proxy, "|"); got != want {
			t.Errorf("%s: %s, want %s", c.Hosts[i].Name, got, want)
		}
	}
	for _, ways := range []func(*ci.Inputs){
		func(in *ci.Inputs) { in.ProxyCommand = "none" },
		func(in *ci.Inputs) { in.Jump = "deploy@bastion" },
		func(in *ci.Inputs) { in.Jump, in.ProxyCommand = "deploy@bastion", "none" },
	} {
		other := in
		ways(&other)
		if c, err := Load(other, fstest.MapFS{}, Env{}); err != nil || c.Hosts[0].Proxy != nil {
			t.Errorf("an input counts before ssh_config: %v, %v", c, err)
		}
	}
	in.ProxyCommand = "mine %h"
	if c, err := Load(in, fstest.MapFS{}, Env{}); err != nil || c.Hosts[0].Proxy[0] != "mine" {
		t.Errorf("an input counts before ssh_config: %v, %v", c, err)
	}
}

// What cannot be, or may not be, is refused before any host is connected to.
func TestProxiesRefused(t *testing.T) {
	t.Parallel()
	absent := func(program string) error {
		if program == "aws" {
			return errors.New("executable file not found in $PATH")
		}
		return nil
	}
	checkout := tree("ssh/config", proxied, "slipway.yml", "keep_releases: 5\n")
	policy := tree("slipway.yml", "hosts: [anna@web1]\ndeploy_path: /srv/site\n")
	read := func(name string) ([]byte, error) { return []byte(proxied), nil }
	for name, test := range map[string]struct {
		change func(*ci.Inputs)
		env    Env
		want   string // "": it is not refused
	}{
		"both ways":           {func(in *ci.Inputs) { in.Jump = "deploy@bastion" }, Env{}, "`proxy_command` and `jump` stand side by side"},
		"no command":          {func(in *ci.Inputs) { in.ProxyCommand = "a | b" }, Env{}, "input proxy_command: the command line: it must be a program"},
		"of ssh_config":       {func(in *ci.Inputs) { in.ProxyCommand, in.SSHConfig = "", "Host *\n ProxyCommand a $B" }, Env{}, "input ssh_config: the command line of `web1`: `$B`"},
		"a name like options": {func(in *ci.Inputs) { in.SSHConfig = "Host *\n HostName -oProxyCommand=x" }, Env{}, "cannot be handed to a program"},
		"a hop with a program": {func(in *ci.Inputs) {
			in.ProxyCommand, in.SSHConfig, in.Jump = "", "Host bastion\n ProxyCommand nc %h %p", "deploy@bastion"
		}, Env{}, "`deploy@bastion`, which is jumped through, has a ProxyCommand"},
		"ProxyJump to such a hop": {func(in *ci.Inputs) {
			in.ProxyCommand, in.SSHConfig = "", "Host web1\n ProxyJump deploy@bastion\nHost bastion\n ProxyCommand nc %h %p"
		}, Env{}, "`deploy@bastion`, which is jumped through, has a ProxyCommand"},
		"absent":                        {nil, Env{LookPath: absent}, "the program `aws` is not here: executable file not found"},
		"absent, and no host is met":    {func(in *ci.Inputs) { in.Command = "validate" }, Env{LookPath: absent}, ""},
		"there":                         {func(in *ci.Inputs) { in.ProxyCommand = "tsh %h" }, Env{LookPath: absent}, ""},
		"a pull request's run":          {nil, Env{Exposed: "a run of pull_request_target"}, "may start no program beside the hosts' key"},
		"its plan, offline":             {func(in *ci.Inputs) { in.Command = "validate" }, Env{Exposed: "a run of pull_request_target"}, ""},
		"the checkout's program":        {func(in *ci.Inputs) { in.ProxyCommand = "deploy/proxy %h" }, Env{Policy: policy}, "`deploy/proxy` lies in the checkout, and `policy_from`"},
		"the same, by its whole path":   {func(in *ci.Inputs) { in.ProxyCommand = "/checkout/deploy/proxy %h" }, Env{Policy: policy, Dirs: []string{"/checkout"}}, "lies in the checkout"},
		"the checkout's script":         {func(in *ci.Inputs) { in.ProxyCommand = "sh ./deploy/proxy.sh %h" }, Env{Policy: policy}, "`./deploy/proxy.sh` lies in the checkout, and `policy_from`"},
		"in its root":                   {func(in *ci.Inputs) { in.ProxyCommand = "sh slipway.yml" }, Env{Policy: policy}, "`slipway.yml` lies in the checkout"},
		"a folder of it":                {func(in *ci.Inputs) { in.ProxyCommand = "python3 ./ssh" }, Env{Policy: policy}, "`./ssh` lies in the checkout"},
		"by a name of CI's":             {func(in *ci.Inputs) { in.ProxyCommand = "sh /checkout/proxy.sh" }, Env{Policy: policy, Dirs: []string{"/checkout"}}, "`/checkout/proxy.sh` lies in the checkout"},
		"behind a flag":                 {func(in *ci.Inputs) { in.ProxyCommand = "ssh -Fslipway.yml -W %h:%p bastion" }, Env{Policy: policy}, "`slipway.yml` lies in the checkout"},
		"behind a long flag":            {func(in *ci.Inputs) { in.ProxyCommand = "tsh --config=deploy/tsh.yml %h" }, Env{Policy: policy}, "`deploy/tsh.yml` lies in the checkout"},
		"in a shell's script":           {func(in *ci.Inputs) { in.ProxyCommand = `sh -c '. deploy/env && exec nc "$0" %p' %h` }, Env{Policy: policy}, "`deploy/env` lies in the checkout"},
		"below the workspace":           {func(in *ci.Inputs) { in.ProxyCommand = `sh -c '"$GITHUB_WORKSPACE/proxy.sh" %h'` }, Env{Policy: policy}, "lies in the checkout"},
		"the checkout's, of ssh_config": {func(in *ci.Inputs) { in.ProxyCommand, in.SSHConfig = "", "Host *\n ProxyCommand sh ./proxy.sh %h" }, Env{Policy: policy}, "input ssh_config: `./proxy.sh` lies in the checkout"},
		"the runner's script": {func(in *ci.Inputs) {
			in.ProxyCommand = "sh /opt/proxy.sh --log=/var/log/proxy.log -F/etc/proxy wss://relay.example.com/ssh %r@%h:%p"
		}, Env{Policy: policy, Dirs: []string{"/checkout"}}, ""},
		"the checkout's script, without policy_from":  {func(in *ci.Inputs) { in.ProxyCommand = "sh ./deploy/proxy.sh %h" }, Env{}, ""},
		"the checkout's program, without policy_from": {func(in *ci.Inputs) { in.ProxyCommand = "deploy/proxy %h" }, Env{}, ""},
		"the checkout's ssh_config":                   {func(in *ci.Inputs) { in.ProxyCommand, in.SSHConfig = "", "ssh/config" }, Env{Policy: policy, ReadFile: read}, "`ssh_config` lies in the checkout and names a program"},
		"the runner's ssh_config":                     {func(in *ci.Inputs) { in.ProxyCommand, in.SSHConfig = "", "~/.ssh/config" }, Env{Policy: policy, ReadFile: read}, ""},
		"the runner's program":                        {nil, Env{Policy: policy}, ""},
	} {
		in := ci.Inputs{Command: "status", Hosts: "anna@web1", DeployPath: "/srv/site", SSHKey: "k", KnownHosts: "k", App: "site", ProxyCommand: "aws %h"}
		if test.change != nil {
			test.change(&in)
		}
		c, err := Load(in, checkout, test.env)
		switch {
		case test.want == "" && (err != nil || c.Hosts[0].Proxy == nil):
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
		if name == "absent, and no host is met" && err == nil && (len(c.Remarks) != 1 || !strings.Contains(c.Remarks.Error(), "`aws` is not here")) {
			t.Errorf("%s: remarks %v", name, c.Remarks)
		}
	}
}

// The environment that promote takes from is reached as this one is, unless it has bastions of its own.
func TestProxyOfTheSource(t *testing.T) {
	t.Parallel()
	in := ci.Inputs{ProxyCommand: "nc %h %p"}
	if SourceOf(in, "staging").ProxyCommand == "" {
		t.Error("the source has no way")
	}
	in.FromJump = "deploy@bastion"
	if s := SourceOf(in, "staging"); s.ProxyCommand != "" || s.Jump != "deploy@bastion" {
		t.Errorf("%+v", s)
	}
}
