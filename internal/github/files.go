package github

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	api "github.com/google/go-github/v93/github"
)

// maxFile is how large a file may be that File reads, in bytes: the API gives the content of no larger one.
const maxFile = 1 << 20

// File is the content of a file of the repository in a commit. Its error is fs.ErrNotExist where there is none, or where the token may not
// see the repository.
func (c *Client) File(ctx context.Context, commit, path string) ([]byte, error) {
	op := fmt.Sprintf("read %s of %.7s", path, commit)
	file, _, response, err := c.api.Repositories.GetContents(ctx, c.owner, c.name, path, &api.RepositoryContentGetOptions{Ref: commit})
	switch {
	case err == nil && file == nil:
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("it is a folder")}
	case err == nil && file.GetType() != "file":
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("it is a %s", file.GetType())}
	case err == nil && file.GetSize() > maxFile:
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("it is larger than 1 MiB")}
	case err == nil:
		text, err := file.GetContent()
		return []byte(text), err
	case ctx.Err() == nil && response != nil && response.StatusCode == http.StatusNotFound:
		return nil, &fs.PathError{Op: "read", Path: path, Err: fs.ErrNotExist}
	}
	return nil, c.explain(ctx, response, err, op, "contents: read")
}
