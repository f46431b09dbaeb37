package reference

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/yamlfile"
)

// Schema is the JSON schema of the deploy file, draft 7 as editors read it, made of the keys' table.
func Schema() []byte {
	g := &schema{definitions: map[string]any{}}
	root := g.object(reflect.TypeFor[keys.File]())
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "Slipway's deploy file"
	root["definitions"] = g.definitions
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		panic(err) // maps, texts and numbers always encode
	}
	return out.Bytes()
}

// schema gathers the definitions of the structs that it meets.
type schema struct{ definitions map[string]any }

// object is the schema of a struct's map.
func (g *schema) object(t reflect.Type) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for _, f := range yamlfile.Fields(t) {
		property := g.value(f.Type, f)
		property["description"] = f.Doc
		if f.Default != "" {
			property["default"] = defaultOf(f)
		}
		properties[f.Key] = property
		if f.Required {
			required = append(required, f.Key)
		}
	}
	object := map[string]any{
		"type": "object", "properties": properties, "additionalProperties": false,
		"patternProperties": map[string]any{"^x-": map[string]any{}},
	}
	if len(required) > 0 {
		object["required"] = required
	}
	return object
}

func defaultOf(f yamlfile.Field) any {
	var value any = f.Default
	switch reflect.New(f.Type).Interface().(type) {
	case *keys.Number, *keys.Boolean:
		value = json.RawMessage(f.Default)
	}
	return value
}

// value is the schema of a field's type. A struct is defined once and referred to: a reference stands in an allOf, beside
// which draft 7 lets a description stand.
func (g *schema) value(t reflect.Type, f yamlfile.Field) map[string]any {
	switch reflect.New(t).Interface().(type) {
	case *keys.Text:
		property := map[string]any{"type": "string"}
		if len(f.Enum) > 0 {
			property["enum"] = f.Enum
		}
		if f.Pattern != "" {
			property["pattern"] = f.Pattern
		}
		return property
	case *keys.Scalar:
		return map[string]any{"type": []string{"string", "number", "boolean"}}
	case *keys.Number:
		property := map[string]any{"type": "integer"}
		if f.Min != "" {
			property["minimum"] = json.RawMessage(f.Min)
		}
		if f.Max != "" {
			property["maximum"] = json.RawMessage(f.Max)
		}
		return property
	case *keys.Boolean:
		return map[string]any{"type": "boolean"}
	case *keys.Duration:
		return map[string]any{"type": "string", "pattern": yamlfile.DurationPattern}
	case *keys.Portion:
		return map[string]any{"oneOf": []any{
			map[string]any{"type": "integer", "minimum": 1, "maximum": 1000}, map[string]any{"type": "string", "pattern": "^[0-9]+%?$"},
		}}
	case *keys.Drains:
		one := g.reference(reflect.TypeFor[keys.DrainStep]())
		return map[string]any{"oneOf": []any{one, map[string]any{"type": "array", "items": one}, map[string]any{"const": "none"}}}
	case *keys.Attestation:
		return map[string]any{"oneOf": []any{map[string]any{"const": "required"}, g.reference(reflect.TypeFor[keys.AttestationMap]())}}
	case *keys.Host:
		return map[string]any{"oneOf": []any{map[string]any{"type": "string"}, g.reference(reflect.TypeFor[keys.HostMap]())}}
	}
	if t.Kind() == reflect.Slice {
		return map[string]any{"type": "array", "items": g.value(t.Elem(), f)}
	}
	if items, ok := t.FieldByName("Items"); ok { // yamlfile.OneOrMore
		one := g.value(items.Type.Elem(), f)
		return map[string]any{"oneOf": []any{one, map[string]any{"type": "array", "items": one}}}
	}
	if pairs, ok := t.FieldByName("Pairs"); ok { // yamlfile.Dict
		value, _ := pairs.Type.Elem().FieldByName("Value")
		return map[string]any{"type": "object", "additionalProperties": g.value(value.Type, yamlfile.Field{})}
	}
	return map[string]any{"allOf": []any{g.reference(t)}}
}

func (g *schema) reference(t reflect.Type) map[string]any {
	name := strings.ToLower(t.Name()[:1]) + t.Name()[1:]
	if _, done := g.definitions[name]; !done {
		g.definitions[name] = nil // a struct that holds itself ends here
		g.definitions[name] = g.object(t)
	}
	return map[string]any{"$ref": "#/definitions/" + name}
}
