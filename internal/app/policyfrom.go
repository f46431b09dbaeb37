package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
)

// policyState is the state by which the post step knows the commit that the main step read: the branch may have moved since.
const policyState = "policy"

// readPolicy finds the branch from which the deploy file is taken, where the input policy_from names one. It is looked up once: all that a
// command reads is of one commit.
func (a *app) readPolicy(ctx context.Context, c *console, in ci.Inputs) error {
	branch := strings.TrimPrefix(strings.TrimSpace(in.PolicyFrom), "refs/heads/")
	if branch == "" || a.policy != nil {
		return nil
	}
	at := deploy.InInput("policy_from", 1, 1)
	if !config.IsRef(branch) {
		return deploy.Problems{{At: at, Message: fmt.Sprintf("`%s` is no branch", branch), Hint: "the name of a branch, like main"}}
	}
	if c.run.Platform != "github" {
		return deploy.Problems{{
			At: at, Message: "`policy_from` is in a workflow of GitHub Actions, and this is none", Hint: "leave it out: the deploy file is that of this folder then",
		}}
	}
	client, err := github.New(github.Options{API: c.run.API, Repository: c.run.Repository, Token: token(in)})
	if err != nil {
		return problems(err, at)
	}
	commit := a.env.Getenv("STATE_" + policyState)
	if commit == "" {
		bounded, cancel := context.WithTimeoutCause(ctx, refTime, fmt.Errorf("GitHub did not answer within %s", refTime))
		defer cancel()
		named, err := client.Resolve(bounded, "refs/heads/"+branch)
		if err != nil {
			return problems(err, at)
		}
		commit = named.Commit
	}
	read := func(name string) ([]byte, error) {
		bounded, cancel := context.WithTimeoutCause(ctx, refTime, fmt.Errorf("GitHub did not answer within %s", refTime))
		defer cancel()
		return client.File(bounded, commit, name)
	}
	a.policy = &branchFiles{read: read, known: map[string]fileRead{}}
	c.say("policy     %s of the branch %s, %.7s; the steps are the checkout's", config.FileOf(in), branch, commit)
	return c.options.Files.SaveState(policyState, commit)
}

// branchFiles are files of a commit, each read once.
type branchFiles struct {
	read func(name string) ([]byte, error)

	mu    sync.Mutex
	known map[string]fileRead
}

type fileRead struct {
	text []byte
	err  error
}

// ReadFile is fs.ReadFileFS.
func (b *branchFiles) ReadFile(name string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if found, known := b.known[name]; known {
		return found.text, found.err
	}
	var found fileRead
	if found.text, found.err = b.read(name); found.err == nil || errors.Is(found.err, fs.ErrNotExist) {
		b.known[name] = found
	}
	return found.text, found.err
}

// Open is fs.FS.
func (b *branchFiles) Open(name string) (fs.File, error) {
	text, err := b.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return openFile{bytes.NewReader(text), name, int64(len(text))}, nil
}

// openFile is a file, and what fs says of it.
type openFile struct {
	*bytes.Reader
	name string
	size int64
}

func (f openFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f openFile) Close() error               { return nil }
func (f openFile) Name() string               { return path.Base(f.name) }
func (f openFile) Size() int64                { return f.size }
func (f openFile) Mode() fs.FileMode          { return 0o444 }
func (f openFile) ModTime() time.Time         { return time.Time{} }
func (f openFile) IsDir() bool                { return false }
func (f openFile) Sys() any                   { return nil }
