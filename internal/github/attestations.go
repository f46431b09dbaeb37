package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	api "github.com/google/go-github/v93/github"
	"github.com/hashicorp/go-retryablehttp"
	"github.com/klauspost/compress/snappy"

	"github.com/slipway/slipway/internal/deploy"
)

// How much there may be of attestations.
const (
	mostAttestations = 100      // of one digest that are taken; a build that is repeated adds one each time
	mostBundle       = 4 << 20  // bytes of one; GitHub's have some ten thousand
	mostBundles      = 16 << 20 // bytes of all of them together
)

// attested is an entry of the list. Of GitHub.com the bundle itself is null since July 2026, and the address is given; GitHub Enterprise
// Server may give the bundle.
type attested struct {
	Bundle    json.RawMessage `json:"bundle"`
	BundleURL string          `json:"bundle_url"`
}

// Attestations are the bundles of the attestations that the repository has of a digest and that are of a type; none is no error. They are
// as GitHub keeps them: whether they hold is not known.
// docs.github.com/rest/repos/attestations: 404 and 422 say that there are none.
func (c *Client) Attestations(ctx context.Context, of deploy.Digest, kind string) ([]json.RawMessage, error) {
	list, err := c.attestations(ctx, of, kind)
	if err != nil {
		return nil, err
	}
	var bundles []json.RawMessage
	var size int
	for _, entry := range list {
		bundle, err := c.bundle(ctx, entry)
		if err != nil {
			return nil, err
		}
		if size += len(bundle); size > mostBundles {
			return nil, refuse("give the one that counts as `attestation_bundle`", "the attestations of sha256:%s have more than %d MiB", of, mostBundles>>20)
		}
		bundles = append(bundles, bundle)
	}
	return bundles, nil
}

const listAttestations = "list attestations"

func (c *Client) attestations(ctx context.Context, of deploy.Digest, kind string) (all []attested, err error) {
	query := url.Values{"per_page": {fmt.Sprint(perPage)}, "predicate_type": {kind}}
	for {
		request, err := c.api.NewRequest(ctx, http.MethodGet, fmt.Sprintf("repos/%s/%s/attestations/sha256:%s?%s", c.owner, c.name, of, query.Encode()), nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", listAttestations, err)
		}
		var page struct {
			Attestations []attested `json:"attestations"`
		}
		response, err := c.api.Do(request, &page)
		if response != nil && (response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusUnprocessableEntity) {
			return all, nil
		}
		if err != nil {
			return nil, c.explain(ctx, response, err, listAttestations, "attestations: read")
		}
		all = append(all, page.Attestations...)
		if len(all) >= mostAttestations {
			return all[:mostAttestations], nil
		}
		if response.After == "" || len(page.Attestations) == 0 {
			return all, nil
		}
		query.Set("after", response.After)
	}
}

// bundle is that of an entry.
func (c *Client) bundle(ctx context.Context, entry attested) (json.RawMessage, error) {
	switch {
	case len(entry.Bundle) > mostBundle:
		return nil, refuse("", "an attestation has more than %d MiB", mostBundle>>20)
	case entry.BundleURL != "":
		return c.fetchBundle(ctx, entry.BundleURL)
	case len(entry.Bundle) > 0 && entry.Bundle[0] == '{':
		return entry.Bundle, nil
	}
	return nil, refuse("run the job again; give the attestation as `attestation_bundle` if it stays so", "GitHub lists an attestation and does not say where it lies")
}

// fetchBundle brings what lies in GitHub's storage. The address has its own right in it: no token goes there.
func (c *Client) fetchBundle(ctx context.Context, address string) (json.RawMessage, error) {
	const op = "fetch an attestation"
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" && !c.plain() || u.Host == "" {
		return nil, refuse("", "GitHub says that an attestation lies at no https address")
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.explain(ctx, nil, err, op, "attestations: read")
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, c.explain(ctx, &api.Response{Response: response}, fmt.Errorf("it answers %d", response.StatusCode), op, "attestations: read")
	}
	packed, err := io.ReadAll(io.LimitReader(response.Body, mostBundle+1))
	if err != nil {
		return nil, c.explain(ctx, nil, err, op, "attestations: read")
	}
	bundle, err := unpackBundle(packed)
	if err != nil {
		return nil, refuse("run the job again; give the attestation as `attestation_bundle` if it stays so", "an attestation in GitHub's storage cannot be read: %w", err)
	}
	return bundle, nil
}

// plain reports whether the API itself is spoken to without TLS, as only that of a test is.
func (c *Client) plain() bool { return strings.HasPrefix(c.base, "http://") }

// unpackBundle decodes a block of snappy. Its length stands in front, and is believed only as far as it may be.
func unpackBundle(packed []byte) (json.RawMessage, error) {
	length, err := snappy.DecodedLen(packed)
	switch {
	case err != nil:
		return nil, err
	case len(packed) > mostBundle || length > mostBundle:
		return nil, fmt.Errorf("it has more than %d MiB", mostBundle>>20)
	}
	text, err := snappy.Decode(nil, packed)
	if err != nil {
		return nil, err
	}
	if !json.Valid(text) {
		return nil, errors.New("it is no JSON")
	}
	return text, nil
}
