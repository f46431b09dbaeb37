package otlp

import (
	"encoding/json"
	"strconv"
	"time"
)

// What is sent is the JSON of ExportTraceServiceRequest: IDs in hexadecimal, 64-bit numbers as texts, enumerations as numbers (OTLP 1.x,
// "JSON Protobuf Encoding").

type request struct {
	ResourceSpans []resourceSpans `json:"resourceSpans"`
}

type resourceSpans struct {
	Resource   resource     `json:"resource"`
	ScopeSpans []scopeSpans `json:"scopeSpans"`
}

type resource struct {
	Attributes []attribute `json:"attributes"`
}

type scopeSpans struct {
	Scope scope  `json:"scope"`
	Spans []span `json:"spans"`
}

type scope struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type span struct {
	TraceID    string      `json:"traceId"`
	SpanID     string      `json:"spanId"`
	Parent     string      `json:"parentSpanId,omitempty"`
	Name       string      `json:"name"`
	Kind       int         `json:"kind"`
	Start      nanoseconds `json:"startTimeUnixNano"`
	End        nanoseconds `json:"endTimeUnixNano"`
	Attributes []attribute `json:"attributes,omitempty"`
	Links      []link      `json:"links,omitempty"`
	Status     status      `json:"status,omitzero"`
}

type link struct {
	TraceID string `json:"traceId"`
	SpanID  string `json:"spanId"`
}

// The kind of all spans, and the codes of their status.
const (
	kindInternal = 1
	statusOK     = 1
	statusError  = 2
)

type status struct {
	Code    int    `json:"code"`
	Message string `json:"message,omitempty"`
}

// nanoseconds is a moment, as the text of its nanoseconds since 1970.
type nanoseconds time.Time

// MarshalJSON is that text.
func (n nanoseconds) MarshalJSON() ([]byte, error) {
	return json.Marshal(strconv.FormatInt(time.Time(n).UnixNano(), 10))
}

type attribute struct {
	Key   string `json:"key"`
	Value value  `json:"value"`
}

// value is a text or a whole number.
type value struct {
	Text   *string `json:"stringValue,omitempty"`
	Number *string `json:"intValue,omitempty"`
}

// attributes gathers those that have a value.
type attributes []attribute

func (a attributes) text(key, text string) attributes {
	if text == "" {
		return a
	}
	text = cut(text)
	return append(a, attribute{key, value{Text: &text}})
}

func (a attributes) number(key string, n int) attributes {
	text := strconv.Itoa(n)
	return append(a, attribute{key, value{Number: &text}})
}

// longestText is how many characters a text has at most, in a name, an attribute or a status.
const longestText = 500

// cut is a text with a bound. Secrets are out of it before.
func cut(text string) string {
	if runes := []rune(text); len(runes) > longestText {
		return string(runes[:longestText-1]) + "…"
	}
	return text
}
