package sanitize

import (
	"reflect"

	"github.com/slipway/slipway/internal/secret"
)

// Value makes every text in a value safe to print, as words of Slipway's own, each with a bound: what value points to, through fields,
// slices and pointers.
func (s Sanitizer) Value(value any) { s.value(reflect.ValueOf(value)) }

func (s Sanitizer) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			s.value(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			s.value(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			s.value(v.Index(i))
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(Shorten(s.Own(v.String())))
		}
	default:
	}
}

// Lines are the lines that a host printed one after the other, of which a secret may take several.
func (s Sanitizer) Lines(lines []string) []string {
	safe := redactTogether(s.Redactor.Lines(), lines)
	for i := range safe {
		safe[i] = s.remote(safe[i])
	}
	return safe
}

// redactTogether takes secrets out of lines, also those that go over several.
func redactTogether(together *secret.Lines, lines []string) []string {
	safe := []string{}
	for _, line := range lines {
		safe = append(safe, together.Add(line, false)...)
	}
	return append(safe, together.Flush()...)
}
