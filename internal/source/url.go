package source

import (
	"context"
	"net/url"
	"path"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/download"
)

// FromURL brings what lies at an HTTPS address and has the digest. An asset of a release in the repository, whose page is `repository`,
// is asked for with the token, so that it may be a private one, and is of the tag's commit.
func (f Fetcher) FromURL(ctx context.Context, address string, digest deploy.Digest, repository string) (*Fetched, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, refuse("", "`artifact_url` cannot be read")
	}
	called := parsed.Host + parsed.Path // tokens live in what follows
	file := download.File{Name: called, Locate: func(context.Context) (download.Place, error) { return download.Place{URL: address}, nil }}
	commit := ""
	parsed.RawQuery, parsed.User = "", nil
	if asset, ok := strings.CutPrefix(parsed.String(), repository+"/releases/download/"); ok && f.API != nil && repository != "" {
		tag, err := url.PathUnescape(path.Dir(asset))
		if err != nil {
			return nil, refuse("", "`artifact_url` cannot be read")
		}
		stored, err := f.API.Asset(ctx, tag, path.Base(parsed.Path))
		if err != nil {
			return nil, err
		}
		named, err := f.API.Resolve(ctx, "refs/tags/"+tag)
		if err != nil {
			return nil, err
		}
		commit, file = named.Commit, f.stored(stored, called)
	}
	file.SHA256 = digest
	kept, err := f.bring(ctx, file)
	if err != nil {
		return nil, err
	}
	return &Fetched{Path: kept, Name: called, Commit: commit}, nil
}
