package ssh

import (
	"crypto/dsa" //nolint:staticcheck // only to recognise such a key and refuse it
	"crypto/x509"
	"encoding/pem"
	"errors"
	"regexp"
	"strings"

	"golang.org/x/crypto/ssh"

	"slipway/internal/deploy"
	"slipway/internal/secret"
)

// ParseKey reads a private key: OpenSSH or PEM, ed25519, ECDSA or RSA. What copying through secret stores does to keys
// (CRLF, a lost final newline, spaces around, newlines written out as \n or turned into spaces) is mended. An error is a
// deploy.Problem at the input, with the cause and what to do, and holds nothing of the key.
//
// RSA keys sign with SHA-2 only.
func ParseKey(key, passphrase secret.Secret) (ssh.Signer, error) {
	text := mend(key.Reveal())
	if problem := diagnose(text); problem != nil {
		return nil, *problem
	}
	private, err := ssh.ParseRawPrivateKey([]byte(text))
	var encrypted *ssh.PassphraseMissingError
	if errors.As(err, &encrypted) {
		if passphrase.IsEmpty() {
			return nil, keyProblem("the key is encrypted, and no passphrase is given"+named(encrypted.PublicKey),
				"set `ssh_key_passphrase`, or use a key without one")
		}
		if private, err = ssh.ParseRawPrivateKeyWithPassphrase([]byte(text), []byte(passphrase.Reveal())); err != nil {
			return nil, passphraseProblem(encrypted.PublicKey, err)
		}
	}
	if err != nil {
		return nil, unreadable(err)
	}
	if _, isDSA := private.(*dsa.PrivateKey); isDSA {
		return nil, keyProblem("the key is a DSA key, which SSH servers accept no more",
			"make one with `ssh-keygen -t ed25519`")
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, unreadable(err)
	}
	return modern(signer), nil
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

var (
	pemBegin = regexp.MustCompile(`-----BEGIN ([A-Z0-9 ]+)-----`)
	pemEnd   = regexp.MustCompile(`-----END ([A-Z0-9 ]+)-----`)
)

// mend undoes what copying does to a key: line ends, spaces, quotes, newlines written out or lost.
func mend(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	text = strings.TrimSpace(text)
	if quote := strings.Trim(text, `"'`); pemBegin.MatchString(quote) {
		text = quote
	}
	if pemBegin.MatchString(text) {
		text = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", `\r`, "\n").Replace(text)
	}
	begin, end := pemBegin.FindStringIndex(text), pemEnd.FindStringIndex(text)
	if begin != nil && end != nil && begin[1] <= end[0] && !strings.Contains(text[begin[1]:end[0]], ":") {
		// The body is base64 alone: wherever its spaces and line ends are, they can be put right.
		body := strings.Join(strings.Fields(text[begin[1]:end[0]]), "\n")
		text = text[:begin[1]] + "\n" + body + "\n" + text[end[0]:]
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n") + "\n"
}

func passphraseProblem(public ssh.PublicKey, err error) error {
	if errors.Is(err, x509.IncorrectPasswordError) || public == nil {
		// Older PEM has no checksum: a wrong passphrase often shows as a key that cannot be parsed.
		return keyProblem("the passphrase is wrong for this key"+named(public), "mend `ssh_key_passphrase`")
	}
	return unreadable(err)
}

// unreadable explains a key that has a key's frame and cannot be read.
func unreadable(err error) error {
	return keyProblem("the key is damaged or cut off: "+strings.TrimPrefix(err.Error(), "ssh: "),
		"paste the whole file again, from -----BEGIN to -----END, with all lines")
}

func keyProblem(message, hint string) deploy.Problem {
	return deploy.Problem{At: deploy.Position{File: "input ssh_key"}, Message: message, Hint: hint}
}

// named is the name of a public key behind a colon, or nothing.
func named(key ssh.PublicKey) string {
	if key == nil {
		return ""
	}
	return ": " + keyName(key)
}

// keyName is how keys are shown: type and fingerprint, as `ssh-keygen -l` prints them.
func keyName(key ssh.PublicKey) string {
	kind := strings.TrimPrefix(strings.TrimSuffix(key.Type(), "@openssh.com"), "ssh-")
	if certificate, ok := key.(*ssh.Certificate); ok {
		kind = strings.TrimPrefix(certificate.Key.Type(), "ssh-") + " certificate"
		key = certificate.Key
	}
	return kind + " " + ssh.FingerprintSHA256(key)
}

// isPEM tells whether text holds a whole PEM block.
func isPEM(text string) bool {
	block, _ := pem.Decode([]byte(text))
	return block != nil
}
