package config

import (
	"net/url"
	"strings"

	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// Otel is where a deployment is sent as a trace.
type Otel struct {
	URL     string                   // of traces, by OTLP/HTTP
	Headers map[string]secret.Secret // by name
}

// otel reads where traces go. Headers hold keys, so they go over https alone; without any, a collector in the private network may
// speak http.
func (l *loader) otel(s *keys.Settings, c *Config) {
	at, text := s.OtelHeaders.At(), c.Secrets[s.OtelHeaders.V].Reveal()
	if strings.TrimSpace(l.in.OtelHeaders) != "" {
		at, text = inputAt("otel_headers"), l.in.OtelHeaders
	}
	if !s.OtelEndpoint.Given() {
		if s.OtelHeaders.Given() {
			l.problem(at, "set `otel_endpoint`, or drop it", "`otel_headers` goes with `otel_endpoint`, and that is not given")
		}
		return
	}
	if s.OtelHeaders.Given() && !l.namesSecret(s.OtelHeaders) {
		return
	}
	headers := l.otelHeaders(text, at)
	base, err := request.Address(strings.TrimSpace(s.OtelEndpoint.V), len(headers) == 0)
	if err != nil || base.RawQuery != "" {
		hint := "a base address like https://otel.example.com:4318, to which /v1/traces is added"
		if len(headers) > 0 {
			hint += "; with headers it must be https"
		}
		l.problem(s.OtelEndpoint.At(), hint, "`otel_endpoint` is no address that traces can be sent to")
		return
	}
	c.Otel = &Otel{URL: base.JoinPath("v1", "traces").String(), Headers: headers}
}

// otelHeaders reads name=value,name=value, as OTEL_EXPORTER_OTLP_HEADERS is written: values may be percent-encoded. Lines do as well.
func (l *loader) otelHeaders(text string, at deploy.Position) map[string]secret.Secret {
	headers := map[string]secret.Secret{}
	for _, pair := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		name, value, ok := strings.Cut(pair, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if decoded, err := url.PathUnescape(value); err == nil {
			value = decoded
		}
		switch {
		case strings.TrimSpace(pair) == "":
			continue
		case !ok || !headerName.MatchString(name) || strings.ContainsAny(value, "\r\n\x00"):
			l.problem(at, "name=value, and commas between several", "`otel_headers` has something that is no header")
			return headers
		}
		headers[name] = secret.New(value)
	}
	return headers
}
