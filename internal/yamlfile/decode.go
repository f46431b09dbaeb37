package yamlfile

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// Custom is a type that reads itself.
type Custom interface {
	DecodeYAML(d *Decoder, n *Node, what string)
}

// Decode fills a struct from a node and gives every mistake in it. Keys that are not written get their defaults. A field
// of type *Node without a key is given the node itself.
func Decode(n *Node, into any) deploy.Problems {
	d := &Decoder{}
	d.Decode(n, into, "the file")
	return d.Problems
}

// Decoder gathers the problems of one decoding.
type Decoder struct{ Problems deploy.Problems }

// Problem notes a mistake.
func (d *Decoder) Problem(at deploy.Position, hint, format string, args ...any) {
	d.Problems = append(d.Problems, deploy.Problem{At: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// Decode reads a node into what a pointer points to; what names it for people.
func (d *Decoder) Decode(n *Node, into any, what string) {
	d.value(n, reflect.ValueOf(into).Elem(), what, Field{})
}

type scalar interface {
	decode(d *Decoder, n *Node, what string, f Field)
	setDefault(text string)
}

type container interface {
	decodeAll(d *Decoder, n *Node, what string, f Field)
}

func (d *Decoder) value(n *Node, v reflect.Value, what string, f Field) {
	if n.Kind == Null {
		d.Problem(n.At, `give it one, or leave it out; an empty text is ""`, "%s has no value", what)
		return
	}
	switch target := v.Addr().Interface().(type) {
	case Custom:
		target.DecodeYAML(d, n, what)
		return
	case scalar:
		target.decode(d, n, what, f)
		return
	case container:
		target.decodeAll(d, n, what, f)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), what, f)
	case reflect.Slice:
		if d.kind(n, List, what, shapeHint(n, v.Type().Elem(), true)) {
			v.Set(reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items)))
			for i, item := range n.Items {
				d.value(item, v.Index(i), fmt.Sprintf("item %d of %s", i+1, what), f)
			}
		}
	case reflect.Struct:
		if d.kind(n, Map, what, shapeHint(n, v.Type(), false)) {
			d.structure(n, v, what)
		}
	default:
		panic("yamlfile: cannot decode into " + v.Type().String())
	}
}

func (d *Decoder) kind(n *Node, want Kind, what, hint string) bool {
	if n.Kind != want {
		d.Problem(n.At, hint, "%s must be %s, not %s", what, want, n.Kind)
	}
	return n.Kind == want
}

// shapeHint says how a script, a URL, or a step alone is written where a map or a list of maps must stand.
func shapeHint(n *Node, of reflect.Type, inList bool) string {
	has := func(key string) bool {
		return of.Kind() == reflect.Struct && slices.ContainsFunc(fieldsOf(of), func(f Field) bool { return f.Key == key })
	}
	key := "run"
	if has("http") && strings.HasPrefix(n.Text, "http") {
		key = "http"
	}
	switch {
	case !has(key) || n.Kind != Text && n.Kind != Map:
		return ""
	case n.Kind == Map:
		return "one alone is a list, too: [{...}]"
	case inList:
		return "write it as [{name: ..., " + key + ": ...}]"
	}
	return "write it as {" + key + ": ...}"
}

func (d *Decoder) structure(n *Node, v reflect.Value, what string) {
	fields := fieldsOf(v.Type())
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.Key
	}
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("key") == "" && v.Type().Field(i).Type == reflect.TypeFor[*Node]() {
			v.Field(i).Set(reflect.ValueOf(n))
		}
	}
	SetDefaults(v.Addr().Interface())
	for _, entry := range n.Entries {
		i := slices.Index(known, entry.Key)
		if i < 0 && strings.HasPrefix(entry.Key, "x-") {
			continue // left alone: a place for anchors, and for other programs' keys
		}
		if i < 0 {
			hint := DidYouMean(entry.Key, known)
			if hint == "" && len(known) <= 8 { // more are a page, not a hint
				hint = "known here: " + strings.Join(known, ", ")
			}
			d.Problem(entry.At, hint, "unknown key `%s`", entry.Key)
			continue
		}
		d.value(entry.Value, v.FieldByIndex(fields[i].index), "`"+entry.Key+"`", fields[i])
	}
	for _, f := range fields {
		if f.Required && n.Get(f.Key) == nil {
			d.Problem(n.At, "", "%s needs `%s`", what, f.Key)
		}
	}
}
