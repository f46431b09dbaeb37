package sanitize

import (
	"reflect"

	"github.com/slipway/slipway/internal/secret"
)

// Value makes every text in a value safe to print, each with a bound: what value points to, through fields, slices and pointers. Texts are
// words of Slipway's own, but for fields with the tag `words:"foreign"`, which have what hosts and other programs said.
func (s Sanitizer) Value(value any) { s.texts(reflect.ValueOf(value), s.Own) }

func (s Sanitizer) texts(v reflect.Value, safe func(string) string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			s.texts(v.Elem(), safe)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("words") == "foreign" {
				s.texts(v.Field(i), s.Line)
			} else {
				s.texts(v.Field(i), safe)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			s.texts(v.Index(i), safe)
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(Shorten(safe(v.String())))
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
