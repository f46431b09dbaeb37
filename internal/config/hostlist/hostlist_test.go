package hostlist

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]deploy.Address{
		"deploy@web1":                {User: "deploy", Host: "web1", Port: 22},
		"deploy@10.0.0.1:2222":       {User: "deploy", Host: "10.0.0.1", Port: 2222},
		"deploy@[::1]":               {User: "deploy", Host: "::1", Port: 22},
		"deploy@[fe80::1%eth0]:2022": {User: "deploy", Host: "fe80::1%eth0", Port: 2022},
		"anna@corp.com@host":         {User: "anna@corp.com", Host: "host", Port: 22},
	} {
		got, err := ParseAddress(word)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", word, got, err)
		}
	}
	for _, word := range []string{"", "@h", "h", "u@", "u@h:", "u@h:0", "u@h:65536", "u@::1", "u@[::1", "u@[::1]x", "u@[h]", "u@-h", "-u@h", "u@h/x", "u@h:22:22"} {
		if got, err := ParseAddress(word); err == nil {
			t.Errorf("%q is read as %v", word, got)
		}
	}
}

// FuzzSplit takes any text of hosts apart: each part names one host, at a place in the text, and an address that is read is read
// again the same.
func FuzzSplit(f *testing.F) {
	for _, text := range []string{
		"deploy@a,deploy@b:22; ssh://deploy@c:22/ roles=web,db primary", "u@[::1]:22 # x", "a@b@c d@e",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, item := range Split(yamlfile.NewText(text, deploy.InInput("hosts", 1, 1))) {
			parts := Words(item)
			if item.At.Line < 1 || item.At.Column < 1 {
				t.Errorf("%q: %q stands at %v", text, item.Text, item.At)
			}
			for i, word := range parts {
				if i > 0 && hasUser(word.Text) {
					t.Errorf("%q: two hosts in %q", text, item.Text)
				}
			}
			if len(parts) == 0 {
				continue
			}
			address, err := ParseAddress(parts[0].Text)
			if err != nil {
				continue
			}
			if again, err := ParseAddress(address.User + "@" + address.HostPort()); err != nil || again != address {
				t.Errorf("%q: %v is read again as %v, %v", text, address, again, err)
			}
		}
	})
}
