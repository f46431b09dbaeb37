package cdn_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/call"
	"github.com/slipway/slipway/internal/cookbook/recipetest"
)

func TestPurges(t *testing.T) {
	t.Parallel()
	bearer := map[string]string{"Authorization": "Bearer s3cr3t/+"}
	fastly := map[string]string{"Fastly-Key": "s3cr3t/+", "Accept": "application/json", "Fastly-Soft-Purge": ""}
	soft := map[string]string{"Fastly-Key": "s3cr3t/+", "Accept": "application/json", "Fastly-Soft-Purge": "1"}
	bunny := map[string]string{"AccessKey": "s3cr3t/+"}
	for name, c := range map[string]struct {
		step string
		want []recipetest.Exchange
	}{
		"Cloudflare, all": {
			`{uses: cdn/cloudflare-purge, from: runner, with: {api: API/client/v4, zone: 023e105f, token: "${TOKEN}"}}`,
			[]recipetest.Exchange{{Method: "POST", Path: "/client/v4/zones/023e105f/purge_cache", Header: bearer, Body: `{"purge_everything":true}`}},
		},
		"Cloudflare, addresses": {
			`{uses: cdn/cloudflare-purge, from: runner, with: {api: API/client/v4, zone: 023e105f, token: "${TOKEN}", urls: ["https://example.com/", "https://example.com/a?b=1"]}}`,
			[]recipetest.Exchange{{Method: "POST", Path: "/client/v4/zones/023e105f/purge_cache", Header: bearer, Body: `{"files":["https://example.com/","https://example.com/a?b=1"]}`}},
		},
		"Cloudflare, both": {
			`{uses: cdn/cloudflare-purge, from: runner, with: {api: API/client/v4, zone: 023e105f, token: "${TOKEN}", urls: ["https://example.com/"], tags: pages news}}`,
			[]recipetest.Exchange{
				{Method: "POST", Path: "/client/v4/zones/023e105f/purge_cache", Header: bearer, Body: `{"files":["https://example.com/"]}`},
				{Method: "POST", Path: "/client/v4/zones/023e105f/purge_cache", Header: bearer, Body: `{"tags":["pages","news"]}`},
			},
		},
		"Fastly, all": {
			`{uses: cdn/fastly-purge, from: runner, with: {api: API, service: SU1Z0, token: "${TOKEN}"}}`,
			[]recipetest.Exchange{{Method: "POST", Path: "/service/SU1Z0/purge_all", Header: fastly}},
		},
		"Fastly, keys": {
			`{uses: cdn/fastly-purge, from: runner, with: {api: API, service: SU1Z0, token: "${TOKEN}", keys: [pages, news]}}`,
			[]recipetest.Exchange{{Method: "POST", Path: "/service/SU1Z0/purge", Header: fastly, Body: `{"surrogate_keys":["pages","news"]}`}},
		},
		"Fastly, not soft": {
			`{uses: cdn/fastly-purge, from: runner, with: {api: API, service: SU1Z0, token: "${TOKEN}", keys: pages, soft: false}}`,
			[]recipetest.Exchange{{Method: "POST", Path: "/service/SU1Z0/purge", Header: fastly, Body: `{"surrogate_keys":["pages"]}`}},
		},
		"Fastly, soft": {
			`{uses: cdn/fastly-purge, from: runner, with: {api: API, service: SU1Z0, token: "${TOKEN}", keys: [pages, news], soft: true}}`,
			[]recipetest.Exchange{{Method: "POST", Path: "/service/SU1Z0/purge", Header: soft, Body: `{"surrogate_keys":["pages","news"]}`}},
		},
		"bunny, all": {
			`{uses: cdn/bunny-purge, from: runner, with: {api: API, pull_zone: 4711, key: "${TOKEN}"}}`,
			[]recipetest.Exchange{{Method: "POST", Path: "/pullzone/4711/purgeCache", Header: bunny, Answer: recipetest.Status(204, "")}},
		},
		"bunny, a tag": {
			`{uses: cdn/bunny-purge, from: runner, with: {api: API, pull_zone: 4711, key: "${TOKEN}", tag: "${SUBJECT}"}}`,
			[]recipetest.Exchange{{Method: "POST", Path: "/pullzone/4711/purgeCache", Header: bunny, Body: `{"CacheTag":"Fix \"quotes\" & <tags>\nin\\the subject"}`, Answer: recipetest.Status(204, "")}},
		},
		"busy, then well": {
			`{uses: cdn/bunny-purge, from: runner, with: {api: API, pull_zone: 4711, key: "${TOKEN}"}}`,
			[]recipetest.Exchange{
				{Method: "POST", Path: "/pullzone/4711/purgeCache", Answer: recipetest.Status(502, "")},
				{Method: "POST", Path: "/pullzone/4711/purgeCache", Answer: recipetest.Status(429, "")},
				{Method: "POST", Path: "/pullzone/4711/purgeCache"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := recipetest.NewAPI(t, c.want...).Send(c.step); err != nil {
				t.Error(err)
			}
		})
	}
}

// What the API says of a token that may not purge is shown.
func TestRefusedToken(t *testing.T) {
	t.Parallel()
	api := recipetest.NewAPI(t, recipetest.Exchange{
		Method: "POST", Path: "/client/v4/zones/023e105f/purge_cache", Body: `{"purge_everything":true}`,
		Answer: recipetest.Status(403, `{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}`),
	})
	err := api.Send(`{uses: cdn/cloudflare-purge, from: runner, with: {api: API/client/v4, zone: 023e105f, token: "${TOKEN}"}}`)
	var failed *call.Error
	if !errors.As(err, &failed) || failed.Status != "403 Forbidden" || failed.Hint == "" || !strings.Contains(failed.Answer, "Authentication error") {
		t.Errorf("%+v", failed)
	}
}
