package certificate

import (
	"context"
	"net/http"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/secret"
)

// endpoint is a service of one's own. docs/keyless.md says what it is sent, and what it answers.
type endpoint struct{ client }

func (e endpoint) sign(ctx context.Context, key ssh.PublicKey, token secret.Secret) (*ssh.Certificate, error) {
	asked := map[string]any{"public_key": line(key), "principals": e.from.Principals}
	if e.from.TTL > 0 {
		asked["ttl"] = int(e.from.TTL.Seconds())
	}
	var out struct {
		Certificate string `json:"certificate"`
	}
	header := http.Header{"Authorization": {"Bearer " + token.Reveal()}}
	if err := e.post(ctx, "the signature", "", header, true, asked, &out); err != nil {
		return nil, err
	}
	return fromLine(out.Certificate)
}
