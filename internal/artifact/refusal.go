package artifact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"slipway/internal/deploy"
)

// Hints that several refusals share.
const (
	hintAgain  = "it was cut short when it was built, uploaded or downloaded, or the disk was full: build it again"
	hintPack   = "build it with `slipway pack <folder>`, or with tar"
	hintRename = "rename it, or leave it out of the tarball"
)

// refuse makes an error with what is wrong and what to do about it.
func refuse(hint, format string, args ...any) error {
	return &deploy.Error{Op: "read artifact", Cause: fmt.Errorf(format, args...), Hint: hint}
}

// explain puts the file's name before what is wrong with it. A cancelled context is never the artifact's fault.
func explain(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var refusal *deploy.Error
	if !errors.As(err, &refusal) {
		refusal = &deploy.Error{Op: "read artifact", Cause: err}
	}
	named := *refusal
	named.Cause = fmt.Errorf("%s: %w", path, refusal.Cause)
	return &named
}

// tempError says that it is the runner's disk that failed, not the artifact.
func tempError(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err // the temporary name tells nobody anything
	}
	return refuse("free space on the runner, or point TMPDIR at a larger disk", "the payload cannot be written to a temporary file: %w", err)
}
