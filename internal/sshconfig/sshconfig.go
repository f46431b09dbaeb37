// Package sshconfig reads an OpenSSH client configuration (ssh_config(5)) and says what it has for a host.
//
// Terms: an alias is the name that a person gives a host there. Read are HostName, User, Port, IdentityFile, CertificateFile,
// ProxyJump, ProxyCommand, UserKnownHostsFile and HostKeyAlias; what changes the way to a host and is not read is an error, all else is passed over. The
// package must not know what the hosts are for, and opens no file.
package sshconfig

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kevinburke/ssh_config"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Config is a configuration that was read.
type Config struct{ parsed *ssh_config.Config }

// Host is what a configuration says of a host; what it does not say is empty.
type Host struct {
	HostName           string
	User               string
	Port               int // 0 where it says none
	IdentityFile       string
	CertificateFile    string
	ProxyJump          []string // hops, as written
	ProxyCommand       string   // as written, with its quotes; at most one of the two is there
	UserKnownHostsFile []string
	HostKeyAlias       string
}

// Error says what of a configuration cannot be read.
type Error struct {
	Line    int // from 1; 0 where it is not known
	Message string
	Hint    string
}

func (e *Error) Error() string { return e.Message }

// beyond are keywords that this package cannot read at all: which hosts they are for, another program or file says.
var beyond = lazyregexp.New(`(?i)^\s*(Match|Include)\b`)

// beyondHints say what to do about them.
var beyondHints = map[string]string{
	"match":   "give `ssh_config` a copy in which its settings stand under `Host` and the names of the hosts; or give inputs instead: `hosts`, `ssh_key`, `known_hosts`, `jump`",
	"include": "give `ssh_config` a copy in which the included lines stand in its place; `Include` is read on no machine but yours",
}

// Parse reads a configuration. Its error is an *Error.
func Parse(text []byte) (*Config, error) {
	text = bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	for i, line := range bytes.Split(text, []byte("\n")) {
		if keyword := beyond.FindStringSubmatch(string(line)); keyword != nil {
			return nil, &Error{Line: i + 1, Message: fmt.Sprintf("`%s` is not supported", keyword[1]), Hint: beyondHints[strings.ToLower(keyword[1])]}
		}
	}
	parsed, err := ssh_config.DecodeBytes(text)
	if err != nil {
		return nil, &Error{Message: err.Error(), Hint: "`ssh -G HOST` says whether ssh can read it"}
	}
	return &Config{parsed}, nil
}

// refused are keywords that lead another way to a host than Slipway goes, the value with which they do not, and what to write in
// their place.
var refused = []struct{ keyword, harmless, instead string }{
	{"CanonicalizeHostname", "no", "write the whole name as its `HostName`"},
	{"PKCS11Provider", "none", "give a key in the input `ssh_key`, or an agent that has it"},
}

// Of is what the configuration says of an alias: the first value of each keyword, as ssh takes them.
func (c *Config) Of(alias string) (Host, error) {
	for _, r := range refused {
		if value := c.get(alias, r.keyword); value != "" && !strings.EqualFold(value, r.harmless) {
			return Host{}, fmt.Errorf("%s of `%s` is not supported: %s", r.keyword, alias, r.instead)
		}
	}
	h := Host{
		HostName: tokens(c.get(alias, "HostName"), alias), User: c.get(alias, "User"), IdentityFile: c.get(alias, "IdentityFile"), CertificateFile: c.get(alias, "CertificateFile"),
		HostKeyAlias: c.get(alias, "HostKeyAlias"), UserKnownHostsFile: without(strings.Fields(c.get(alias, "UserKnownHostsFile")), "none"),
	}
	switch keyword, value := c.way(alias); {
	case strings.EqualFold(value, "none"):
	case strings.EqualFold(keyword, proxyCommand):
		h.ProxyCommand = value
	default:
		h.ProxyJump = strings.FieldsFunc(strings.Trim(value, `"`), func(r rune) bool { return r == ',' || r == ' ' })
	}
	if strings.EqualFold(h.IdentityFile, "none") {
		h.IdentityFile = ""
	}
	if port := c.get(alias, "Port"); port != "" {
		number, err := strconv.Atoi(port)
		if err != nil || number < 1 || number > 65535 {
			return Host{}, fmt.Errorf("`%s`, the Port of `%s`, is no port", port, alias)
		}
		h.Port = number
	}
	if strings.EqualFold(h.CertificateFile, "none") {
		h.CertificateFile = ""
	}
	if strings.Contains(h.IdentityFile+h.CertificateFile+strings.Join(h.UserKnownHostsFile, ""), "%") {
		return Host{}, fmt.Errorf("the `%%` in a path of `%s` is not supported: write the path out", alias)
	}
	return h, nil
}

const (
	proxyCommand = "ProxyCommand"
	proxyJump    = "ProxyJump"
)

// way is the one of the two keywords that stands first, `none` too: the other one does not count then (ssh_config(5), ProxyJump).
func (c *Config) way(alias string) (keyword, value string) {
	for _, host := range c.parsed.Hosts {
		if !host.Matches(alias) {
			continue
		}
		for _, node := range host.Nodes {
			if said, ok := node.(*ssh_config.KV); ok && (strings.EqualFold(said.Key, proxyCommand) || strings.EqualFold(said.Key, proxyJump)) {
				return said.Key, strings.TrimSpace(said.Value)
			}
		}
	}
	return "", ""
}

func (c *Config) get(alias, keyword string) string {
	value, _ := c.parsed.Get(alias, keyword) // its errors are those of Include and Match, which Parse refuses
	return strings.Trim(strings.TrimSpace(value), `"`)
}

// tokens expands what a HostName may hold: the alias.
func tokens(value, alias string) string {
	return strings.NewReplacer("%%", "%", "%h", alias).Replace(value)
}

func without(list []string, word string) []string {
	return slices.DeleteFunc(list, func(value string) bool { return strings.EqualFold(value, word) })
}
