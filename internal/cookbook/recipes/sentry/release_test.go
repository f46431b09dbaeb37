package sentry_test

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
)

var bearer = map[string]string{"Authorization": "Bearer s3cr3t/+"}

const deploys = "/api/0/organizations/example/releases/1a2b3c4d/deploys/"

func TestRelease(t *testing.T) {
	t.Parallel()
	api := recipetest.NewAPI(t,
		recipetest.Exchange{
			Method: "POST", Path: "/api/0/organizations/example/releases/", Header: bearer, Answer: recipetest.Status(201, "{}"),
			Body: `{"projects":["shop","api"],"refs":[{"commit":"1a2b3c4d","repository":"example/shop"}],"version":"1a2b3c4d"}`,
		},
		recipetest.Exchange{
			Method: "POST", Path: deploys, Header: bearer, Answer: recipetest.Status(201, "{}"),
			Body: `{"environment":"production","name":"20261121-073000-1a2b3c4-9f3c51","projects":["shop","api"],"url":"https://example.com/"}`,
		},
	)
	err := api.Send(`{uses: sentry/release, from: runner, with: {api: API, organization: example, projects: [shop, api], token: "${TOKEN}", repository: example/shop, url: "https://example.com/"}}`)
	if err != nil {
		t.Error(err)
	}
}

// A version of signs that mean something in an address stays one part of it, and a release that Sentry has already (208) is well.
func TestVersionOfItsOwn(t *testing.T) {
	t.Parallel()
	api := recipetest.NewAPI(t,
		recipetest.Exchange{Method: "POST", Path: "/api/0/organizations/example/releases/", Body: `{"projects":["shop"],"version":"shop@1.0/b?"}`, Answer: recipetest.Status(208, "{}")},
		recipetest.Exchange{
			Method: "POST", Path: "/api/0/organizations/example/releases/shop@1.0%2Fb%3F/deploys/",
			Body: `{"environment":"live","name":"20261121-073000-1a2b3c4-9f3c51","projects":["shop"]}`,
		},
	)
	err := api.Send(`{uses: sentry/release, from: runner, with: {api: API, organization: example, projects: shop, token: "${TOKEN}", version: "shop@1.0/b?", environment: live}}`)
	if err != nil {
		t.Error(err)
	}
}

// The release bears a second try after the gateway's error; the deploy is a new one each time, and is not sent twice.
func TestGateway(t *testing.T) {
	t.Parallel()
	release := recipetest.Exchange{Method: "POST", Path: "/api/0/organizations/example/releases/", Body: `{"projects":["shop"],"version":"1a2b3c4d"}`}
	lost := release
	lost.Answer = recipetest.Status(502, "")
	api := recipetest.NewAPI(t, lost, release, recipetest.Exchange{
		Method: "POST", Path: deploys, Body: `{"environment":"production","name":"20261121-073000-1a2b3c4-9f3c51","projects":["shop"]}`, Answer: recipetest.Status(504, ""),
	})
	if err := api.Send(`{uses: sentry/release, from: runner, with: {api: API, organization: example, projects: [shop], token: "${TOKEN}"}}`); err == nil {
		t.Error("the deploy was not answered, and counts as sent")
	}
}
