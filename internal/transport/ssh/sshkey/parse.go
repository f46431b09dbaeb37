package sshkey

import (
	"crypto/dsa" //nolint:staticcheck // only to recognise such a key and refuse it
	"crypto/ecdh"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// Parse reads a private key: OpenSSH or PEM, ed25519, ECDSA or RSA. What copying through secret stores does to keys
// (CRLF, a lost final newline, spaces around, newlines written out as \n or turned into spaces, the whole in base64) is
// mended, and what stands around the key is left out. An error is a deploy.Problem at the input, with the cause and what to
// do, and holds nothing of the key.
//
// RSA keys sign with SHA-2 only.
func Parse(key, passphrase secret.Secret) (ssh.Signer, error) {
	text, problem := keyText(key.Reveal())
	if problem != nil {
		return nil, *problem
	}
	private, err := ssh.ParseRawPrivateKey([]byte(text))
	var encrypted *ssh.PassphraseMissingError
	if errors.As(err, &encrypted) {
		if passphrase.IsEmpty() {
			return nil, keyProblem("the key is encrypted, and no passphrase is given"+named(encrypted.PublicKey),
				"set `ssh_key_passphrase`, or use a key without one")
		}
		if private, err = decrypt(text, passphrase.Reveal()); err != nil {
			return nil, passphraseProblem(encrypted.PublicKey, err)
		}
	}
	if err != nil {
		return nil, unreadable(err)
	}
	if problem := unusable(private); problem != nil {
		return nil, *problem
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, unreadable(err)
	}
	return modern(signer), nil
}

// decrypt reads an encrypted key. Files and forms put a line break, or a space, behind a passphrase: where it is wrong as it
// stands, it is tried without.
func decrypt(text, passphrase string) (private any, err error) {
	tries := []string{passphrase, strings.TrimRight(passphrase, "\r\n"), strings.TrimSpace(passphrase)}
	for _, try := range slices.Compact(tries) {
		var failed error
		if private, failed = ssh.ParseRawPrivateKeyWithPassphrase([]byte(text), []byte(try)); failed == nil {
			return private, nil
		}
		if err == nil {
			err = failed // of the passphrase as it is
		}
	}
	return nil, err
}

// unusable says why servers would not accept a key that can be read; nil: they may.
func unusable(private any) *deploy.Problem {
	refuse := func(message string) *deploy.Problem {
		problem := keyProblem(message, "make one with `ssh-keygen -t ed25519`")
		return &problem
	}
	switch key := private.(type) {
	case *dsa.PrivateKey:
		return refuse("the key is a DSA key, which SSH servers accept no more")
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < 1024 {
			return refuse(fmt.Sprintf("the key is an RSA key of %d bits, which SSH servers do not accept", bits))
		}
	case *ecdh.PrivateKey:
		return refuse("the key is an X25519 key: it exchanges keys, and cannot sign")
	}
	return nil
}

// modern keeps an RSA key from signing with SHA-1. Other keys have one algorithm each.
func modern(signer ssh.Signer) ssh.Signer {
	algorithmSigner, ok := signer.(ssh.AlgorithmSigner)
	if !ok || signer.PublicKey().Type() != ssh.KeyAlgoRSA {
		return signer
	}
	restricted, err := ssh.NewSignerWithAlgorithms(algorithmSigner, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256})
	if err != nil {
		return signer // cannot be: both are an RSA key's
	}
	return restricted
}

func passphraseProblem(public ssh.PublicKey, err error) error {
	if errors.Is(err, x509.IncorrectPasswordError) || public == nil {
		// Older PEM has no checksum: a wrong passphrase often shows as a key that cannot be parsed.
		return keyProblem("the passphrase is wrong for this key"+named(public), "mend `ssh_key_passphrase`")
	}
	return unreadable(err)
}

// unreadable explains a key that has a key's frame and cannot be read. The library's errors have no types.
func unreadable(err error) error {
	text := strings.TrimPrefix(err.Error(), "ssh: ")
	for _, known := range []struct{ sign, message, hint string }{
		{
			"unknown cipher", "the key is encrypted in a way that cannot be read here: " + text,
			"convert it with `ssh-keygen -p -Z aes256-ctr -f key`",
		},
		{
			"unhandled key type", "the key is of a kind that cannot be used here: one of a security token (sk) needs somebody to touch that",
			"make one with `ssh-keygen -t ed25519`",
		},
		{
			"elliptic curve", "the key is of a curve that SSH does not have: it has P-256, P-384, P-521 and Ed25519",
			"make one with `ssh-keygen -t ed25519`",
		},
		{"unsupported key type", "the key is of a kind that SSH does not have: " + text, "make one with `ssh-keygen -t ed25519`"},
	} {
		if strings.Contains(text, known.sign) {
			return keyProblem(known.message, known.hint)
		}
	}
	return keyProblem("the key is damaged or cut off: "+text,
		"paste the whole file again, from -----BEGIN to -----END, with all lines")
}

func keyProblem(message, hint string) deploy.Problem {
	return deploy.Problem{At: deploy.InInput("ssh_key", 0, 0), Message: message, Hint: hint}
}

// named is the name of a public key behind a colon, or nothing.
func named(key ssh.PublicKey) string {
	if key == nil {
		return ""
	}
	return ": " + Name(key)
}
