package recipetest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/slipway/slipway/internal/call"
	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
)

// API stands in for what a recipe calls from the runner. It takes what Want says, one request after another, and refuses and reports
// every other.
type API struct {
	*httptest.Server
	t    *testing.T
	mu   sync.Mutex
	want []Exchange
}

// Exchange is a request that is wanted, and its answer.
type Exchange struct {
	Method, Path string // the path as it is sent, with its query
	Header       map[string]string
	Body         string
	Answer       http.HandlerFunc // nil is 200
}

// NewAPI starts an API that must be called just so.
func NewAPI(t *testing.T, want ...Exchange) *API {
	t.Helper()
	a := &API{t: t, want: want}
	a.Server = httptest.NewServer(a)
	t.Cleanup(func() {
		a.Close()
		for _, missing := range a.want {
			t.Errorf("%s %s was not called", missing.Method, missing.Path)
		}
	})
	return a
}

// Status answers with a status and a text.
func Status(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil || len(a.want) == 0 {
		a.t.Errorf("%s %s was not wanted (%v)", r.Method, r.RequestURI, err)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	want := a.want[0]
	a.want = a.want[1:]
	if r.Method != want.Method || r.RequestURI != want.Path || string(body) != want.Body {
		a.t.Errorf("%s %s %s\nwanted %s %s %s", r.Method, r.RequestURI, body, want.Method, want.Path, want.Body)
	}
	if json := strings.HasPrefix(want.Body, "{"); json != (r.Header.Get("Content-Type") == "application/json") && want.Header["Content-Type"] == "" {
		a.t.Errorf("%s %s: Content-Type %q", r.Method, r.RequestURI, r.Header.Get("Content-Type"))
	}
	for name, value := range want.Header {
		if got := r.Header.Get(name); got != value {
			a.t.Errorf("%s %s: %s is %q, wanted %q", r.Method, r.RequestURI, name, got, value)
		}
	}
	if want.Answer != nil {
		want.Answer(w, r)
	}
}

// Variables are what a step of a test may name beside the secret TOKEN, which is s3cr3t/+.
var Variables = map[string]string{
	"SUBJECT": "Fix \"quotes\" & <tags>\nin\\the subject", "SLIPWAY_RELEASE": "20261121-073000-1a2b3c4-9f3c51", "SLIPWAY_REVISION": "1a2b3c4d",
	"SLIPWAY_ENVIRONMENT": "production", "SLIPWAY_DEPLOYMENT": "ci-412", "SLIPWAY_ACTOR": "anna", "SLIPWAY_STARTED_AT": "1795000000", "SLIPWAY_SENT_AT": "1795000060",
	"TOKEN": "s3cr3t/+",
}

// Send carries out a step of finish as a deployment does: read from a deploy file, filled in, and sent. API in it stands for the address of the
// API. The error is that of the first request that failed.
func (a *API) Send(step string) error {
	a.t.Helper()
	text := "app: shop\ndeploy_path: /srv/shop\nhosts: [deploy@web1]\nvars: {SUBJECT: x}\nsecrets: [TOKEN]\nfinish:\n  - " + strings.ReplaceAll(step, "API", a.URL) + "\n"
	cfg, err := config.Load(ci.Inputs{Command: "validate"}, fstest.MapFS{"slipway.yml": {Data: []byte(text)}}, config.Env{})
	if err != nil {
		a.t.Fatalf("%v\n%s", err, text)
	}
	made := cfg.Finish[0]
	for _, r := range made.Requests {
		filled, err := request.Fill(r, func(name string) (string, bool) { value, ok := Variables[name]; return value, ok })
		if err != nil {
			a.t.Fatal(err)
		}
		policy := call.Policy{Timeout: 5 * time.Second, Retries: made.Retries, Wait: time.Millisecond}
		if _, err := call.Send(a.t.Context(), filled, policy, func(string) {}); err != nil {
			return err
		}
	}
	return nil
}
