package hosttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/needtest"
)

// Keys are one of each kind, as crypto has them. They are made once.
func Keys(t testing.TB) map[string]crypto.PrivateKey {
	t.Helper()
	all, err := madeKeys()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var madeKeys = sync.OnceValues(func() (map[string]crypto.PrivateKey, error) {
	_, ed, err1 := ed25519.GenerateKey(rand.Reader)
	ec256, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ec521, err3 := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	rsa2048, err4 := rsa.GenerateKey(rand.Reader, 2048)
	return map[string]crypto.PrivateKey{"ed25519": ed, "ecdsa-256": ec256, "ecdsa-521": ec521, "rsa": rsa2048}, errors.Join(err1, err2, err3, err4)
})

// PrivateKey is a key as ssh-keygen writes it. Encrypted, it takes one round to open: the usual number takes seconds with the race detector.
func PrivateKey(t testing.TB, key crypto.PrivateKey, passphrase string) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "comment")
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(block)
	if passphrase == "" {
		return string(text)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(needtest.Program(t, "ssh-keygen"), "-q", "-p", "-a", "1", "-P", "", "-N", passphrase, "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if text, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	return string(text)
}
