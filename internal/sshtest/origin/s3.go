package origin

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/needtest"
)

// S3 is object storage with S3's API, a real Versity Gateway over a folder, which verifies signatures. It has one bucket, and runs until
// its test ends.
type S3 struct {
	Addr string // 127.0.0.1 and a port

	authority string // a file
}

const (
	keyID  = "AKIAIOSFODNN7EXAMPLE"
	key    = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" // as in Amazon's own examples
	region = "us-east-1"
	bucket = "builds"
)

// StartS3 starts object storage.
func StartS3(t testing.TB) *S3 {
	t.Helper()
	root := t.TempDir()
	certify(t, root)
	s := &S3{Addr: freeAddress(t), authority: filepath.Join(root, "cert.pem")}
	if err := os.MkdirAll(filepath.Join(root, "store"), 0o700); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(needtest.Tool(t, "versitygw"), "--port", s.Addr, "--cert", s.authority, "--key", filepath.Join(root, "key.pem"),
		"--region", region, "--quiet", "posix", filepath.Join(root, "store"))
	server.Env = append(os.Environ(), "ROOT_ACCESS_KEY_ID="+keyID, "ROOT_SECRET_ACCESS_KEY="+key)
	run(t, server, s.Addr)
	s.put(t, "/"+bucket, nil)
	return s
}

// Put stores an object in the bucket.
func (s *S3) Put(t testing.TB, name string, content []byte) {
	t.Helper()
	s.put(t, "/"+bucket+"/"+name, content)
}

func (s *S3) put(t testing.TB, path string, content []byte) {
	t.Helper()
	authority, err := os.ReadFile(s.authority)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPut, presign(http.MethodPut, s.Addr, path, time.Now(), time.Hour), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("putting %s: %s", path, answer.Status)
	}
}

// Signed is an object's address at the storage, or at what stands before it, as it was signed at a time for so long.
func (s *S3) Signed(addr, name string, at time.Time, within time.Duration) string {
	return presign(http.MethodGet, addr, "/"+bucket+"/"+name, at, within)
}

// Trust lets the curl and wget of a user take the storage's certificate.
func (s *S3) Trust(t testing.TB, home string) {
	t.Helper()
	trust(t, home, s.authority)
}

// presign signs an address as docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html says.
func presign(method, addr, path string, at time.Time, within time.Duration) string {
	day, second := at.UTC().Format("20060102"), at.UTC().Format("20060102T150405Z")
	scope := day + "/" + region + "/s3/aws4_request"
	query := url.Values{
		"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Credential": {keyID + "/" + scope}, "X-Amz-Date": {second},
		"X-Amz-Expires": {fmt.Sprint(int(within.Seconds()))}, "X-Amz-SignedHeaders": {"host"},
	}.Encode()
	asked := sha256.Sum256([]byte(strings.Join([]string{method, path, query, "host:" + addr + "\n", "host", "UNSIGNED-PAYLOAD"}, "\n")))
	signing := []byte("AWS4" + key)
	for _, part := range []string{day, region, "s3", "aws4_request", "AWS4-HMAC-SHA256\n" + second + "\n" + scope + "\n" + hex.EncodeToString(asked[:])} {
		sum := hmac.New(sha256.New, signing)
		sum.Write([]byte(part))
		signing = sum.Sum(nil)
	}
	return "https://" + addr + path + "?" + query + "&X-Amz-Signature=" + hex.EncodeToString(signing)
}
