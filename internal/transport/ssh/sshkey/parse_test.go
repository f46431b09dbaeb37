package sshkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest/hosttest"
)

const passphrase = "correct horse"

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

func TestParse(t *testing.T) {
	t.Parallel()
	for name, key := range hosttest.Keys(t) {
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		want := ssh.FingerprintSHA256(signer.PublicKey())
		texts := map[string]string{
			"OpenSSH": hosttest.PrivateKey(t, key, ""), "OpenSSH encrypted": hosttest.PrivateKey(t, key, passphrase), "PKCS#8": pkcs8(t, key),
		}
		if name != "ed25519" {
			texts["PEM"], texts["PEM encrypted"] = oldPEM(t, key, ""), oldPEM(t, key, passphrase)
		}
		for format, text := range texts {
			got, err := Parse(secret.New(text), secret.New(passphrase))
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
	signer, err := Parse(secret.New(hosttest.PrivateKey(t, hosttest.Keys(t)["rsa"], "")), secret.Secret{})
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
	for name, key := range hosttest.Keys(t) {
		for format, text := range map[string]string{"OpenSSH": hosttest.PrivateKey(t, key, ""), "PKCS#8": pkcs8(t, key)} {
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
				"single quotes":         "'" + text + "'",
				"written out twice":     strings.ReplaceAll(text, "\n", `\\n`),
				"text around":           "Bag Attributes\n    friendlyName: deploy\nkey: " + text + "that was the key\n",
				"EC parameters":         "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + text,
				"a public key behind":   text + "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
				"a certificate before":  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + text,
				"twice":                 text + text,
				"base64":                base64.StdEncoding.EncodeToString([]byte(text)),
				"base64 in lines":       inLines(base64.StdEncoding.EncodeToString([]byte(text))),
				"base64 for URLs":       base64.RawURLEncoding.EncodeToString([]byte(text)),
				"base64 of CRLF":        base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(text, "\n", "\r\n"))) + "\r\n",
				"base64, quoted":        `"` + base64.StdEncoding.EncodeToString([]byte(text)) + `"`,
			}
			for what, damaged := range damage {
				if _, err := Parse(secret.New(damaged), secret.Secret{}); err != nil {
					t.Errorf("%s, %s, %s: %v", name, format, what, err)
				}
			}
		}
	}
	encrypted := strings.ReplaceAll(oldPEM(t, hosttest.Keys(t)["rsa"], passphrase), "\n", "\r\n  ")
	if _, err := Parse(secret.New(encrypted), secret.New(passphrase)); err != nil {
		t.Errorf("encrypted PEM with CRLF and spaces: %v", err)
	}
}

// inLines breaks a text at 76 characters, as base64(1) does.
func inLines(text string) string {
	var lines strings.Builder
	for ; len(text) > 76; text = text[76:] {
		lines.WriteString(text[:76] + "\n")
	}
	return lines.String() + text + "\n"
}

// TestPassphrase has what files and forms put around a passphrase, and one that really has it.
func TestPassphrase(t *testing.T) {
	t.Parallel()
	all := hosttest.Keys(t)
	for format, text := range map[string]string{"OpenSSH": hosttest.PrivateKey(t, all["ed25519"], passphrase), "PEM": oldPEM(t, all["ecdsa-256"], passphrase)} {
		for _, given := range []string{passphrase, passphrase + "\n", passphrase + "\r\n", " " + passphrase + " \n"} {
			if _, err := Parse(secret.New(text), secret.New(given)); err != nil {
				t.Errorf("%s, %q: %v", format, given, err)
			}
		}
	}
	if _, err := Parse(secret.New(hosttest.PrivateKey(t, all["ed25519"], passphrase+"\n")), secret.New(passphrase+"\n")); err != nil {
		t.Errorf("one that ends with a line break: %v", err)
	}
}

