package config

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// trusted reads which certificates a check takes. What it reads goes with the release, so that an earlier one is verified in
// its own way.
func (b *builder) trusted(c keys.Check, built *deploy.HTTPCheck) {
	built.Insecure = c.Insecure.V
	plain := strings.HasPrefix(c.HTTP.V, "http://")
	switch {
	case c.CA.Given() && c.Insecure.V:
		b.problem(c.CA.At(), "drop one of the two", "with `insecure`, any certificate will do: `ca` means nothing")
		return
	case plain && c.CA.Given():
		b.problem(c.CA.At(), "", "`ca` is for https")
		return
	case plain && c.Insecure.V:
		b.problem(c.Insecure.At(), "", "`insecure` is for https")
		return
	case !c.CA.Given():
		return
	}
	built.CA = b.authorities(c.CA, b.stepFiles)
}

// authorities are the certificates that a key `ca` gives as text, or as the path of a file among files. "": there are none, which
// was told.
func (l *loader) authorities(ca keys.Text, files fs.FS) string {
	text := ca.V
	if !strings.Contains(text, "-----BEGIN ") {
		name := l.env.Inside(text)
		if !path.IsAbs(text) {
			name = path.Join(path.Dir(path.Clean(ca.At().File)), text)
		}
		read, err := fs.ReadFile(files, name)
		switch {
		case !fs.ValidPath(name):
			l.problem(ca.At(), "give a path in the repository, relative to the deploy file", "`%s` lies outside the working directory", text)
			return ""
		case errors.Is(err, fs.ErrNotExist):
			l.problem(ca.At(), "the path is relative to the deploy file", "there is no file `%s`", text)
			return ""
		case err != nil:
			l.problem(ca.At(), "", "%s", unreadable(text, err))
			return ""
		}
		text = string(read)
	}
	found := certificatesIn(text)
	if found == "" {
		l.problem(ca.At(), "it begins with -----BEGIN CERTIFICATE-----; `openssl s_client -showcerts -connect HOST:443` shows a site's", "there is no certificate in `ca`")
	}
	return found
}

// certificatesIn are the certificates of a PEM text, and nothing else of it: a private key that stands beside one goes nowhere.
func certificatesIn(text string) string {
	var found strings.Builder
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return found.String()
		}
		if _, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			block.Headers = nil
			found.Write(pem.EncodeToMemory(block))
		}
	}
}
