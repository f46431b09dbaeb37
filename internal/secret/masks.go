package secret

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// Masks are the texts that a CI is asked to take out of logs: a value, or its lines, with what is secret in it by itself,
// and what base64, percent-encoding, JSON, HTML and a shell's quotes make of a value of one line. Each mask costs a line of
// the log, and the CI a search in every line, so the rarer forms are left to the Redactor, through which all goes that
// Slipway prints.
//
// No mask has a line break in it: given the whole, a CI would also mask the shortest lines, and a lone `{` of a JSON secret
// would be gone from every log.
func Masks(s Secret) []string {
	trimmed := strings.TrimSpace(s.value)
	if len(trimmed) < MinLength {
		return nil
	}
	var masks []string
	add := func(texts ...string) {
		for _, text := range texts {
			if text = strings.TrimSpace(text); len(text) >= MinLength && !strings.ContainsAny(text, "\r\n") && !slices.Contains(masks, text) {
				masks = append(masks, text)
			}
		}
	}
	for _, base := range basesOf(s.value) {
		add(base)
		add(linesOf(base)...)
	}
	for _, text := range []string{s.value, trimmed} {
		add(base64.StdEncoding.EncodeToString([]byte(text)))
	}
	add(url.QueryEscape(trimmed))
	if strings.ContainsAny(trimmed, "\r\n") {
		return masks
	}
	add(base64Forms(trimmed)...)
	add(percentForms(trimmed)...)
	add(jsonForms(trimmed)...)
	add(htmlForms(trimmed)...)
	add(shellForms(trimmed)...)
	return masks
}