// TestToolsKeys are keys as openssl and ssh-keygen write them themselves.
func TestToolsKeys(t *testing.T) {
	t.Parallel()
	openssl, keygen := needtest.Program(t, "openssl"), needtest.Program(t, "ssh-keygen")
	dir := t.TempDir()
	for name, command := range map[string][]string{
		"ecparam":            {openssl, "ecparam", "-name", "prime256v1", "-genkey", "-out", "KEY"},
		"ecparam, P-521":     {openssl, "ecparam", "-name", "secp521r1", "-genkey", "-out", "KEY"},
		"genpkey":            {openssl, "genpkey", "-algorithm", "ed25519", "-out", "KEY"},
		"genpkey with text":  {openssl, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-text", "-out", "KEY"},
		"ssh-keygen -m PEM":  {keygen, "-q", "-t", "ecdsa", "-m", "PEM", "-N", passphrase, "-f", "KEY"},
		"ssh-keygen":         {keygen, "-q", "-t", "ed25519", "-N", passphrase, "-f", "KEY"},
		"curve of no server": {openssl, "ecparam", "-name", "secp256k1", "-genkey", "-out", "KEY"},
		"other cipher":       {keygen, "-q", "-t", "ed25519", "-Z", "aes128-gcm@openssh.com", "-N", passphrase, "-f", "KEY"},
		"encrypted PKCS#8":   {openssl, "genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:" + passphrase, "-out", "KEY"},
	} {
		want := map[string]string{
			"curve of no server": "curve that SSH does not have", "other cipher": "`ssh-keygen -p -Z aes256-ctr -f key`", "encrypted PKCS#8": "`ssh-keygen -p -f key`",
		}[name]
		file := filepath.Join(dir, strings.ReplaceAll(name, " ", "_"))
		for i, arg := range command {
			command[i] = strings.ReplaceAll(arg, "KEY", file)
		}
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := Parse(secret.New(string(text)), secret.New(passphrase))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case want == "":
			if _, err := signer.Sign(rand.Reader, []byte("data")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case err == nil || !strings.Contains(err.Error(), want):
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}

// FuzzKey feeds anything as a key and its passphrase: it is read, or refused in words that hold nothing of it.
func FuzzKey(f *testing.F) {
	for _, text := range []string{
		"", "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----",
		"-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\\n-----END OPENSSH PRIVATE KEY-----", "LS0tLS1CRUdJTiA", "ssh-ed25519 AAAA", "PuTTY-User-Key-File-3",
	} {
		f.Add(text, "")
	}
	f.Fuzz(func(t *testing.T, text, passphrase string) {
		if len(text) > 4096 || strings.Contains(text, "bcrypt") {
			return // bcrypt takes as many rounds as a key says
		}
		signer, err := Parse(secret.New(text), secret.New(passphrase))
		var problem deploy.Problem
		switch {
		case (signer == nil) == (err == nil):
			t.Errorf("%v and %v", signer, err)
		case err != nil && (!errors.As(err, &problem) || problem.Hint == ""):
			t.Errorf("got %#v", err)
		}
	})
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	all := hosttest.Keys(t)
	key := hosttest.PrivateKey(t, all["ed25519"], "")
	lines := strings.SplitAfter(key, "\n")
	signer, _ := ssh.NewSignerFromKey(all["ed25519"])
	public := string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	fingerprint := ssh.FingerprintSHA256(signer.PublicKey())
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
		{"encrypted", hosttest.PrivateKey(t, all["ed25519"], passphrase), "", []string{"encrypted", fingerprint, "`ssh_key_passphrase`"}},
		{"encrypted PEM", oldPEM(t, all["rsa"], passphrase), "", []string{"encrypted", "`ssh_key_passphrase`"}},
		{"wrong passphrase", hosttest.PrivateKey(t, all["ed25519"], passphrase), "wrong", []string{"passphrase is wrong", fingerprint}},
		{"wrong passphrase, PEM", oldPEM(t, all["rsa"], passphrase), "wrong", []string{"passphrase is wrong"}},
		{"no end", strings.Join(lines[:len(lines)-2], ""), "", []string{"cut off", "-----END"}},
		{"lines missing", lines[0] + lines[1] + lines[len(lines)-2], "", []string{"damaged or cut off"}},
		{"half a line missing", lines[0] + lines[1][:33] + "\n" + lines[len(lines)-2], "", []string{"damaged"}},
		{"body alone", strings.Join(lines[1:len(lines)-2], ""), "", []string{"no private key", "-----BEGIN"}},
		{"half of base64", base64.StdEncoding.EncodeToString([]byte(key))[:200], "", []string{"cut off"}},
		{"base64 of a public key", base64.StdEncoding.EncodeToString([]byte(public)), "", []string{"no private key"}},
		{"base64 of PuTTY's", base64.StdEncoding.EncodeToString([]byte("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n")), "", []string{"PuTTY's format"}},
		{"two keys", key + hosttest.PrivateKey(t, all["rsa"], ""), "", []string{"2 private keys", "alone"}},
		{"parameters alone", "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----", "", []string{"no private key"}},
		{"path", "~/.ssh/id_ed25519", "", []string{"path"}},
		{"prose", "hunter2", "", []string{"no private key"}},
		{"DSA", "-----BEGIN DSA PRIVATE KEY-----\n" + base64.StdEncoding.EncodeToString(dsaKey(t)) +
			"\n-----END DSA PRIVATE KEY-----", "", []string{"DSA", "ssh-keygen -t ed25519"}},
	}
	for _, test := range tests {
		_, err := Parse(secret.New(test.text), secret.New(test.passphrase))
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
