package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/download"
	"github.com/slipway/slipway/internal/github"
)

// Fetched is an artifact that was brought to this machine. It has a folder of its own until it is closed.
type Fetched struct {
	Path   string            // of the file
	Name   string            // what messages call it
	Commit string            // that it was built of; "" where its source does not say
	By     deploy.Provenance // the run that built it; zero where its source knows none
}

// Close removes the file, and what lies beside it.
func (f *Fetched) Close() error { return os.RemoveAll(filepath.Dir(f.Path)) }

// Fetcher brings artifacts to this machine.
type Fetcher struct {
	API      *github.Client // nil where the CI has none
	Download *download.Client
	TempDir  string // "" is the system's
	Most     int64  // bytes that an artifact may have
}

// bring downloads a file into a folder of its own.
func (f Fetcher) bring(ctx context.Context, file download.File) (path string, err error) {
	dir, err := os.MkdirTemp(f.TempDir, "slipway-artifact-")
	if err != nil {
		return "", noRoom(err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	path = filepath.Join(dir, "artifact")
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return "", noRoom(err)
	}
	file.Most = f.Most
	if err := errors.Join(f.Download.Fetch(ctx, file, out), out.Close()); err != nil {
		return "", err
	}
	return path, nil
}

func noRoom(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return refuse("free space on the runner, or point TMPDIR at a larger disk", "there is no temporary file to keep it in: %w", err)
}

// stored is a file that GitHub keeps, as a download.
func (f Fetcher) stored(file github.Stored, called string) download.File {
	return download.File{
		Name: called, SHA256: file.SHA256,
		Locate: func(ctx context.Context) (download.Place, error) {
			address, header, err := f.API.Location(ctx, file)
			return download.Place{URL: address, Header: header}, err
		},
	}
}
