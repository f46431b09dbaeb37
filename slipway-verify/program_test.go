package main_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/slipway-verify/internal/bundletest"
	"github.com/slipway/slipway/slipway-verify/protocol"
)

// ask starts the program, as slipway does it: with its request, and next to no environment.
func ask(t *testing.T, program string, request any) (protocol.Verdict, string) {
	t.Helper()
	text, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env, cmd.Stdin = []string{"HTTPS_PROXY=http://127.0.0.1:1"}, bytes.NewReader(text) // nobody is there
	var said, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complaint
	var verdict protocol.Verdict
	if cmd.Run() != nil {
		if said.Len() > 0 {
			t.Errorf("it ends badly, and says %q", &said)
		}
		return verdict, complaint.String()
	}
	if err := json.Unmarshal(said.Bytes(), &verdict); err != nil {
		t.Fatalf("%q: %v", &said, err)
	}
	return verdict, ""
}

// TestProgram: a bundle that holds, one that does not, and no network.
func TestProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "slipway-verify")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sigstore := bundletest.New(t, "sigstore.dev")
	build := bundletest.Default()
	build.SHA256 = bundletest.Digest([]byte("the tarball"))
	request := protocol.Request{
		Version: protocol.Version, SHA256: build.SHA256, Issuer: build.Issuer, Repository: build.Repository,
		Bundles: []json.RawMessage{sigstore.Attest(t, build)}, TrustedRoots: sigstore.Root(t),
	}
	if verdict, complaint := ask(t, program, request); len(verdict.Verified) != 1 || verdict.Verified[0].Commit != build.Commit || verdict.SHA256 != build.SHA256 {
		t.Errorf("got %+v, %s", verdict, complaint)
	}
	other := request
	other.SHA256 = bundletest.Digest([]byte("another"))
	if verdict, complaint := ask(t, program, other); len(verdict.Verified) != 0 || len(verdict.Refused) != 1 || verdict.SHA256 != other.SHA256 {
		t.Errorf("of another file: %+v, %s", verdict, complaint)
	}
	noRoot, noNetwork := request, request
	noRoot.TrustedRoots, noNetwork.TrustedRoots = "[]", ""
	for want, request := range map[string]any{
		"trusted root 1 is none of Sigstore's":            noRoot,
		"the trusted root of GitHub could not be fetched": noNetwork,
		"standard input is no request":                    "hello",
		"is longer than":                                  strings.Repeat("x", 30<<20),
	} {
		if verdict, complaint := ask(t, program, request); len(verdict.Verified) != 0 || !strings.Contains(complaint, want) {
			t.Errorf("got %+v, %s; want %q", verdict, complaint, want)
		}
	}
}
