// Package attest asks the program slipway-verify whether attestations hold for an artifact. Whatever is not a verdict about the very
// digest that was asked about is a refusal: no program, one that ends badly, says too much, takes too long, or speaks of something else.
package attest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/attest/protocol"
	"github.com/slipway/slipway/internal/deploy"
)

// Name is what the program is called.
const Name = "slipway-verify"

// limit is how long the program may take. It fetches the public trusted roots in that time, where none are given.
const limit = 2 * time.Minute

// mostSaid is how much of the program's own complaint is read, in bytes.
const mostSaid = 4096

// Verifier is the program.
type Verifier struct {
	Path string   // of the file
	Env  []string // its environment: where a proxy is, and nothing that is secret
}

// Beside is the path of the program: in the folder of this one.
func Beside(program string) string { return filepath.Join(filepath.Dir(program), Name) }

// Environment are the variables that the program sees, out of those that there are: what a connection takes, and no secret.
func Environment(lookup func(string) (string, bool)) (env []string) {
	for _, name := range []string{
		"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR",
	} {
		if value, ok := lookup(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// Here refuses where there is no such program: before anybody is asked for what it would verify.
func (v Verifier) Here() error {
	_, err := exec.LookPath(v.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return refuse("in a workflow, use slipway/slipway/attested in the place of slipway/slipway, or give the set-up action `attestation: true`; elsewhere put it beside slipway, of the same release",
			"`attestation` takes the program %s, which is not here (%s)", Name, v.Path)
	case err != nil:
		return refuse("put it beside slipway, of the same release, as a program that may be run", "`attestation` takes the program %s: %w", Name, err)
	}
	return nil
}

// Verify is what the attestations that hold say of the build, at least one. Its error is a *deploy.Error, or the context's own.
func (v Verifier) Verify(ctx context.Context, request protocol.Request) ([]protocol.Build, error) {
	request.Version = protocol.Version
	text, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", Name, err)
	}
	bounded, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %s", limit))
	defer cancel()
	out, err := v.run(bounded, text)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	return judge(out, request)
}

// run starts the program, and is what it said.
func (v Verifier) run(ctx context.Context, request []byte) ([]byte, error) {
	said, complaint := &bounded{most: protocol.MaxVerdict}, &bounded{most: mostSaid, cut: true}
	cmd := exec.CommandContext(ctx, v.Path)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = v.Env, bytes.NewReader(request), said, complaint
	cmd.WaitDelay = 5 * time.Second // for one that left a process behind, which holds its output
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, refuse(netHint, "%s gave no verdict: %w", Name, context.Cause(ctx))
	case said.over:
		return nil, refuse("use both programs of one release", "%s says more than %d bytes", Name, protocol.MaxVerdict)
	case err != nil:
		return nil, refuse(netHint, "%s gave no verdict (%w): %s", Name, err, lastWords(complaint.text.String()))
	}
	return said.text.Bytes(), nil
}

const netHint = "where it reaches no network, give `trusted_root` what `gh attestation trusted-root` prints; else run the job again"

// lastWords are what the program complained of, in one line.
func lastWords(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(text), Name+": "), "\n", "; "))
	if text == "" {
		return "it said nothing"
	}
	return text
}

// judge reads a verdict, and holds it against what was asked.
func judge(out []byte, asked protocol.Request) ([]protocol.Build, error) {
	odd := func(format string, args ...any) ([]protocol.Build, error) {
		return nil, refuse("use both programs of one release", Name+" gave no verdict: "+format, args...)
	}
	var verdict protocol.Verdict
	decoder := json.NewDecoder(bytes.NewReader(out))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&verdict); err != nil {
		return odd("%w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return odd("more follows")
	}
	switch {
	case verdict.Version != protocol.Version:
		return odd("it speaks version %d of the protocol, and this is %d", verdict.Version, protocol.Version)
	case verdict.SHA256 != asked.SHA256:
		return odd("it is about another digest")
	case len(verdict.Verified) > len(asked.Bundles):
		return odd("it is about more attestations than there are")
	}
	for _, build := range verdict.Verified {
		if build.Issuer != asked.Issuer || !strings.EqualFold(build.Repository, asked.Repository) {
			return odd("it is about another repository or issuer")
		}
	}
	if len(verdict.Verified) == 0 {
		return nil, refuse("attest this very file in the job that builds it, with actions/attest; see docs/attestation.md", "%s", refusals(verdict, len(asked.Bundles)))
	}
	return verdict.Verified, nil
}

// refusals says why no attestation holds: of the first three.
func refusals(verdict protocol.Verdict, bundles int) string {
	text := "its attestation does not hold"
	if bundles != 1 {
		text = fmt.Sprintf("none of its %d attestations holds", bundles)
	}
	const most = 3
	for i, refused := range verdict.Refused {
		if i == most {
			break
		}
		separator := ": "
		if i > 0 {
			separator = "; "
		}
		text += separator + refused.Reason
	}
	return text
}

func refuse(hint, format string, args ...any) error {
	return &deploy.Error{Op: "verify the attestation", Phase: deploy.Preflight, Cause: fmt.Errorf(format, args...), Hint: hint}
}

// bounded keeps the beginning of what is written to it. What goes over is an error, or where cut is set, dropped. The buffer is no
// embedded field: its ReadFrom would pass Write by.
type bounded struct {
	text bytes.Buffer
	most int
	cut  bool
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	room := min(len(p), b.most-b.text.Len())
	_, _ = b.text.Write(p[:room]) // it never fails
	if room < len(p) && !b.cut {
		b.over = true
		return room, errors.New("too much was said")
	}
	return len(p), nil
}
