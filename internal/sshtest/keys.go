package sshtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/secret"
)

// ClientKey makes a throw-away ed25519 key: the private key as OpenSSH writes it, and its authorized_keys line.
func ClientKey() (key secret.Secret, authorized string) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	block, err := ssh.MarshalPrivateKey(private, "throw-away")
	if err != nil {
		panic(err) // an ed25519 key can be marshalled
	}
	sshPublic, err := ssh.NewPublicKey(public)
	if err != nil {
		panic(err)
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(sshPublic)))
	return secret.New(string(pem.EncodeToMemory(block))), line
}

// newHostKey makes a host key of a type that Options.HostKeys names.
func newHostKey(kind string) (ssh.Signer, error) {
	var private any
	var err error
	switch kind {
	case "ed25519":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "rsa":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		return nil, fmt.Errorf("sshtest: unknown type of host key %q", kind)
	}
	if err != nil {
		return nil, err
	}
	return ssh.NewSignerFromKey(private)
}

// serverConfig accepts the one user with the authorised key, or with a certificate that an authorised authority signed.
func (s *Server) serverConfig() (*ssh.ServerConfig, error) {
	config := &ssh.ServerConfig{ServerVersion: "SSH-2.0-sshtest"}
	for _, kind := range s.options.HostKeys[len(s.keys):] {
		key, err := newHostKey(kind)
		if err != nil {
			return nil, err
		}
		s.keys = append(s.keys, key)
	}
	for _, key := range s.keys {
		config.AddHostKey(key)
	}
	if s.options.AuthorizedKey == "" {
		config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
			return nil, fmt.Errorf("nobody may log in")
		}
		return config, nil
	}
	authorized, _, options, _, err := ssh.ParseAuthorizedKey([]byte(s.options.AuthorizedKey))
	if err != nil {
		return nil, fmt.Errorf("sshtest: authorised key: %w", err)
	}
	isAuthority := len(options) > 0 && options[0] == "cert-authority"
	same := func(key ssh.PublicKey) bool { return bytes.Equal(key.Marshal(), authorized.Marshal()) }
	checker := ssh.CertChecker{
		IsUserAuthority: func(key ssh.PublicKey) bool { return isAuthority && same(key) },
		UserKeyFallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if isAuthority || !same(key) {
				return nil, fmt.Errorf("key %s is not authorised", ssh.FingerprintSHA256(key))
			}
			return &ssh.Permissions{}, nil
		},
	}
	config.PublicKeyCallback = func(meta ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if err := s.options.Before(Operation{Kind: Login, Detail: meta.User()}); err != nil {
			return nil, err
		}
		if meta.User() != s.options.User {
			return nil, fmt.Errorf("user %s may not log in", meta.User())
		}
		return checker.Authenticate(meta, key)
	}
	return config, nil
}
