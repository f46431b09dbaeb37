package request

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Escape is how a value is written that follows what stands before it in a URL: in the path and in the query escaped, before them as
// it is, where it may bring the address itself.
func Escape(before string) func(string) string {
	_, rest, hasScheme := strings.Cut(before, "://")
	switch {
	case !hasScheme:
		return plain
	case strings.Contains(rest, "?"):
		return url.QueryEscape
	case strings.Contains(rest, "/"):
		return url.PathEscape
	}
	return plain
}

// EscapeIn is how a value is written in a body of a type.
func EscapeIn(kind string) func(string) string {
	if strings.HasPrefix(kind, formType) {
		return url.QueryEscape
	}
	return plain
}

func plain(text string) string { return text }

// hostPart is what a variable may bring into the host of an address: no slash and no @ that would lead elsewhere.
var hostPart = lazyregexp.New(`^[A-Za-z0-9._:\[\]-]*$`)

// inURL is a variable's value as it stands in a URL after what is before it.
func inURL(before, name, value string) (string, error) {
	if strings.Contains(before, "://") && !strings.Contains(before[strings.Index(before, "://")+3:], "/") && !strings.Contains(before, "?") && !hostPart.MatchString(value) {
		return "", fmt.Errorf("`%s` cannot be a part of a host's name", name)
	}
	return Escape(before)(value), nil
}

// Address reads a URL that a request can go to. explicit says that http:// was written in the deploy file or the recipe, and did not
// come with a variable. A message shows nothing of the URL, in which secrets may be.
func Address(full string, explicit bool) (*url.URL, error) {
	u, err := url.Parse(full)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || strings.ContainsFunc(full, odd):
		return nil, errors.New("`url` is no https URL")
	case u.User != nil:
		return nil, errors.New("`url` has a user in it: give that in a header `Authorization`")
	case u.Scheme == "http" && !explicit && !Loopback(u.Hostname()):
		return nil, errors.New("`url` becomes one of http, which anybody on the way can read: it must be https, or begin with http:// where it is written")
	}
	u.Fragment = ""
	return u, nil
}

func odd(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }

// Loopback reports whether a host is this machine.
func Loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
