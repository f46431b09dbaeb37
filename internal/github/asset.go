package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Asset is a file of the release of a tag.
func (c *Client) Asset(ctx context.Context, tag, name string) (Stored, error) {
	op := "look up release " + tag
	release, response, err := c.api.Repositories.GetReleaseByTag(ctx, c.owner, c.name, strings.ReplaceAll(url.PathEscape(tag), "%2F", "/"))
	if err != nil {
		return Stored{}, c.explain(ctx, response, err, op, "contents: read")
	}
	var names []string
	for _, asset := range release.Assets {
		if asset.GetName() == name {
			return Stored{ID: asset.GetID(), Name: name, SHA256: digest(asset.GetDigest()), release: true}, nil
		}
		names = append(names, asset.GetName())
	}
	return Stored{}, refuse("look at the release's page", "release %s has no asset %s: it has %s", tag, name, few(names))
}

// assetLocation asks for the asset itself, and takes where the answer redirects to. GitHub Enterprise Server may send the asset in the
// place of a redirect: then it is to be asked for there.
func (c *Client) assetLocation(ctx context.Context, f Stored) (string, http.Header, error) {
	body, location, err := c.api.Repositories.DownloadReleaseAsset(ctx, c.owner, c.name, f.ID, nil)
	if body != nil {
		_ = body.Close()
	}
	switch {
	case err != nil:
		return "", nil, c.explain(ctx, nil, err, "download asset "+f.Name, "contents: read")
	case location != "":
		return location, nil, nil
	}
	header := http.Header{"Accept": {"application/octet-stream"}}
	header.Set("X-GitHub-Api-Version", versionOf(c.base))
	if !c.token.IsEmpty() {
		header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	return fmt.Sprintf("%srepos/%s/%s/releases/assets/%d", c.base, c.owner, c.name, f.ID), header, nil
}
