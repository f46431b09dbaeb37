//go:build e2e

package e2e

import (
	"context"
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	attestedImage = "slipway-e2e/attested"
	mostVerifier  = 20_000_000 // bytes that it may have more than the action's image
)

// testAttested builds the image of slipway/slipway/attested, and deploys the static site with it: what an instance of Sigstore attests that is
// made for this test, and then another tarball with the same attestation.
func testAttested(ctx context.Context, t *testing.T) {
	root := repository(t)
	run(ctx, t, "docker", "build", "--quiet", "--force-rm", "--file", filepath.Join(root, "attested", "Dockerfile"),
		"--build-arg", "SLIPWAY_IMAGE="+actionImage, "--tag", attestedImage, root)
	size := func(image string) int {
		t.Helper()
		bytes, err := strconv.Atoi(run(ctx, t, "docker", "image", "inspect", "--format", "{{.Size}}", image))
		if err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	if more := size(attestedImage) - size(actionImage); more <= 0 || more > mostVerifier {
		t.Errorf("the verifier makes the image %d bytes larger, want at most %d", more, mostVerifier)
	}

	fleet := startFleet(ctx, t, "attested")
	workspace := checkout(ctx, t, "static-site")
	write(t, filepath.Join(workspace, "slipway.yml"), "attestation: {repository: acme/site, signer_workflow: .github/workflows/build.yml}\nprovenance: {branches: [main], events: [push]}\n")
	with := map[string]string{
		"artifact": "site.tar.gz", "hosts": "deploy@files1.example.com", "deploy_path": "/srv/www/static_site",
		"verify": exampleInput(t, "verify"), "ssh_key": fleet.Key, "known_hosts": fleet.KnownHosts, "attestation_bundle": "bundle", "trusted_root": "root",
	}
	deploy := func(id string, changes map[string]string) Outcome {
		t.Helper()
		inputs := maps.Clone(with)
		maps.Copy(inputs, changes)
		return Action{
			Image: attestedImage, Workspace: workspace, Commit: commit(ctx, t, workspace), RunID: id, Network: fleet.Network, With: inputs,
		}.Use(ctx, t, "attested-"+id)
	}
	archive(ctx, t, workspace)
	run(ctx, t, "go", "build", "-C", filepath.Join(root, "slipway-verify"), "-o", filepath.Join(workspace, "attest"), "./internal/bundletest/attest")
	run(ctx, t, "sh", "-c", `cd "$1" && ./attest site.tar.gz`, "sh", workspace)

	first := deploy("601", nil)
	if want := "attested by https://github.com/acme/site/.github/workflows/build.yml@refs/heads/main"; first.Exit != 0 || !strings.Contains(first.Raw, want) {
		t.Fatalf("exit %d, want 0 and %q:\n%s", first.Exit, want, first.Raw)
	}
	page := filepath.Join(workspace, "site", "index.html")
	write(t, page, strings.ReplaceAll(read(t, page), "Version 1.", "Version 2."))
	archive(ctx, t, workspace)
	if other := deploy("602", nil); other.Exit == 0 || !strings.Contains(other.Raw, "its attestation does not hold: ") {
		t.Errorf("exit %d, want a refusal of the other tarball:\n%s", other.Exit, other.Raw)
	}
	if got := fleet.Page(ctx, t, "files1", "/static/"); !strings.Contains(got, "Version 1.") {
		t.Errorf("the page is not that of the release that is attested:\n%s", got)
	}
}
