package yamlfile

import (
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Field is a key of a struct: what its tags say. Tags are key, doc, default, min, max, enum (comma-separated), pattern
// with say (what the pattern means, for people), and required. For documentation alone: without, keys of the struct that it is
// or embeds which mean nothing here (comma-separated), and variant, the name of that struct without them.
type Field struct {
	Key      string
	Doc      string
	Default  string
	Min, Max string
	Enum     []string
	Pattern  string
	Say      string
	Required bool
	Useless  bool // it means nothing in the struct that embeds it: whoever judges what was decoded says so
	Variant  string
	Without  []string
	Type     reflect.Type
	index    []int
}

// Fields are the keys that a struct takes, in its order, those of embedded structs in their place. The slice is the caller's.
func Fields(t reflect.Type) []Field { return slices.Clone(fieldsOf(t)) }

// known has the fields of each type that was asked for: reading tags is most of what decoding costs.
var known sync.Map // reflect.Type -> []Field

func fieldsOf(t reflect.Type) []Field {
	if fields, ok := known.Load(t); ok {
		return fields.([]Field)
	}
	fields, _ := known.LoadOrStore(t, readFields(t))
	return fields.([]Field)
}

func readFields(t reflect.Type) []Field {
	var fields []Field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			without := strings.Split(f.Tag.Get("without"), ",")
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				inner.Useless = inner.Useless || slices.Contains(without, inner.Key)
				fields = append(fields, inner)
			}
			continue
		}
		key := f.Tag.Get("key")
		if key == "" {
			continue
		}
		field := Field{
			Key: key, Doc: f.Tag.Get("doc"), Default: f.Tag.Get("default"), Min: f.Tag.Get("min"), Max: f.Tag.Get("max"),
			Pattern: f.Tag.Get("pattern"), Say: f.Tag.Get("say"), Required: f.Tag.Get("required") != "",
			Variant: f.Tag.Get("variant"), Type: f.Type, index: []int{i},
		}
		if without := f.Tag.Get("without"); without != "" {
			field.Without = strings.Split(without, ",")
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			field.Enum = strings.Split(enum, ",")
		}
		fields = append(fields, field)
	}
	return fields
}

// SetDefaults gives the values of a struct their defaults, in nested structs too.
func SetDefaults(pointer any) {
	v := reflect.ValueOf(pointer).Elem()
	for _, f := range fieldsOf(v.Type()) {
		field := v.FieldByIndex(f.index)
		if target, ok := field.Addr().Interface().(scalar); ok {
			if f.Default != "" {
				target.setDefault(f.Default)
			}
			continue
		}
		_, isContainer := field.Addr().Interface().(container)
		_, isCustom := field.Addr().Interface().(Custom)
		if field.Kind() == reflect.Struct && !isContainer && !isCustom {
			SetDefaults(field.Addr().Interface())
		}
	}
}
