package datadog_test

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
)

func TestDeployment(t *testing.T) {
	t.Parallel()
	key := map[string]string{"DD-API-KEY": "s3cr3t/+"}
	for step, body := range map[string]string{
		`{uses: datadog/deployment, from: runner, with: {api: API, service: shop, key: "${TOKEN}"}}`: `{"data":{"attributes":{"env":"production","finished_at":1795000060,"service":"shop","started_at":1795000000,"version":"1a2b3c4d"}}}`,
		`{uses: datadog/deployment, from: runner, with: {api: API, service: shop, key: "${TOKEN}", team: web, environment: live, version: "1", repository: "https://github.com/example/shop", started: 5}}`: `{"data":{"attributes":{"env":"live","finished_at":1795000060,` +
			`"git":{"commit_sha":"1a2b3c4d","repository_url":"https://github.com/example/shop"},"service":"shop","started_at":5,"team":"web","version":"1"}}}`,
	} {
		api := recipetest.NewAPI(t, recipetest.Exchange{Method: "POST", Path: "/api/v2/dora/deployment", Header: key, Body: body, Answer: recipetest.Status(202, "{}")})
		if err := api.Send(step); err != nil {
			t.Error(err)
		}
	}
	refused := recipetest.NewAPI(t, recipetest.Exchange{
		Method: "POST", Path: "/api/v2/dora/deployment", Answer: recipetest.Status(400, `{"errors":[{"title":"Generic Error"}]}`),
		Body: `{"data":{"attributes":{"env":"production","finished_at":1795000060,"service":"shop","started_at":1795000000,"version":"1a2b3c4d"}}}`,
	})
	if err := refused.Send(`{uses: datadog/deployment, from: runner, with: {api: API, service: shop, key: "${TOKEN}"}}`); err == nil {
		t.Error("what the API refused counts as a success")
	}
}
