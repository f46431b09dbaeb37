package http_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/call"
	"github.com/slipway/slipway/internal/cookbook/recipetest"
)

func TestCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step string
		want recipetest.Exchange
	}{
		"JSON with quotes in a subject": {
			`{uses: http/call, from: runner, with: {url: API/hook, headers: ["Authorization: Bearer ${TOKEN}"], body: '{"text": "Deployed ${SUBJECT}", "n": 1}'}}`,
			recipetest.Exchange{Method: "POST", Path: "/hook", Header: map[string]string{"Authorization": "Bearer s3cr3t/+"}, Body: `{"n":1,"text":"Deployed Fix \"quotes\" & <tags>\nin\\the subject"}`},
		},
		"a form": {
			`{uses: http/call, from: runner, with: {url: API/hook, headers: ["Content-Type: application/x-www-form-urlencoded"], body: "a=${SUBJECT}&b=1"}}`,
			recipetest.Exchange{Method: "POST", Path: "/hook", Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, Body: "a=Fix+%22quotes%22+%26+%3Ctags%3E%0Ain%5Cthe+subject&b=1"},
		},
		"a text": {
			`{uses: http/call, from: runner, with: {url: API/hook, method: PUT, body: "${SLIPWAY_RELEASE} is live"}}`,
			recipetest.Exchange{Method: "PUT", Path: "/hook", Header: map[string]string{"Content-Type": "text/plain; charset=utf-8"}, Body: "20261121-073000-1a2b3c4-9f3c51 is live"},
		},
		"values in the address": {
			`{uses: http/call, from: runner, with: {url: "API/of/${TOKEN}?subject=${SUBJECT}", method: DELETE}}`,
			recipetest.Exchange{Method: "DELETE", Path: "/of/s3cr3t%2F+?subject=Fix+%22quotes%22+%26+%3Ctags%3E%0Ain%5Cthe+subject"},
		},
		"a status of its own": {
			`{uses: http/call, from: runner, with: {url: API/hook, status: [200, 409]}}`,
			recipetest.Exchange{Method: "POST", Path: "/hook", Answer: recipetest.Status(409, "it is there already")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := recipetest.NewAPI(t, c.want).Send(c.step); err != nil {
				t.Error(err)
			}
		})
	}
}

// A redirect to elsewhere is not followed: the token would go along.
func TestRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := recipetest.NewAPI(t) // to which nothing may come
	api := recipetest.NewAPI(t, recipetest.Exchange{Method: "POST", Path: "/hook", Body: `{"a":"s3cr3t/+"}`, Answer: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/take", http.StatusTemporaryRedirect)
	}})
	err := api.Send(`{uses: http/call, from: runner, with: {url: API/hook, headers: ["Authorization: ${TOKEN}"], body: '{"a": "${TOKEN}"}'}}`)
	var failed *call.Error
	if !errors.As(err, &failed) || !strings.Contains(failed.Error(), "it redirects (307 Temporary Redirect) to "+elsewhere.URL+"/take") {
		t.Error(err)
	}
}

// A POST may do something twice: it is not sent again where its answer was lost, and it is where the recipe's step says that it may.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	lost := func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
	}
	first := recipetest.Exchange{Method: "POST", Path: "/hook", Answer: lost}
	err := recipetest.NewAPI(t, first).Send(`{uses: http/call, from: runner, with: {url: API/hook}}`)
	var failed *call.Error
	if !errors.As(err, &failed) || !failed.Unknown {
		t.Error(err)
	}
	both := recipetest.NewAPI(t, first, recipetest.Exchange{Method: "POST", Path: "/hook"})
	if err := both.Send(`{uses: http/call, from: runner, idempotent: true, with: {url: API/hook}}`); err != nil {
		t.Error(err)
	}
}
