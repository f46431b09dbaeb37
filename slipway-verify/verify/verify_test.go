package verify_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/slipway-verify/internal/bundletest"
	"github.com/slipway/slipway/slipway-verify/protocol"
	"github.com/slipway/slipway/slipway-verify/verify"
)

var digest = bundletest.Digest([]byte("the tarball"))

func request(bundles ...json.RawMessage) protocol.Request {
	build := bundletest.Default()
	return protocol.Request{Version: protocol.Version, SHA256: digest, Issuer: build.Issuer, Repository: build.Repository, Bundles: bundles}
}

func judge(t *testing.T, r protocol.Request) protocol.Verdict {
	t.Helper()
	verdict, err := verify.Judge(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if verdict.SHA256 != r.SHA256 || len(verdict.Verified)+len(verdict.Refused) != len(r.Bundles) {
		t.Fatalf("the verdict is of something else: %+v", verdict)
	}
	return verdict
}

// Each bundle differs from one that holds in one thing alone.
func TestJudge(t *testing.T) {
	publicGood, gitHub, stranger := bundletest.New(t, "sigstore.dev"), bundletest.New(t, "GitHub, Inc."), bundletest.New(t, "sigstore.dev")
	roots := publicGood.Root(t) + "\n" + gitHub.Root(t)
	const reusable = "https://github.com/acme/shared/.github/workflows/build.yml@refs/tags/v1"
	for name, test := range map[string]struct {
		by      *bundletest.Sigstore // publicGood where it is nil
		change  func(*bundletest.Build)
		asked   func(*protocol.Request)
		refused string // "" where it holds
	}{
		"fresh":                     {},
		"of GitHub's own authority": {by: gitHub},
		"signed long ago":           {change: func(b *bundletest.Build) { b.Signed = time.Now().Add(-5 * time.Hour) }},
		"repository in capitals":    {asked: func(r *protocol.Request) { r.Repository = "https://github.com/Acme/Site" }},
		"workflow asked for":        {asked: func(r *protocol.Request) { r.Signer = "https://github.com/ACME/site/.github/workflows/build.yml" }},
		"workflow with its ref":     {asked: func(r *protocol.Request) { r.Signer = bundletest.Default().Signer }},
		"workflow on a branch with an @": {change: func(b *bundletest.Build) { b.Signer += "@2" }, asked: func(r *protocol.Request) {
			r.Signer = strings.TrimSuffix(bundletest.Default().Signer, "@refs/heads/main")
		}},
		"reusable workflow by its commit": {change: func(b *bundletest.Build) {
			b.Signer = strings.Replace(reusable, "refs/tags/v1", strings.Repeat("ab", 20), 1)
		}, asked: func(r *protocol.Request) { r.Signer = strings.TrimSuffix(reusable, "@refs/tags/v1") }},
		"reusable workflow, asked for": {change: func(b *bundletest.Build) { b.Signer = reusable }, asked: func(r *protocol.Request) { r.Signer = reusable }},
		"other digest":                 {change: func(b *bundletest.Build) { b.SHA256 = bundletest.Digest(nil) }, refused: "provided artifact digest does not match"},
		"other issuer":                 {change: func(b *bundletest.Build) { b.Issuer = "https://gitlab.com" }, refused: "known to https://gitlab.com, and asked for is a workflow of https://github.com/acme/site, known to https://token.actions"},
		"other workflow": {change: func(b *bundletest.Build) { b.Signer = strings.Replace(b.Signer, "build", "test", 1) }, asked: func(r *protocol.Request) {
			r.Signer = strings.TrimSuffix(bundletest.Default().Signer, "@refs/heads/main")
		}, refused: "it was signed by https://github.com/acme/"},
		"file of a longer name": {change: func(b *bundletest.Build) { b.Signer = strings.Replace(b.Signer, "build.yml", "build.yml@x.yml", 1) }, asked: func(r *protocol.Request) {
			r.Signer = strings.TrimSuffix(bundletest.Default().Signer, "@refs/heads/main")
		}, refused: "it was signed by https://github.com/acme/"},
		"other case of the workflow":    {asked: func(r *protocol.Request) { r.Signer = "https://github.com/acme/site/.github/workflows/Build.yml" }, refused: "it was signed by https://github.com/acme/"},
		"other ref of the workflow":     {change: func(b *bundletest.Build) { b.Signer = strings.Replace(b.Signer, "main", "main2", 1) }, asked: func(r *protocol.Request) { r.Signer = bundletest.Default().Signer }, refused: "it was signed by https://github.com/acme/"},
		"reusable workflow, unasked":    {change: func(b *bundletest.Build) { b.Signer = reusable }, refused: "it was signed by https://github.com/acme/"},
		"repository of a longer name":   {change: func(b *bundletest.Build) { b.Signer = strings.Replace(b.Signer, "site", "site-fork", 1) }, refused: "it was signed by https://github.com/acme/"},
		"other repository":              {change: func(b *bundletest.Build) { b.Repository = "https://github.com/evil/site" }, refused: `built of the repository "https://github.com/evil/site"`},
		"certificate says nothing":      {change: func(b *bundletest.Build) { b.NoExtensions = true }, refused: `built of the repository ""`},
		"certificate had expired":       {change: func(b *bundletest.Build) { b.Expired = true }, refused: "integrated time outside certificate validity"},
		"no entry in the log":           {change: func(b *bundletest.Build) { b.Unlogged = true }, refused: "not enough verified log entries"},
		"entry of another signature":    {change: func(b *bundletest.Build) { b.Other = true }, refused: "transparency log signature does not match"},
		"certificate in no log":         {change: func(b *bundletest.Build) { b.Uncertified = true }, refused: "only able to verify 0 SCT entries"},
		"payload was changed":           {change: func(b *bundletest.Build) { b.Tampered = true }, refused: "does not match envelope payload hash"},
		"GitHub's without a timestamp":  {by: gitHub, change: func(b *bundletest.Build) { b.Unstamped = true }, refused: "verified signed timestamps: 0 < 1"},
		"GitHub's had expired":          {by: gitHub, change: func(b *bundletest.Build) { b.Expired = true }, refused: "leaf certificate verification failed"},
		"GitHub's payload was changed":  {by: gitHub, change: func(b *bundletest.Build) { b.Tampered = true }, refused: "failed to verify signature"},
		"of an authority not trusted":   {by: stranger, refused: "not enough verified log entries"},
		"no attestation of a build":     {change: func(b *bundletest.Build) { b.Predicate = "https://spdx.dev/Document" }, refused: `attests "https://spdx.dev/Document"`},
		"root of GitHub's alone":        {asked: func(r *protocol.Request) { r.TrustedRoots = gitHub.Root(t) }, refused: "no trusted root has that authority"},
		"GitHub's, root of the other's": {by: gitHub, asked: func(r *protocol.Request) { r.TrustedRoots = publicGood.Root(t) }, refused: "no trusted root has that authority"},
	} {
		t.Run(name, func(t *testing.T) {
			build := bundletest.Default()
			build.SHA256 = digest
			if test.change != nil {
				test.change(&build)
			}
			by := test.by
			if by == nil {
				by = publicGood
			}
			r := request(by.Attest(t, build))
			r.TrustedRoots = roots
			if test.asked != nil {
				test.asked(&r)
			}
			verdict := judge(t, r)
			if test.refused != "" {
				if len(verdict.Refused) != 1 || !strings.Contains(verdict.Refused[0].Reason, test.refused) {
					t.Fatalf("want a refusal that has %q: %+v", test.refused, verdict)
				}
				return
			}
			if len(verdict.Verified) != 1 {
				t.Fatalf("it was refused: %+v", verdict.Refused)
			}
			got := verdict.Verified[0]
			if at, err := time.Parse(time.RFC3339, got.Logged); err != nil || at.IsZero() {
				t.Errorf("it was signed at %q", got.Logged)
			}
			got.Logged = ""
			want := protocol.Build{
				Signer: build.Signer, Issuer: build.Issuer, Repository: build.Repository, Workflow: build.Workflow,
				Ref: build.Ref, Commit: build.Commit, Event: build.Event, Run: build.Run,
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// One that holds is found among others, whatever these are.
func TestJudgeMany(t *testing.T) {
	sigstore := bundletest.New(t, "sigstore.dev")
	build := bundletest.Default()
	build.SHA256 = digest
	r := request(json.RawMessage(`{}`), json.RawMessage(`7`), json.RawMessage(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}`), sigstore.Attest(t, build))
	r.TrustedRoots = sigstore.Root(t)
	verdict := judge(t, r)
	if len(verdict.Verified) != 1 || len(verdict.Refused) != 3 || verdict.Refused[2].Bundle != 2 {
		t.Errorf("got %+v", verdict)
	}
}

func TestJudgeRefusesRequests(t *testing.T) {
	sigstore := bundletest.New(t, "sigstore.dev")
	for name, test := range map[string]struct {
		change func(*protocol.Request)
		want   string
	}{
		"version":     {func(r *protocol.Request) { r.Version = 2 }, "use both programs of one release"},
		"digest":      {func(r *protocol.Request) { r.SHA256 = digest[:40] }, "has no SHA-256"},
		"issuer":      {func(r *protocol.Request) { r.Issuer = "" }, "no issuer"},
		"repository":  {func(r *protocol.Request) { r.Repository = "" }, "no repository"},
		"bundles":     {func(r *protocol.Request) { r.Bundles = make([]json.RawMessage, protocol.MaxBundles+1) }, "more than 100 bundles"},
		"no root":     {func(r *protocol.Request) { r.TrustedRoots = "{}" }, "is none of Sigstore's"},
		"garbage":     {func(r *protocol.Request) { r.TrustedRoots = "---" }, "is no JSON"},
		"second root": {func(r *protocol.Request) { r.TrustedRoots += "[]" }, "trusted root 2"},
		"empty root": {func(r *protocol.Request) {
			r.TrustedRoots = `{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}`
		}, "no certificate authority"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request()
			r.TrustedRoots = sigstore.Root(t)
			test.change(&r)
			if verdict, err := verify.Judge(context.Background(), r); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %+v, %v; want an error that has %q", verdict, err, test.want)
			}
		})
	}
}

// TestRealBundle verifies what a workflow of GitHub Actions once signed, by the root of Sigstore's public good instance: both are as
// github.com/cli/cli/v2 v2.94.0 and github.com/sigstore/sigstore-go v1.2.1 have them among their tests and examples.
func TestRealBundle(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	r := request(json.RawMessage(read("reusable-workflow-attestation.sigstore.json")))
	r.TrustedRoots, r.SHA256 = read("trusted-root-public-good.json"), "49a3aa6075e0f49f82843e74b5baa614ad2a588e6675612bf108a0a008c5ac25"
	r.Repository, r.Signer = "https://github.com/malancas/attest-demo", "https://github.com/github/artifact-attestations-workflows/.github/workflows/attest.yml"
	verdict := judge(t, r)
	if len(verdict.Verified) != 1 {
		t.Fatalf("it was refused: %+v", verdict.Refused)
	}
	want := protocol.Build{
		Signer: r.Signer + "@09b495c3f12c7881b3cc17209a327792065c1a1d", Issuer: r.Issuer, Repository: r.Repository,
		Workflow: "https://github.com/malancas/attest-demo/.github/workflows/shared.yml@refs/heads/main", Ref: "refs/heads/main",
		Commit: "95baf27389e83e6a5c48f42e190d48d7abcea19e", Event: "workflow_dispatch",
		Run: "https://github.com/malancas/attest-demo/actions/runs/9228858953/attempts/1", Logged: "2024-05-24T19:14:24Z",
	}
	if got := verdict.Verified[0]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
