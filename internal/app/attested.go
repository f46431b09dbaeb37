package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/attest"
	"github.com/slipway/slipway/internal/attest/protocol"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
)

// attest verifies the attestation that the deploy file asks for, and writes down with the artifact what it says. The digest is the one that
// was computed when the file was read into what hosts get, so that nothing can change between the two.
func (a *app) attest(ctx context.Context, s *session, f *fetched) error {
	if !s.cfg.Provenance.Attests() {
		return nil
	}
	rule := s.cfg.Provenance.Attestation
	builds, err := a.verified(ctx, s, f.SHA256())
	if err == nil {
		err = f.prove(builds, s.cfg.Provenance)
	}
	if err != nil {
		return s.placed(ctx, err, rule.At)
	}
	by := f.builtBy.Attested
	f.whence = deploy.Joined("; ", f.whence, fmt.Sprintf("attested by %s for %s, commit %.7s", by.Signer, by.Repository, f.commit))
	return nil
}

// verified is what the attestations of a digest say that hold.
func (a *app) verified(ctx context.Context, s *session, digest deploy.Digest) ([]protocol.Build, error) {
	rule := s.cfg.Provenance.Attestation
	if rule.Repository == "" { // in a plan that asks no host, outside of CI: all else was refused before
		return nil, &deploy.Error{
			Op: "find the attestation", Cause: errors.New("`attestation` must know of which repository, and none is known here"),
			Hint: "add `repository: owner/name`; a run of CI knows its own",
		}
	}
	verifier := attest.Verifier{Path: a.env.Verifier, Env: attest.Environment(a.env.LookupEnv)}
	if err := verifier.Here(); err != nil {
		return nil, err
	}
	request := protocol.Request{
		SHA256: string(digest), Issuer: rule.Issuer, Repository: rule.Repository, Signer: rule.Signer, TrustedRoots: s.cfg.Evidence.TrustedRoots,
	}
	if dir := strings.TrimSpace(s.in.CacheDir); dir != "" && !a.unseen(a.home(dir)) {
		request.CacheDir = filepath.Join(a.home(dir), "trusted-roots")
	}
	var err error
	if s.cfg.Evidence.Bundle != "" {
		request.Bundles, err = a.givenBundles(s.cfg.Evidence.Bundle)
	} else {
		request.Bundles, err = a.askedBundles(ctx, s, digest)
	}
	if err != nil {
		return nil, err
	}
	return verifier.Verify(ctx, request)
}

// givenBundles are those of the file that an input names.
func (a *app) givenBundles(name string) ([]json.RawMessage, error) {
	fail := func(err error) ([]json.RawMessage, error) {
		return nil, deploy.Problems{{At: deploy.InInput("attestation_bundle", 1, 1), Message: fmt.Sprintf("`%s`: %v", name, err), Hint: "actions/attest names it in its output bundle-path; in a container only what lies in the workspace can be read"}}
	}
	text, err := readNamed(a.home(name))
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return fail(err)
	}
	bundles, err := attest.Bundles(text)
	if err != nil {
		return fail(err)
	}
	return bundles, nil
}

// askedBundles are those that GitHub has of a digest, in the repository that the rule names.
func (a *app) askedBundles(ctx context.Context, s *session, digest deploy.Digest) ([]json.RawMessage, error) {
	rule := s.cfg.Provenance.Attestation
	server := strings.TrimSuffix(s.run.Server, "/") + "/"
	if s.run.Platform != "github" || len(rule.Repository) <= len(server) || !strings.EqualFold(rule.Repository[:len(server)], server) {
		return nil, &deploy.Error{
			Op: "find the attestation", Cause: fmt.Errorf("the attestation is not given, and here nobody can be asked for those of %s", rule.Repository),
			Hint: "give the file in `attestation_bundle`; a workflow of GitHub Actions asks its own server",
		}
	}
	client, err := github.New(github.Options{API: s.run.API, Repository: rule.Repository[len(server):], Token: s.token()})
	if err != nil {
		return nil, err
	}
	bundles, err := client.Attestations(ctx, digest, protocol.ProvenanceType)
	if err == nil && len(bundles) == 0 {
		err = unattested(rule.Repository, digest, strings.EqualFold(rule.Repository, repositoryURL(s.run)))
	}
	return bundles, err
}

// unattested is that nothing was found. Of another repository GitHub says the same where the token may not see it.
func unattested(repository string, digest deploy.Digest, own bool) error {
	hint := "attest this very file in the job that builds it, with actions/attest, and give that job `permissions: {attestations: write, id-token: write}`; an artifact that comes from a host is no such file"
	unseen := ""
	if !own {
		unseen = ", or the token may not see that repository"
		hint = "a job's own token sees no other private repository: give `github_token` one that may read its attestations, or the file in `attestation_bundle`; else " + hint
	}
	return &deploy.Error{
		Op: "find the attestation", Cause: fmt.Errorf("%s has no attestation of how sha256:%s was built%s", repository, digest, unseen), Hint: hint,
	}
}

// prove takes the first build that the rule lets pass for what the artifact is of.
func (f *fetched) prove(builds []protocol.Build, rule *deploy.ProvenanceRule) error {
	var refused error
	for _, build := range builds {
		by, err := f.provenBy(build)
		if err == nil {
			err = rule.Refuse(by)
		}
		if err == nil {
			f.builtBy = by
			f.commit = by.Commit
			return nil
		}
		if refused == nil {
			refused = fmt.Errorf("its attestation holds, but: %w", err)
		}
	}
	if refused == nil {
		refused = errors.New("no attestation of it holds")
	}
	return &deploy.Error{Op: "verify the attestation", Cause: refused, Hint: "deploy what the right workflow built, or look at `attestation` and `provenance` in the deploy file"}
}

// provenBy is the run that built the artifact, as an attestation has it. Where the run is known from elsewhere, the two must be one, and
// nothing else counts of what is said there: it may be what a host of another environment wrote down.
func (f *fetched) provenBy(build protocol.Build) (deploy.Provenance, error) {
	by := runOf(build)
	if known := f.builtBy; !known.IsZero() {
		if known.RunID != by.RunID {
			return by, fmt.Errorf("it is of %s, and the artifact is from %s", by, known)
		}
		by.Artifact, by.ArtifactID = known.Artifact, known.ArtifactID
	}
	if !strings.HasPrefix(build.Commit, f.commit) {
		return by, fmt.Errorf("it is of the commit %.7s, and the artifact of %.7s", build.Commit, f.commit)
	}
	by.Attested = deploy.Attested{Signer: build.Signer, Issuer: build.Issuer, Repository: build.Repository, SHA256: f.SHA256()}
	return by, nil
}

// runOf is the run of an attestation. Its branch is that of a branch alone: a tag stays the whole ref, which no pattern of branches fits.
func runOf(build protocol.Build) deploy.Provenance {
	by := deploy.Provenance{URL: build.Run, Event: build.Event, Commit: build.Commit, Branch: strings.TrimPrefix(build.Ref, "refs/heads/")}
	workflow, _ := deploy.CutRef(build.Workflow)
	by.Workflow = strings.TrimPrefix(workflow, build.Repository+"/")
	if _, run, ok := strings.Cut(build.Run, "/actions/runs/"); ok {
		id, attempt, _ := strings.Cut(run, "/")
		by.RunID, _ = strconv.ParseInt(id, 10, 64)
		if attempt != "" {
			by.URL = strings.TrimSuffix(build.Run, "/"+attempt)
		}
	}
	return by
}
