package github

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github/githubtest"
)

const provenanceType = "https://slsa.dev/provenance/v1"

var attestedDigest = strings.Repeat("ab", 32)

func attestationOf(text string) githubtest.Attestation {
	return githubtest.Attestation{Digest: "sha256:" + attestedDigest, Kind: provenanceType, Bundle: []byte(text)}
}

// All pages are read, what is of another digest or kind is not, and no token goes to the storage.
func TestAttestations(t *testing.T) {
	t.Parallel()
	var repo githubtest.Repo
	for n := range 5 {
		repo.Attestations = append(repo.Attestations, attestationOf(fmt.Sprintf(`{"n":%d}`, n)))
	}
	other, sbom := attestationOf(`{"n":8}`), attestationOf(`{"n":9}`)
	other.Digest, sbom.Kind = "sha256:"+strings.Repeat("0", 64), "https://spdx.dev/Document"
	repo.Attestations[3].Inline = true
	repo.Attestations = append(repo.Attestations, other, sbom)
	server, client := start(t, repo)
	server.PerPage = 2
	bundles, err := client.Attestations(t.Context(), deploy.Digest(attestedDigest), provenanceType)
	if got := fmt.Sprintf("%s", bundles); err != nil || got != `[{"n":0} {"n":1} {"n":2} {"n":3} {"n":4}]` {
		t.Errorf("got %s, %v", got, err)
	}
	if bundles, err := client.Attestations(t.Context(), deploy.Digest(strings.Repeat("1", 64)), provenanceType); err != nil || len(bundles) != 0 {
		t.Errorf("of an unknown digest: %s, %v", bundles, err)
	}
}

func TestAttestationsFail(t *testing.T) {
	t.Parallel()
	huge := binary.AppendUvarint(nil, 1<<31)
	for name, test := range map[string]struct {
		change func(*githubtest.Server, *githubtest.Attestation)
		want   string
	}{
		"no right":        {func(s *githubtest.Server, _ *githubtest.Attestation) { s.Lacks = "attestations: read" }, "permissions: {attestations: read}"},
		"no block":        {func(_ *githubtest.Server, a *githubtest.Attestation) { a.Packed = []byte("{}") }, "cannot be read"},
		"claims too much": {func(_ *githubtest.Server, a *githubtest.Attestation) { a.Packed = huge }, "more than 4 MiB"},
		"is too much": {func(_ *githubtest.Server, a *githubtest.Attestation) {
			a.Packed = bytes.Repeat([]byte{255}, mostBundle+2)
		}, "cannot be read"},
		"no JSON":        {func(_ *githubtest.Server, a *githubtest.Attestation) { a.Packed = snappy.Encode(nil, []byte("<html>")) }, "it is no JSON"},
		"inline nothing": {func(_ *githubtest.Server, a *githubtest.Attestation) { a.Inline, a.Bundle = true, []byte("null") }, "does not say where it lies"},
		"storage refuses": {func(s *githubtest.Server, _ *githubtest.Attestation) {
			s.Fail("/storage/attestations", githubtest.Answer{Status: http.StatusForbidden})
		}, "403"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := attestationOf(`{}`)
			server, client := start(t, githubtest.Repo{})
			test.change(server, &one)
			server.Set(githubtest.Repo{Attestations: []githubtest.Attestation{one}})
			bundles, err := client.Attestations(t.Context(), deploy.Digest(attestedDigest), provenanceType)
			var text string
			if err != nil {
				var failure *deploy.Error
				if errors.As(err, &failure) {
					text = failure.Error() + failure.Hint
				}
			}
			if !strings.Contains(text, test.want) {
				t.Errorf("got %s, %s; want %q", bundles, text, test.want)
			}
		})
	}
}

// TestManyAttestations: each is as large as one may be, and together they are too much.
func TestManyAttestations(t *testing.T) {
	t.Parallel()
	large := attestationOf(`{"n":"` + strings.Repeat("a", mostBundle-8) + `"}`)
	_, client := start(t, githubtest.Repo{Attestations: []githubtest.Attestation{large, large, large, large}})
	if bundles, err := client.Attestations(t.Context(), deploy.Digest(attestedDigest), provenanceType); err != nil || len(bundles) != 4 {
		t.Errorf("four: got %d, %v", len(bundles), err)
	}
	_, client = start(t, githubtest.Repo{Attestations: []githubtest.Attestation{large, large, large, large, large}})
	if bundles, err := client.Attestations(t.Context(), deploy.Digest(attestedDigest), provenanceType); err == nil || !strings.Contains(err.Error(), "more than 16 MiB") {
		t.Errorf("five: got %d, %v", len(bundles), err)
	}
}

func FuzzUnpackBundle(f *testing.F) {
	f.Add(snappy.Encode(nil, []byte(`{"a":1}`)))
	f.Add(binary.AppendUvarint(nil, 1<<40))
	f.Fuzz(func(t *testing.T, packed []byte) {
		bundle, err := unpackBundle(packed)
		if err == nil && (!json.Valid(bundle) || len(bundle) > mostBundle) {
			t.Fatalf("%q was taken", bundle)
		}
	})
}
