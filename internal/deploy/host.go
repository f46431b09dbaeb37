package deploy

import (
	"net"
	"slices"
	"strconv"
)

// Address is how a host is reached by SSH.
type Address struct {
	User string // never empty once read
	Host string // name, IPv4, or IPv6 without brackets
	Port int    // 22 unless given

	KeyAlias string `json:",omitempty"` // the name that the host's key is known by; "" is Host and Port
}

// HostPort is host:port as net.Dial and known_hosts take it, IPv6 in brackets.
func (a Address) HostPort() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

// String is user@host:port, the port only where it is not 22.
func (a Address) String() string {
	host := a.Host
	switch {
	case a.Port != 0 && a.Port != 22:
		host = a.HostPort()
	case net.ParseIP(host) != nil && net.ParseIP(host).To4() == nil:
		host = "[" + host + "]"
	}
	if a.User == "" {
		return host
	}
	return a.User + "@" + host
}

// Host is a machine reached by SSH.
type Host struct {
	Name       string // unique in a deployment; what logs show
	Address    Address
	Roles      []string          // every host has at least one; "web" where none is given
	Primary    bool              // named as primary: `once` steps of its roles run here
	DeployPath string            // absolute; the deploy file's, unless the host has one of its own
	Umask      string            // of what is made there, in octal; "" is 022
	Vars       map[string]string // all variables of the host: file, environment entry, host, merged in this order
	Proxy      []string          // a program that is the connection to it, and its arguments; nil: it is dialled
	NoRelease  bool              // it holds no release, and runs only what is delegated to it: a balancer
	At         Position
}

// HasRole reports whether the host has one of the roles; no roles at all selects every host.
func (h Host) HasRole(roles []string) bool {
	return len(roles) == 0 || slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(h.Roles, role) })
}

// WithRelease are the hosts that get releases, in order.
func WithRelease(hosts []Host) []Host {
	return slices.DeleteFunc(slices.Clone(hosts), func(h Host) bool { return h.NoRelease })
}

// HostNames are the names of hosts, in order.
func HostNames(hosts []Host) []string {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	return names
}
