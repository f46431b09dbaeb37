package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Forms are the texts that give a secret away: the value, each of its lines, and what common encodings make of it. None is
// shorter than MinLength.
//
//   - base64, standard and URL alphabet, padded or not, alone or within longer data (where the value starts at the first,
//     second or third byte of a group), also as the lines of 64 and 76 characters that base64 and openssl wrap it to
//   - percent-encoded, as in a query or a path, with upper- and lower-case digits
//   - escaped within a JSON string
//   - quoted for a shell, as `set -x` shows it
func Forms(s Secret) []string {
	value := s.value
	var forms []string
	seen := map[string]bool{}
	add := func(form string) {
		if len(form) >= MinLength && strings.TrimSpace(form) != "" && !seen[form] {
			seen[form] = true
			forms = append(forms, form)
		}
	}
	add(value)
	if len(value) < MinLength {
		return nil
	}
	trimmed := strings.TrimSpace(value)
	add(trimmed)
	for line := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == '\n' || r == '\r' }) {
		add(strings.TrimSpace(line))
	}
	if len(trimmed) < MinLength {
		return forms
	}
	for _, text := range []string{value, trimmed} {
		for _, form := range base64Forms(text) {
			add(form)
		}
		for _, form := range percentForms(text) {
			add(form)
		}
		for _, form := range jsonForms(text) {
			add(form)
		}
		add(strings.ReplaceAll(text, `'`, `'\''`))
		add(strings.ReplaceAll(text, `'`, `'"'"'`))
	}
	return forms
}

// Masks are the forms that a CI is asked to take out of logs: all of a value of one line; of a value of several its lines,
// and what base64 and percent-encoding make of the whole. Each mask costs a line of the log, and the CI a search in every
// line, so the rarer forms of long values are left to the Redactor, through which all goes that Slipway prints.
//
// No mask has a line break in it: given the whole, a CI would also mask the shortest lines, and a lone `{` of a JSON secret
// would be gone from every log.
func Masks(s Secret) []string {
	trimmed := strings.TrimSpace(s.value)
	if !strings.ContainsAny(trimmed, "\r\n") {
		return slices.DeleteFunc(Forms(s), func(form string) bool { return strings.ContainsAny(form, "\r\n") })
	}
	var masks []string
	add := func(form string) {
		if len(trimmed) >= MinLength && len(form) >= MinLength && !slices.Contains(masks, form) {
			masks = append(masks, form)
		}
	}
	for line := range strings.FieldsFuncSeq(trimmed, func(r rune) bool { return r == '\n' || r == '\r' }) {
		add(strings.TrimSpace(line))
	}
	for _, text := range []string{s.value, trimmed} {
		add(base64.StdEncoding.EncodeToString([]byte(text)))
	}
	add(url.QueryEscape(trimmed))
	return masks
}

// base64Forms are what base64 makes of value. Within longer data the first and the last characters also depend on the
// neighbours: what is left between them is the value's own.
func base64Forms(value string) []string {
	var forms []string
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		whole := encoding.EncodeToString([]byte(value))
		forms = append(forms, whole, strings.TrimRight(whole, "="))
		for _, width := range []int{64, 76} {
			for rest := whole; len(whole) > width && len(rest) >= 2*MinLength; rest = rest[min(width, len(rest)):] {
				forms = append(forms, rest[:min(width, len(rest))])
			}
		}
		raw := encoding.WithPadding(base64.NoPadding)
		for offset, foreign := range []int{0, 2, 3} { // characters that bytes before the value have a part in
			text := raw.EncodeToString(append(make([]byte, offset), value...))
			if (offset+len(value))%3 != 0 {
				text = text[:len(text)-1]
			}
			if len(text) > foreign {
				forms = append(forms, text[foreign:])
			}
		}
	}
	return forms
}

func percentForms(value string) []string {
	query, path := url.QueryEscape(value), url.PathEscape(value)
	// encodeURIComponent of JavaScript, and Python's quote(safe=''): as a query, but spaces are %20; the former leaves
	// these five alone.
	component := strings.ReplaceAll(query, "+", "%20")
	javascript := strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(component)
	forms := []string{query, path, component, javascript}
	for _, form := range forms[:4:4] {
		forms = append(forms, lowerDigits(form))
	}
	return forms
}

// lowerDigits writes %2F as %2f.
func lowerDigits(text string) string {
	out := []byte(text)
	for i := 0; i+2 < len(out); i++ {
		if out[i] == '%' {
			copy(out[i+1:i+3], bytes.ToLower(out[i+1:i+3]))
			i += 2
		}
	}
	return string(out)
}

// jsonForms are the value inside a JSON string, with and without the escapes that make it safe in HTML.
func jsonForms(value string) []string {
	var forms []string
	for _, escapeHTML := range []bool{true, false} {
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(escapeHTML)
		if encoder.Encode(value) == nil { // cannot fail for a string
			quoted := strings.TrimSuffix(out.String(), "\n")
			forms = append(forms, quoted[1:len(quoted)-1])
		}
	}
	return forms
}
