package certificate

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/call"
	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

const answerLimit = 256 << 10 // bytes of an issuer's answer: a certificate has about 1 KiB

// client speaks JSON with an issuer.
type client struct {
	from   deploy.CertificateFrom
	mask   func(...secret.Secret)
	redact func(string) string
}

// refusal is why an issuer gave no answer, or another one than was wanted.
type refusal struct {
	cause error
	hint  string
	later bool // another try may go well
}

func (r *refusal) Error() string { return r.cause.Error() }

func (r *refusal) Unwrap() error { return r.cause }

// post sends a JSON text to a path below the issuer's address and reads the answer. once says that the server takes the same request
// no second time: it is not repeated where it may have arrived.
func (c client) post(ctx context.Context, what, path string, header http.Header, once bool, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	u, err := url.Parse(c.from.URL)
	if err != nil {
		return err
	}
	if path != "" {
		u = u.JoinPath(path)
	}
	header.Set("Content-Type", "application/json")
	header.Set("Accept", "application/json")
	policy := call.Policy{Timeout: 20 * time.Second, Retries: 3, Roots: roots(c.from.CA)}
	read, err := call.Ask(ctx, request.Filled{Method: http.MethodPost, URL: u, Header: header, Body: text, Idempotent: !once}, policy, answerLimit, func(string) {})
	if err != nil {
		return c.refusalOf(what, err)
	}
	if err := json.Unmarshal(read, answer); err != nil {
		return &refusal{cause: fmt.Errorf("%s: its answer is not the JSON that was expected", what), hint: "is it the issuer's address?"}
	}
	return nil
}

// roots are the authorities that may vouch for the issuer; nil are the usual ones.
func roots(pem string) *x509.CertPool {
	if pem == "" {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(pem))
	return pool
}

// refusalOf says what an issuer said. It may quote the token, which is taken out before the answer is cut.
func (c client) refusalOf(what string, err error) error {
	r := &refusal{cause: fmt.Errorf("%s: %w", what, err)}
	var failed *call.Error
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &unknown):
		r.hint = "where its certificate is of an authority of your own, give that as `ca`"
	case errors.As(err, &failed):
		r.hint, r.later = failed.Hint, mayPass(err)
		if said := call.Lines(c.redact(failed.Answer)); len(said) > 0 {
			r.cause = fmt.Errorf("%w: %s", r.cause, strings.Join(said[:min(len(said), 5)], " "))
		}
		if strings.HasPrefix(failed.Status, "40") {
			r.hint = "hold the issuer's rules against what the job is: docs/keyless.md"
		}
	}
	return r
}

// mayPass reports whether a call failed for a reason that may pass: nothing answered, or the server is not up to it now.
func mayPass(err error) bool {
	var failed *call.Error
	return errors.As(err, &failed) && (failed.Status == "" || strings.HasPrefix(failed.Status, "5") || strings.HasPrefix(failed.Status, "429"))
}

// fromLine reads a certificate as authorized_keys has one.
func fromLine(line string) (*ssh.Certificate, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(strings.TrimSpace(line)))
	return certificateOf(key, err)
}

func certificateOf(key ssh.PublicKey, err error) (*ssh.Certificate, error) {
	certificate, ok := key.(*ssh.Certificate)
	if err != nil || !ok {
		return nil, &refusal{cause: errors.New("what it gave is no SSH certificate"), hint: "is it the issuer's address?"}
	}
	return certificate, nil
}

// line is a public key as authorized_keys has one.
func line(key ssh.PublicKey) string { return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) }
