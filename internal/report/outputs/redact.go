package outputs

import (
	"bytes"
	"encoding/json"

	"github.com/slipway/slipway/internal/secret"
)

// redactedJSON takes secrets once more out of the values, so that no secret, whatever its characters, breaks the JSON.
func redactedJSON(doc any, redactor *secret.Redactor) string {
	var tree any
	decoder := json.NewDecoder(bytes.NewReader([]byte(jsonText(doc))))
	decoder.UseNumber()
	if decoder.Decode(&tree) != nil { // cannot fail: it was encoded just now
		return "{}"
	}
	return jsonText(redacted(redactor, tree))
}

// redacted is a value without secrets in its strings.
func redacted(redactor *secret.Redactor, tree any) any {
	switch v := tree.(type) {
	case string:
		return redactor.Own(v)
	case []string:
		out := make([]string, len(v))
		for i := range v {
			out[i] = redactor.Own(v[i])
		}
		return out
	case []any:
		for i := range v {
			v[i] = redacted(redactor, v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = redacted(redactor, v[key])
		}
	}
	return tree
}

func jsonText(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil { // cannot fail: plain values only
		return "null"
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}
