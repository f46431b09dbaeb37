package grafana_test

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
)

func TestAnnotation(t *testing.T) {
	t.Parallel()
	bearer := map[string]string{"Authorization": "Bearer s3cr3t/+"}
	for step, body := range map[string]string{
		`{uses: grafana/annotation, from: runner, with: {url: API/grafana, token: "${TOKEN}"}}`:                                                                     `{"tags":["deployment"],"text":"production: 20261121-073000-1a2b3c4-9f3c51 by anna"}`,
		`{uses: grafana/annotation, from: runner, with: {url: API/grafana, token: "${TOKEN}", text: "${SUBJECT}", tags: [a, b c], dashboard: jcIIG-07z, panel: 2}}`: `{"dashboardUID":"jcIIG-07z","panelId":2,"tags":["a","b c"],"text":"Fix \"quotes\" & <tags>\nin\\the subject"}`,
	} {
		api := recipetest.NewAPI(t, recipetest.Exchange{
			Method: "POST", Path: "/grafana/api/annotations", Header: bearer, Body: body, Answer: recipetest.Status(200, `{"message":"Annotation added","id":1}`),
		})
		if err := api.Send(step); err != nil {
			t.Error(err)
		}
	}
	refused := recipetest.NewAPI(t, recipetest.Exchange{
		Method: "POST", Path: "/api/annotations", Body: `{"tags":["deployment"],"text":"x"}`, Answer: recipetest.Status(401, `{"message":"Unauthorized"}`),
	})
	if err := refused.Send(`{uses: grafana/annotation, from: runner, with: {url: API, token: "${TOKEN}", text: x}}`); err == nil {
		t.Error("a refused token counts as a success")
	}
}
