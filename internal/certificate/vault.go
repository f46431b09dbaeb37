package certificate

import (
	"context"
	"net/http"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/secret"
)

// vault is a Vault or an OpenBao: the JWT auth method lets the job in, the SSH secrets engine signs
// (developer.hashicorp.com/vault/api-docs/auth/jwt, .../secret/ssh; openbao.org/api-docs has the same).
type vault struct{ client }

func (v vault) sign(ctx context.Context, key ssh.PublicKey, token secret.Secret) (*ssh.Certificate, error) {
	var in struct {
		Auth struct {
			ClientToken string `json:"client_token"`
		} `json:"auth"`
	}
	login := map[string]string{"role": v.from.JWTRole, "jwt": token.Reveal()}
	if err := v.post(ctx, "the log-in", "/v1/auth/"+v.from.JWTMount+"/login", v.header(""), false, login, &in); err != nil {
		return nil, err
	}
	client := secret.New(in.Auth.ClientToken)
	v.mask(client)
	asked := map[string]any{"public_key": line(key), "cert_type": "user", "valid_principals": strings.Join(v.from.Principals, ",")}
	if v.from.TTL > 0 {
		asked["ttl"] = int(v.from.TTL.Seconds())
	}
	var out struct {
		Data struct {
			SignedKey string `json:"signed_key"`
		} `json:"data"`
	}
	path := "/v1/" + v.from.Mount + "/sign/" + v.from.Role
	if err := v.post(ctx, "the signature", path, v.header(client.Reveal()), false, asked, &out); err != nil {
		return nil, err
	}
	return fromLine(out.Data.SignedKey)
}

func (v vault) header(token string) http.Header {
	header := http.Header{"X-Vault-Request": {"true"}}
	if token != "" {
		header.Set("X-Vault-Token", token)
	}
	if v.from.Namespace != "" {
		header.Set("X-Vault-Namespace", v.from.Namespace)
	}
	return header
}
