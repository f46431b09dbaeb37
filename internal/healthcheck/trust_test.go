package healthcheck_test

import (
	"context"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/healthcheck"
)

// A certificate that a check does not trust, or of another name, says what to write, from the host and from the runner.
func TestCertificateHints(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.StartTLS()
	t.Cleanup(server.Close)
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for name, test := range map[string]struct {
		change func(*deploy.HTTPCheck)
		want   string // of the hint; "" passes
	}{
		"nobody vouches":   {change: func(*deploy.HTTPCheck) {}, want: "`insecure: true`"},
		"whom to trust":    {change: func(*deploy.HTTPCheck) {}, want: "`ca:`"},
		"another name":     {change: func(c *deploy.HTTPCheck) { c.CA, c.Headers = authority, map[string]string{"Host": "other.test"} }, want: "headers: {Host: NAME}"},
		"plain HTTP there": {change: func(c *deploy.HTTPCheck) { c.URL = strings.Replace(c.URL, "https:", "http:", 1) }, want: "`https://`"},
		"insecure":         {change: func(c *deploy.HTTPCheck) { c.Insecure = true }},
		"its authority":    {change: func(c *deploy.HTTPCheck) { c.CA = authority }},
	} {
		for _, runner := range []bool{false, true} {
			check := deploy.HTTPCheck{URL: server.URL}
			test.change(&check)
			host := &healthcheck.Host{
				Name: "web1", Dial: (&net.Dialer{}).DialContext,
				Reach: func(context.Context) (bool, error) { return false, nil },
			}
			err := host.Pass(t.Context(), healthcheck.Check{Number: 1, Check: deploy.Check{
				Name: "Health", HTTP: &check, Runner: runner, Within: time.Second, Interval: 10 * time.Second, Successes: 1,
			}})
			switch {
			case test.want == "" && err != nil:
				t.Errorf("%s: %v", name, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Hint, test.want)):
				t.Errorf("%s: %v, hint %q", name, err, test.want)
			}
		}
	}
}
