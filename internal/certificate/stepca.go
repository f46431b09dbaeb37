package certificate

import (
	"context"
	"net/http"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/secret"
)

// stepCA is a step-ca whose provisioner of type OIDC takes the job's token (smallstep/certificates, api/ssh.go). It takes each token
// once, so a request that may have arrived is not repeated.
type stepCA struct{ client }

func (s stepCA) sign(ctx context.Context, key ssh.PublicKey, token secret.Secret) (*ssh.Certificate, error) {
	asked := map[string]any{"publicKey": key.Marshal(), "ott": token.Reveal(), "certType": "user", "principals": s.from.Principals}
	if s.from.TTL > 0 {
		asked["validBefore"] = s.from.TTL.String()
	}
	var out struct {
		Certificate []byte `json:"crt"` // of OpenSSH's wire format
	}
	if err := s.post(ctx, "the signature", "/1.0/ssh/sign", http.Header{}, true, asked, &out); err != nil {
		return nil, err
	}
	return certificateOf(ssh.ParsePublicKey(out.Certificate))
}
