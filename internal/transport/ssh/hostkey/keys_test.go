package hostkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// keys are one of each kind, as crypto has them. They are made once.
func keys(t *testing.T) map[string]crypto.PrivateKey {
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

// openSSH is a key as ssh-keygen writes it.
func openSSH(t *testing.T, key crypto.PrivateKey) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "comment")
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}
