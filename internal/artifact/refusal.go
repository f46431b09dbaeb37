package artifact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
)

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
	return content.Refuse("free space on the runner, or point TMPDIR at a larger disk", "the payload cannot be written to a temporary file: %w", err)
}
