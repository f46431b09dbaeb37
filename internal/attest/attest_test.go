package attest

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/attest/protocol"
	"github.com/slipway/slipway/internal/deploy"
)

const digest = "9444287dee246d8a40b79422081a10430102ae982462a7c7e713e729b593d2d5"

// verifier is a program that does what a script says.
func verifier(t *testing.T, script string) Verifier {
	t.Helper()
	path := filepath.Join(t.TempDir(), Name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return Verifier{Path: path, Env: []string{"PATH=" + os.Getenv("PATH")}}
}

func request() protocol.Request {
	return protocol.Request{SHA256: digest, Issuer: "https://issuer", Repository: "https://github.com/acme/site", Bundles: []json.RawMessage{json.RawMessage(`{}`)}}
}

func says(t *testing.T, verdict protocol.Verdict) string {
	t.Helper()
	text, err := json.Marshal(verdict)
	if err != nil {
		t.Fatal(err)
	}
	return "cat >/dev/null; cat <<'END'\n" + string(text) + "\nEND\n"
}

func good() protocol.Verdict {
	return protocol.Verdict{Version: protocol.Version, SHA256: digest, Verified: []protocol.Build{{Issuer: "https://issuer", Repository: "https://github.com/acme/Site", Commit: "11"}}}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	builds, err := verifier(t, says(t, good())).Verify(t.Context(), request())
	if err != nil || len(builds) != 1 || builds[0].Commit != "11" {
		t.Errorf("got %+v, %v", builds, err)
	}
}

// Whatever is no verdict that lets the artifact pass is a refusal.
func TestVerifyFailsClosed(t *testing.T) {
	t.Parallel()
	changed := func(change func(*protocol.Verdict)) string {
		verdict := good()
		change(&verdict)
		return says(t, verdict)
	}
	for name, test := range map[string]struct{ script, want string }{
		"none holds": {changed(func(v *protocol.Verdict) {
			v.Verified, v.Refused = nil, []protocol.Refusal{{Reason: "it is of another repository"}}
		}), "its attestation does not hold: it is of another repository"},
		"nothing at all":         {"cat >/dev/null", "gave no verdict"},
		"ends badly":             {"cat >/dev/null; echo slipway-verify: no network >&2; exit 1", "gave no verdict (exit status 1): no network"},
		"ends badly with a word": {says(t, good()) + "exit 3\n", "gave no verdict (exit status 3): it said nothing"},
		"is killed":              {"kill -9 $$", "gave no verdict (signal: killed)"},
		"nonsense":               {"cat >/dev/null; echo yes", "gave no verdict"},
		"more than a verdict":    {says(t, good()) + "echo '{}'", "more follows"},
		"an unknown field":       {strings.Replace(says(t, good()), `{"version"`, `{"ok":true,"version"`, 1), "unknown field"},
		"another version":        {changed(func(v *protocol.Verdict) { v.Version = 2 }), "speaks version 2"},
		"another digest":         {changed(func(v *protocol.Verdict) { v.SHA256 = strings.Repeat("0", 64) }), "about another digest"},
		"another issuer":         {changed(func(v *protocol.Verdict) { v.Verified[0].Issuer = "https://other" }), "another repository or issuer"},
		"another repository":     {changed(func(v *protocol.Verdict) { v.Verified[0].Repository = "https://github.com/evil/site" }), "another repository or issuer"},
		"more than there are":    {changed(func(v *protocol.Verdict) { v.Verified = append(v.Verified, v.Verified...) }), "more attestations than there are"},
		"too much":               {"cat >/dev/null; yes", "says more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			builds, err := verifier(t, test.script).Verify(t.Context(), request())
			var failure *deploy.Error
			if builds != nil || !errors.As(err, &failure) || !strings.Contains(err.Error(), test.want) || failure.Hint == "" {
				t.Errorf("got %+v, %v; want a refusal that has %q, and a hint", builds, err, test.want)
			}
		})
	}
}

func TestHere(t *testing.T) {
	t.Parallel()
	path := Beside(filepath.Join(t.TempDir(), "slipway"))
	if err := (Verifier{Path: path}).Here(); err == nil || !strings.Contains(err.Error(), "takes the program slipway-verify, which is not here") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var failure *deploy.Error
	if err := (Verifier{Path: path}).Here(); !errors.As(err, &failure) || !errors.Is(err, fs.ErrPermission) || failure.Hint == "" {
		t.Errorf("a file that is no program: %v", err)
	}
	if err := verifier(t, "true").Here(); err != nil {
		t.Error(err)
	}
}

// A program that hangs, and left another that holds its output, is ended with the deployment's time.
func TestVerifyEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := verifier(t, "sleep 600 & wait").Verify(ctx, request()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// The program sees where a proxy is, and no secret.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	all := map[string]string{"HTTPS_PROXY": "http://proxy", "INPUT_SSH_KEY": "KEY", "GITHUB_TOKEN": "ghs", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "jwt"}
	got := Environment(func(name string) (string, bool) { value, ok := all[name]; return value, ok })
	if strings.Join(got, " ") != "HTTPS_PROXY=http://proxy" {
		t.Errorf("got %q", got)
	}
}

func TestBundles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		count int
		err   string
	}{
		"{\"a\": 1}":              {count: 1},
		"{\n \"a\": 1\n}\n\n{}":   {count: 2},
		"":                        {err: "it is empty"},
		" \n":                     {err: "it is empty"},
		"[{}]":                    {err: "it is no Sigstore bundle"},
		"{}{":                     {err: "it is no JSON"},
		"-----BEGIN":              {err: "it is no JSON"},
		strings.Repeat("{}", 101): {err: "more than 100"},
		"{\"a\": \"" + strings.Repeat("x", protocol.MaxBundleBytes) + "\"}": {err: "larger than 16 MiB"},
	} {
		bundles, err := Bundles([]byte(text))
		if want.err == "" && (err != nil || len(bundles) != want.count) || want.err != "" && (err == nil || !strings.Contains(err.Error(), want.err)) {
			t.Errorf("%.20q: got %d, %v; want %+v", text, len(bundles), err, want)
		}
	}
}

func FuzzBundles(f *testing.F) {
	f.Add([]byte("{\"a\": 1}\n{}"))
	f.Add([]byte("[]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		bundles, err := Bundles(text)
		if (err == nil) != (len(bundles) > 0) {
			t.Fatalf("%d bundles, and %v", len(bundles), err)
		}
		for _, bundle := range bundles {
			if !json.Valid(bundle) || bundle[0] != '{' {
				t.Fatalf("%q is no bundle", bundle)
			}
		}
	})
}

// Whatever a program says, what is taken for verified is of what was asked.
func FuzzVerdict(f *testing.F) {
	text, _ := json.Marshal(good())
	f.Add(text)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		builds, err := judge(text, request())
		if (err == nil) != (len(builds) > 0) {
			t.Fatalf("%d builds, and %v", len(builds), err)
		}
		for _, build := range builds {
			if build.Issuer != "https://issuer" || !strings.EqualFold(build.Repository, "https://github.com/acme/site") || !strings.Contains(string(text), digest[:8]) {
				t.Fatalf("%+v was let pass", build)
			}
		}
	})
}
