package hostlist

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

var (
	userName = lazyregexp.New(`^[A-Za-z0-9_.][^\s:/@,;=[:cntrl:]]*(@[A-Za-z0-9.-]+)?$`) // anna@corp.com logs in to some
	numeric  = lazyregexp.New(`^[0-9.]+$`)
	dnsName  = lazyregexp.New(`^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?$`)
)

// ParseAddress reads user@host:port, or ssh://user@host:port. The port may be left out, an IPv6 address stands in brackets.
func ParseAddress(word string) (deploy.Address, error) {
	word = strings.Trim(word, `"'`)
	if plain, isURL := strings.CutPrefix(word, "ssh://"); isURL {
		word = strings.TrimSuffix(plain, "/")
	}
	if scheme, _, isURL := strings.Cut(word, "://"); isURL {
		return deploy.Address{}, fmt.Errorf("an address with `%s://`: write user@host, or ssh://user@host", scheme)
	}
	at := strings.LastIndex(word, "@")
	if at <= 0 {
		return deploy.Address{}, fmt.Errorf("no user in `%s`: write user@host", word)
	}
	address := deploy.Address{User: word[:at], Host: word[at+1:], Port: 22}
	if strings.Contains(address.User, ":") {
		return deploy.Address{}, fmt.Errorf("a password in the address of `%s`: Slipway logs in with a key, `ssh_key`", address.Host)
	}
	if !userName.MatchString(address.User) {
		return deploy.Address{}, fmt.Errorf("`%s` is no user name", address.User)
	}
	host, port, err := splitPort(address.Host)
	if err != nil {
		return deploy.Address{}, err
	}
	address.Host = host
	switch number, err := strconv.Atoi(port); {
	case port == "":
	case strings.ContainsAny(port, "/~"):
		return deploy.Address{}, fmt.Errorf("`%s` names a path: that is `deploy_path`, an address ends with the port", word)
	case err != nil || number < 1 || number > 65535:
		return deploy.Address{}, fmt.Errorf("`%s` is no port", port)
	default:
		address.Port = number
	}
	return address, nil
}

// splitPort divides a host and its port, which is empty where there is none.
func splitPort(text string) (host, port string, err error) {
	inner, bracketed := strings.CutPrefix(text, "[")
	if bracketed {
		inner, rest, closed := strings.Cut(inner, "]")
		port, hasPort := strings.CutPrefix(rest, ":")
		ip, err := netip.ParseAddr(inner)
		if !closed || err != nil || !ip.Is6() || (rest != "" && !hasPort) || rest == ":" {
			return "", "", fmt.Errorf("`%s` is no IPv6 address in brackets, with or without :port", text)
		}
		return inner, port, nil
	}
	host, port, hasPort := strings.Cut(text, ":")
	switch {
	case strings.Count(text, ":") > 1 && !strings.Contains(text, "/"):
		return "", "", fmt.Errorf("`%s`: put an IPv6 address in brackets, as in [2001:db8::1]:22", text)
	case strings.Contains(host, "/"):
		return "", "", fmt.Errorf("`%s` names a path: that is `deploy_path`, an address is user@host:port", text)
	case !dnsName.MatchString(host), numeric.MatchString(host) && !isIPv4(host):
		return "", "", fmt.Errorf("`%s` is no host name or address", host)
	case hasPort && port == "":
		return "", "", errors.New("`:` without a port")
	}
	return host, port, nil
}

func isIPv4(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Is4()
}
