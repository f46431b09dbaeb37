// Package ssh connects to hosts by SSH: it dials, through jump hosts or a program where there are any, verifies the host's identity,
// logs in with one key at a time, and runs commands over the connection. It implements transport.Dialer and transport.Conn.
//
// Terms: a pin is what a person says a host's identity is (a line of known_hosts, a fingerprint); a hop is one SSH
// connection on the way to a host, the last one being the host's; a bastion is a jump host. The package must not know
// what is run on a host, nor anything of releases. There is no way to connect to a host whose identity is not pinned.
package ssh

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/ssh/hostkey"
	"github.com/slipway/slipway/internal/transport/ssh/program"
	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

// Config is how hosts are reached and logged in to. Its zero value reaches none: a log-in and pins are needed.
type Config struct {
	Key         secret.Secret // a private key: OpenSSH or PEM
	Passphrase  secret.Secret // of the key, where it is encrypted
	Certificate string        // an OpenSSH user certificate for the key, a line as in id_ed25519-cert.pub
	AgentSocket string        // used when Key is empty
	Login       sshkey.Source // in the place of all of these when it is set

	KnownHosts   string   // text of known_hosts
	Fingerprints []string // "SHA256:..." for all hosts and bastions, or "host SHA256:..." for one

	Jump     []deploy.Address // bastions, the first is dialled from here; not for hosts with a program (deploy.Host.Proxy)
	ProxyEnv []string         // what such a program sees of the environment, NAME=value

	ConnectTimeout time.Duration // of one attempt, to the end of the log-in; 20 s when 0
	StartLimit     time.Duration // of a login shell, to its first sign of life; shell.StartLimit when 0
	Keepalive      time.Duration // silence after which the host is asked for a sign of life; 15 s when 0
	MaxParallel    int           // handshakes under way through one bastion, or through programs; 8 when 0, for sshd's MaxStartups is 10:30:100
}

const (
	defaultConnectTimeout = 20 * time.Second
	defaultKeepalive      = 15 * time.Second
	defaultMaxParallel    = 8
)

var _ transport.Dialer = (*Dialer)(nil)

// Dialer connects to hosts with one log-in and one set of pins.
type Dialer struct {
	config   Config
	login    sshkey.Source
	fixed    sshkey.Login // that login gives each time; empty where Config.Login does
	pins     *hostkey.Pins
	bastions []*bastion // in the order of Config.Jump
	programs program.Programs
	starting gate     // of the handshakes under way through programs
	works    sync.Map // deploy.Address -> *atomic.Bool: the log-in there has run a command
}

func (c Config) given() sshkey.Given {
	return sshkey.Given{Key: c.Key, Passphrase: c.Passphrase, Certificate: c.Certificate, AgentSocket: c.AgentSocket}
}

// NewDialer reads the key, the certificate and the pins. Its error is deploy.Problems: all that is wrong with them, each
// with the input's name as position. No host is contacted; an agent is asked for its keys.
func NewDialer(config Config) (*Dialer, error) {
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = defaultConnectTimeout
	}
	if config.Keepalive == 0 {
		config.Keepalive = defaultKeepalive
	}
	if config.MaxParallel == 0 {
		config.MaxParallel = defaultMaxParallel
	}
	var fixed sshkey.Login
	var problems deploy.Problems
	login := config.Login
	if login == nil {
		fixed, problems = sshkey.Read(config.given(), time.Now())
		login = func(context.Context) (sshkey.Login, error) { return fixed, nil }
	}
	pins, more := hostkey.Read(config.KnownHosts, config.Fingerprints)
	if problems = append(problems, more...); len(problems) > 0 {
		return nil, problems
	}
	d := &Dialer{
		config: config, login: login, fixed: fixed, pins: pins, programs: program.Programs{Env: config.ProxyEnv}, starting: make(gate, config.MaxParallel),
	}
	for i := range config.Jump {
		d.bastions = append(d.bastions, newBastion(d, i))
	}
	return d, nil
}

// Check says what is wrong with the key, the certificate and the pins that a configuration has, as NewDialer would; what it
// has not is no mistake. It asks no agent.
func Check(config Config) deploy.Problems {
	problems := sshkey.Check(config.given(), time.Now())
	if strings.TrimSpace(config.KnownHosts) != "" || len(config.Fingerprints) > 0 {
		_, more := hostkey.Read(config.KnownHosts, config.Fingerprints)
		problems = append(problems, more...)
	}
	return problems
}

// Connect implements transport.Dialer.
func (d *Dialer) Connect(ctx context.Context, host deploy.Host) (transport.Conn, error) {
	target := hop{name: host.Name, address: host.Address, via: len(d.bastions), proxy: host.Proxy}
	link, err := d.dialHop(ctx, target)
	if err != nil {
		return nil, d.explain(ctx, target, err)
	}
	works, _ := d.works.LoadOrStore(host.Address, &atomic.Bool{})
	return newConn(host, link, works.(*atomic.Bool), d.config.StartLimit), nil
}

// Close implements transport.Dialer. Hosts behind bastions or programs lose their connections, and the programs have ended.
func (d *Dialer) Close() error {
	d.programs.Close()
	for i := len(d.bastions) - 1; i >= 0; i-- {
		d.bastions[i].close()
	}
	return d.fixed.Close()
}
