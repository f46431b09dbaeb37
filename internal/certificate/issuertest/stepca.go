package issuertest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
)

// StepCA is a real step-ca that runs.
type StepCA struct {
	URL  string
	Root string // its own certificate's authority, PEM

	log *output
}

// StartStepCA starts a step-ca whose one provisioner takes the tokens of a CI, and makes certificates by a template; "" is its own.
func StartStepCA(t testing.TB, ci *CI, template string) *StepCA {
	t.Helper()
	program := needtest.Tool(t, "step-ca")
	dir := t.TempDir()
	address := loopback.Free(t).String()
	ca := &StepCA{URL: "https://" + address, log: &output{}}
	root, rootKey := x509Certificate(t, "root", nil, nil)
	middle, middleKey := x509Certificate(t, "intermediate", root, rootKey)
	ca.Root = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}))
	options := map[string]any{}
	if template != "" {
		options["ssh"] = map[string]any{"templateFile": filepath.Join(dir, "ssh-user.tpl")}
	}
	config, err := json.Marshal(map[string]any{
		"root": filepath.Join(dir, "root.crt"), "crt": filepath.Join(dir, "intermediate.crt"), "key": filepath.Join(dir, "intermediate.key"),
		"address": address, "dnsNames": []string{"127.0.0.1"}, "logger": map[string]string{"format": "text"},
		"ssh": map[string]string{"userKey": filepath.Join(dir, "user.key"), "hostKey": filepath.Join(dir, "host.key")},
		"authority": map[string]any{"provisioners": []any{map[string]any{
			"type": "OIDC", "name": "ci", "clientID": ca.URL, "configurationEndpoint": ci.URL + "/.well-known/openid-configuration",
			"claims":  map[string]any{"enableSSHCA": true, "defaultUserSSHCertDuration": "30m", "maxUserSSHCertDuration": "1h"},
			"options": options,
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"ca.json": string(config), "ssh-user.tpl": template, "root.crt": ca.Root,
		"intermediate.crt": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: middle.Raw})),
		"intermediate.key": privateKey(t, middleKey), "user.key": privateKey(t, newKey(t)), "host.key": privateKey(t, newKey(t)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command(program, filepath.Join(dir, "ca.json"))
	command.Env = append(os.Environ(), "STEPPATH="+dir, "HOME="+dir)
	command.Stdout, command.Stderr = ca.log, ca.log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	for {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp", address)
		if err == nil {
			_ = conn.Close()
			return ca
		}
		select {
		case <-ended:
			t.Fatalf("step-ca ended:\n%s", ca.Log())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// UserKey is the key that hosts must trust, as step-ca gives it out.
func (ca *StepCA) UserKey(t testing.TB) []byte {
	t.Helper()
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM([]byte(ca.Root))
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, ca.URL+"/ssh/roots", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var keys struct {
		User [][]byte `json:"userKey"`
	}
	if err := json.Unmarshal(body, &keys); err != nil || len(keys.User) != 1 {
		t.Fatalf("%v: %s", err, body)
	}
	key, err := ssh.ParsePublicKey(keys.User[0])
	if err != nil {
		t.Fatal(err)
	}
	return ssh.MarshalAuthorizedKey(key)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func privateKey(t testing.TB, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}

// x509Certificate is an authority's certificate, signed by another one or, where that is nil, by itself.
func x509Certificate(t testing.TB, name string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

// output keeps what a program prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// Log is what step-ca has printed so far.
func (ca *StepCA) Log() string {
	ca.log.mu.Lock()
	defer ca.log.mu.Unlock()
	return ca.log.text.String()
}
