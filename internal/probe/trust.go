package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// trust is which certificates are taken. One must be of the host that the request asks for, which the header Host may name where
// the URL has an address.
func trust(check deploy.HTTPCheck, host string) (*tls.Config, error) {
	security := &tls.Config{ServerName: (&url.URL{Host: host}).Hostname(), MinVersion: tls.VersionTLS12, InsecureSkipVerify: check.Insecure} //nolint:gosec // the deploy file says so
	if check.CA != "" {
		pool, err := Authorities(check.CA)
		if err != nil {
			return nil, err
		}
		security.RootCAs = pool
	}
	return security, nil
}

// Authorities are the certificates in a PEM text.
func Authorities(text string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(text)) {
		return nil, errors.New("there is no certificate in the check's `ca`")
	}
	return pool, nil
}

// Untrusted reports whether it was the certificate that failed a question.
func Untrusted(err error) bool {
	var failed *tls.CertificateVerificationError
	return errors.As(err, &failed)
}

// AnotherName reports whether the certificate is trusted, and of another name than the one asked for.
func AnotherName(err error) bool {
	var other x509.HostnameError
	return errors.As(err, &other)
}

// ErrNotTLS says that a URL begins with https, and what answers there does not speak TLS.
var ErrNotTLS = errors.New("it does not speak TLS: `https://` is asked for, and plain HTTP may be there")

// plainly puts what net/http says into words that help, where it has none.
func plainly(err error) error {
	var noTLS tls.RecordHeaderError
	if errors.As(err, &noTLS) || errors.Is(err, http.ErrSchemeMismatch) {
		return ErrNotTLS
	}
	if strings.HasSuffix(err.Error(), io.EOF.Error()) {
		return closed{err}
	}
	return err
}

// closed is the end of a connection, for which net/http has the word EOF alone.
type closed struct{ error }

func (closed) Error() string   { return "the connection was closed" }
func (c closed) Unwrap() error { return c.error }
