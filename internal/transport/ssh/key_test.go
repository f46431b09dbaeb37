package ssh

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // to see it refused
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"slipway/internal/deploy"
	"slipway/internal/secret"
)

const passphrase = "correct horse"

// keys are one of each kind, as crypto has them.
func keys(t *testing.T) map[string]crypto.PrivateKey {
	t.Helper()
	_, ed, err1 := ed25519.GenerateKey(rand.Reader)
	ec256, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ec521, err3 := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	rsa2048, err4 := rsa.GenerateKey(rand.Reader, 2048)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.PrivateKey{"ed25519": ed, "ecdsa-256": ec256, "ecdsa-521": ec521, "rsa": rsa2048}
}

// openSSH is a key as ssh-keygen writes it.
func openSSH(t *testing.T, key crypto.PrivateKey, passphrase string) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "comment")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "comment", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

func pkcs8(t *testing.T, key crypto.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// oldPEM is a key as older tools write it, encrypted where a passphrase is given.
func oldPEM(t *testing.T, key crypto.PrivateKey, passphrase string) string {
	t.Helper()
	block := &pem.Block{}
	var err error
	switch key := key.(type) {
	case *rsa.PrivateKey:
		block.Type, block.Bytes = "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)
	case *ecdsa.PrivateKey:
		block.Type = "EC PRIVATE KEY"
		block.Bytes, err = x509.MarshalECPrivateKey(key)
	}
	if err == nil && passphrase != "" {
		block, err = x509.EncryptPEMBlock(rand.Reader, block.Type, block.Bytes, []byte(passphrase), x509.PEMCipherAES128) //nolint:staticcheck // old keys have it
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	for name, key := range keys(t) {
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		want := ssh.FingerprintSHA256(signer.PublicKey())
		texts := map[string]string{
			"OpenSSH": openSSH(t, key, ""), "OpenSSH encrypted": openSSH(t, key, passphrase), "PKCS#8": pkcs8(t, key),
		}
		if name != "ed25519" {
			texts["PEM"], texts["PEM encrypted"] = oldPEM(t, key, ""), oldPEM(t, key, passphrase)
		}
		for format, text := range texts {
			got, err := ParseKey(secret.New(text), secret.New(passphrase))
			if err != nil {
				t.Errorf("%s, %s: %v", name, format, err)
				continue
			}
			if ssh.FingerprintSHA256(got.PublicKey()) != want {
				t.Errorf("%s, %s: another key", name, format)
			}
		}
	}
}

func TestRSASignsWithSHA2(t *testing.T) {
	t.Parallel()
	signer, err := ParseKey(secret.New(openSSH(t, keys(t)["rsa"], "")), secret.Secret{})
	if err != nil {
		t.Fatal(err)
	}
	algorithms := signer.(ssh.MultiAlgorithmSigner).Algorithms()
	if !slices.Equal(algorithms, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}) {
		t.Errorf("signs with %v", algorithms)
	}
}

// TestMend is what secret stores, shells and people do to a key.
func TestMend(t *testing.T) {
	t.Parallel()
	for name, key := range keys(t) {
		for format, text := range map[string]string{"OpenSSH": openSSH(t, key, ""), "PKCS#8": pkcs8(t, key)} {
			damage := map[string]string{
				"CRLF":                  strings.ReplaceAll(text, "\n", "\r\n"),
				"CR":                    strings.ReplaceAll(text, "\n", "\r"),
				"no final newline":      strings.TrimSuffix(text, "\n"),
				"spaces around":         "  \n\t" + text + "  \n\n",
				"spaces in front":       "    " + strings.ReplaceAll(text, "\n", "\n    "),
				"spaces at ends":        strings.ReplaceAll(text, "\n", "  \n"),
				"newlines written out":  strings.ReplaceAll(text, "\n", `\n`),
				"CRLF written out":      strings.ReplaceAll(text, "\n", `\r\n`),
				"newlines became space": strings.ReplaceAll(text, "\n", " "),
				"quoted":                `"` + strings.ReplaceAll(text, "\n", `\n`) + `"`,
				"byte order mark":       "\ufeff" + text,
				"empty lines between":   strings.ReplaceAll(text, "\n", "\n\n"),
			}
			for what, damaged := range damage {
				if _, err := ParseKey(secret.New(damaged), secret.Secret{}); err != nil {
					t.Errorf("%s, %s, %s: %v", name, format, what, err)
				}
			}
		}
	}
	encrypted := strings.ReplaceAll(oldPEM(t, keys(t)["rsa"], passphrase), "\n", "\r\n  ")
	if _, err := ParseKey(secret.New(encrypted), secret.New(passphrase)); err != nil {
		t.Errorf("encrypted PEM with CRLF and spaces: %v", err)
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	all := keys(t)
	key := openSSH(t, all["ed25519"], "")
	lines := strings.SplitAfter(key, "\n")
	signer, _ := ssh.NewSignerFromKey(all["ed25519"])
	public := string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	fingerprint := ssh.FingerprintSHA256(signer.PublicKey())
	var old dsa.PrivateKey
	if err := dsa.GenerateParameters(&old.Parameters, rand.Reader, dsa.L1024N160); err != nil {
		t.Fatal(err)
	}
	old.X, old.Y = big.NewInt(3), new(big.Int).Exp(old.G, big.NewInt(3), old.P)
	tests := []struct {
		name, text, passphrase string
		want                   []string // in the message or the hint
	}{
		{"empty", "", "", []string{"secret empty: a fork, Dependabot, or a missing `environment:`?"}},
		{"blank", " \r\n ", "", []string{"secret empty"}},
		{"public key", public, "", []string{"public key", fingerprint, "without .pub"}},
		{"damaged public key", "ssh-ed25519 AAAA%%%", "", []string{"public key", "damaged"}},
		{"PEM public key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "", []string{"public key"}},
		{"certificate", certify(t, signer, signer, nil), "", []string{"certificate", "`ssh_certificate`"}},
		{"X.509", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "", []string{"X.509"}},
		{"PuTTY", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "", []string{"PuTTY", "puttygen key.ppk -O private-openssh"}},
		{
			"encrypted PKCS#8", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----", passphrase,
			[]string{"encrypted PKCS#8", "ssh-keygen -p -f key"},
		},
		{"encrypted", openSSH(t, all["ed25519"], passphrase), "", []string{"encrypted", fingerprint, "`ssh_key_passphrase`"}},
		{"encrypted PEM", oldPEM(t, all["rsa"], passphrase), "", []string{"encrypted", "`ssh_key_passphrase`"}},
		{"wrong passphrase", openSSH(t, all["ed25519"], passphrase), "wrong", []string{"passphrase is wrong", fingerprint}},
		{"wrong passphrase, PEM", oldPEM(t, all["rsa"], passphrase), "wrong", []string{"passphrase is wrong"}},
		{"no end", strings.Join(lines[:len(lines)-2], ""), "", []string{"cut off", "-----END"}},
		{"lines missing", lines[0] + lines[1] + lines[len(lines)-2], "", []string{"damaged or cut off"}},
		{"half a line missing", lines[0] + lines[1][:33] + "\n" + lines[len(lines)-2], "", []string{"damaged"}},
		{"body alone", strings.Join(lines[1:len(lines)-2], ""), "", []string{"no private key", "-----BEGIN"}},
		{"base64", base64.StdEncoding.EncodeToString([]byte(key)), "", []string{"base64", "as it is"}},
		{"path", "~/.ssh/id_ed25519", "", []string{"path"}},
		{"prose", "hunter2", "", []string{"no private key"}},
		{"DSA", "-----BEGIN DSA PRIVATE KEY-----\n" + base64.StdEncoding.EncodeToString(marshalDSA(t, &old)) +
			"\n-----END DSA PRIVATE KEY-----", "", []string{"DSA", "ssh-keygen -t ed25519"}},
	}
	for _, test := range tests {
		_, err := ParseKey(secret.New(test.text), secret.New(test.passphrase))
		var problem deploy.Problem
		if !errors.As(err, &problem) || problem.At.File != "input ssh_key" || problem.Hint == "" {
			t.Errorf("%s: got %#v, want a problem at the input, with a hint", test.name, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q lacks %q", test.name, err, want)
			}
		}
		if body := strings.TrimSpace(lines[2]); strings.Contains(err.Error(), body[:20]) {
			t.Errorf("%s: the error holds a part of the key: %v", test.name, err)
		}
		t.Logf("%s:\n    %v", test.name, err)
	}
}
