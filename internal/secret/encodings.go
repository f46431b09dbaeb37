package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// encodings are what programs make of a whole text.
func encodings(text string) []string {
	escaped := slices.Concat(jsonForms(text), htmlForms(text))
	for _, once := range jsonForms(text) { // JSON within JSON, or within a page
		escaped = append(escaped, jsonForms(once)...)
		escaped = append(escaped, htmlForms(once)...)
	}
	return slices.Concat(base64Forms(text), percentForms(text), escaped, referenceForms(text), shellForms(text), hexForms(text), utf16Forms(text))
}

// base64Forms are what base64 makes of text. Within longer data the first and the last characters also depend on the
// neighbours: what is left between them is the text's own.
func base64Forms(text string) []string {
	var forms []string
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		whole := encoding.EncodeToString([]byte(text))
		forms = append(forms, whole, strings.TrimRight(whole, "="))
		for _, width := range []int{64, 76} {
			for rest := whole; len(whole) > width && len(rest) >= 2*MinLength; rest = rest[min(width, len(rest)):] {
				forms = append(forms, rest[:min(width, len(rest))])
			}
		}
		raw := encoding.WithPadding(base64.NoPadding)
		for offset, foreign := range []int{0, 2, 3} { // characters that bytes before the text have a part in
			within := raw.EncodeToString(append(make([]byte, offset), text...))
			if (offset+len(text))%3 != 0 {
				within = within[:len(within)-1]
			}
			if len(within) > foreign {
				forms = append(forms, within[foreign:])
			}
		}
	}
	return forms
}

func percentForms(text string) []string {
	query, path := url.QueryEscape(text), url.PathEscape(text)
	// encodeURIComponent of JavaScript, and Python's quote(safe=''): as a query, but spaces are %20; the former leaves
	// these five alone, and Python's quote a slash.
	component := strings.ReplaceAll(query, "+", "%20")
	javascript := strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(component)
	forms := []string{query, path, component, javascript, strings.ReplaceAll(component, "%2F", "/")}
	for _, form := range slices.Clone(forms) {
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

// jsonForms are the text inside a JSON string: with and without the escapes that make it safe in HTML, with \/ as PHP writes
// it, in ASCII as Python does; and inside the quotes of Python's repr and Go's %q.
func jsonForms(text string) []string {
	var forms []string
	for _, escapeHTML := range []bool{true, false} {
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(escapeHTML)
		if encoder.Encode(text) == nil { // cannot fail for a string
			quoted := strings.TrimSuffix(out.String(), "\n")
			forms = append(forms, quoted[1:len(quoted)-1])
		}
	}
	plain := forms[len(forms)-1]
	forms = append(forms, strings.ReplaceAll(plain, "/", `\/`), inASCII(plain))
	quoted := strconv.Quote(text)
	forms = append(forms, quoted[1:len(quoted)-1])
	unquoted := strings.ReplaceAll(forms[len(forms)-1], `\"`, `"`)
	for _, python := range []string{unquoted, strings.ReplaceAll(unquoted, "'", `\'`)} {
		// ascii() writes \xe9, the repr of bytes \xc3\xa9.
		forms = append(forms, python, inASCII(numbered(python, `\x%02x`, isLatin1)), byBytes(python))
	}
	return forms
}

func isLatin1(r rune) bool { return r >= utf8.RuneSelf && r <= 0xff }

// byBytes writes \xc3\xa9 for what is not ASCII.
func byBytes(text string) string {
	var out strings.Builder
	for i := range len(text) {
		if text[i] < utf8.RuneSelf {
			out.WriteByte(text[i])
		} else {
			fmt.Fprintf(&out, `\x%02x`, text[i])
		}
	}
	return out.String()
}

// inASCII writes é as \u00e9, and what is beyond the first plane as two of them.
func inASCII(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// htmlEscapers write what Python and Django, Go, PHP, JavaScript's libraries and writers of XML write.
var htmlEscapers = []*strings.Replacer{
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#039;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "+", "&#43;", "`", "&#96;", "\x00", "\ufffd"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;", "/", "&#x2F;", "`", "&#x60;", "=", "&#x3D;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;", "/", "&#x2F;"),
}

func htmlForms(text string) []string {
	var forms []string
	for _, escaper := range htmlEscapers {
		forms = append(forms, escaper.Replace(text))
	}
	return forms
}

// referenceForms have markup, or also what is not ASCII, or every sign as a numeric character reference of HTML.
func referenceForms(text string) []string {
	var forms []string
	isMarkup := func(r rune) bool { return strings.ContainsRune("&<>\"'", r) }
	isForeign := func(r rune) bool { return isMarkup(r) || r >= utf8.RuneSelf }
	isSign := func(r rune) bool { return isForeign(r) || !isAlphanumeric(r) }
	for _, number := range []string{"&#%d;", "&#x%x;", "&#x%X;"} {
		for _, where := range []func(rune) bool{isMarkup, isForeign, isSign} {
			forms = append(forms, numbered(text, number, where))
		}
	}
	return forms
}

// numbered writes some characters by their numbers, in a format like "&#%d;".
func numbered(text, format string, where func(rune) bool) string {
	var out strings.Builder
	for _, r := range text {
		if where(r) {
			fmt.Fprintf(&out, format, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// shellForms are the text between quotes of a shell, and as bash's printf %q and $'...' write it.
func shellForms(text string) []string {
	var escaped strings.Builder
	for i := range len(text) {
		if c := text[i]; c < utf8.RuneSelf && strings.IndexByte(" \t!\"#$&'()*,;<>?[\\]^`{|}~", c) >= 0 {
			escaped.WriteByte('\\')
		}
		escaped.WriteByte(text[i])
	}
	return []string{
		strings.ReplaceAll(text, `'`, `'\''`),
		strings.ReplaceAll(text, `'`, `'"'"'`),
		strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(text),
		strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(text),
		escaped.String(),
	}
}

func utf16Forms(text string) []string {
	units := utf16.Encode([]rune(text))
	var little, big []byte
	for _, unit := range units {
		little = binary.LittleEndian.AppendUint16(little, unit)
		big = binary.BigEndian.AppendUint16(big, unit)
	}
	return []string{string(little), string(big)}
}
