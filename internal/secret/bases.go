package secret

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// basesOf are the texts within a value that are secret by themselves, the value first. Of a value that is a text in base64, like
// the key of a CI that masks nothing but lines, so are those of that text.
func basesOf(value string) []string {
	bases := basesOfText(value)
	if text, ok := decoded(value); ok {
		for _, base := range basesOfText(text) {
			if !slices.Contains(bases, base) {
				bases = append(bases, base)
			}
		}
	}
	return bases
}

// decoded is the text of which a value is the base64, in one line or several. Of shorter values many are so by chance.
func decoded(value string) (text string, ok bool) {
	const shortest = 16
	packed := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(strings.Join(strings.Fields(value), ""), "="))
	if len(packed) < shortest {
		return "", false
	}
	inside, err := base64.RawStdEncoding.DecodeString(packed)
	isBinary := func(r rune) bool {
		return r == utf8.RuneError || unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r)
	}
	return string(inside), err == nil && !strings.ContainsFunc(string(inside), isBinary)
}

// basesOfText are those of a text as it stands.
func basesOfText(value string) []string {
	var bases []string
	add := func(text string) {
		if len(text) >= MinLength && !slices.Contains(bases, text) {
			bases = append(bases, text)
		}
	}
	add(value)
	trimmed := strings.TrimSpace(value)
	add(trimmed)
	if strings.Contains(trimmed, `\`) {
		// Twice, for JSON within JSON.
		once := unescape(trimmed)
		add(once)
		add(unescape(once))
		add(strings.ReplaceAll(trimmed, `\`, ""))
		shown, _, _ := strings.Cut(trimmed, `\c`) // where echo of a POSIX shell ends its output
		add(shown)
	}
	for _, part := range slices.Concat(jsonStrings(trimmed), assigned(trimmed), passwords(trimmed)) {
		add(part)
		add(unescape(part))
	}
	return bases
}

// withJoined adds to texts of several lines what they are without the line breaks, and without the indentation and the CR of
// their lines.
func withJoined(bases []string) []string {
	all := slices.Clone(bases)
	for _, base := range bases {
		if lines := linesOf(base); len(lines) > 1 {
			all = append(all, strings.Join(lines, ""), strings.Join(lines, "\n"))
		}
	}
	return all
}

// unescape is what `echo` of a POSIX shell, printf's %b, or a reader of JSON makes of backslashes. Of what is no escape it
// keeps the backslash.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		i++
		switch c := text[i]; c {
		case 'n':
			out.WriteByte('\n')
		case 't':
			out.WriteByte('\t')
		case 'r':
			out.WriteByte('\r')
		case 'a', 'b', 'f', 'v':
			out.WriteByte(map[byte]byte{'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v'}[c])
		case '\\', '"', '/', '\'':
			out.WriteByte(c)
		case 'u', 'x', '0':
			decoded, size := numeric(text[i:])
			out.WriteString(decoded)
			i += size - 1
		default:
			out.WriteByte('\\')
			out.WriteByte(c)
		}
	}
	return out.String()
}

// numeric decodes u00e9, x41 and 0101 behind a backslash; what is none of them stays.
func numeric(text string) (decoded string, size int) {
	digits, base := 4, 16
	switch text[0] {
	case 'x':
		digits = 2
	case '0':
		digits, base = 3, 8
	}
	for n := digits; n > 0; n-- {
		if 1+n > len(text) || base == 16 && n < digits {
			continue
		}
		code, err := strconv.ParseUint(text[1:1+n], base, 32)
		switch {
		case err != nil:
			continue
		case text[0] == 'u':
			return string(rune(code)), 1 + n
		}
		return string([]byte{byte(code)}), 1 + n
	}
	if text[0] == '0' {
		return "\x00", 1
	}
	return `\` + text[:1], 1
}

// jsonStrings are the strings in a JSON text that are secret by themselves. A value like "service_account" is none.
func jsonStrings(text string) []string {
	if text == "" || !strings.ContainsRune(`{["`, rune(text[0])) {
		return nil
	}
	var tree any
	if json.Unmarshal([]byte(text), &tree) != nil {
		return nil
	}
	var found []string
	var walk func(name string, tree any)
	walk = func(name string, tree any) {
		switch v := tree.(type) {
		case string:
			if isSecretPart(name, v) {
				found = append(found, v)
				found = append(found, passwords(v)...)
			}
		case []any:
			for _, item := range v {
				walk(name, item)
			}
		case map[string]any:
			for key, item := range v {
				walk(key, item)
			}
		}
	}
	walk("", tree)
	return found
}

var assignment = lazyregexp.New(`(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*[=:][ \t]*(.+?)[ \t\r]*$`)

// assigned are the values of lines of NAME=value, as in an .env file, that are secret by themselves.
func assigned(text string) []string {
	var found []string
	for _, match := range assignment.FindAllStringSubmatch(text, -1) {
		name, value := match[1], match[2]
		if quote := value[0]; len(value) > 1 && (quote == '"' || quote == '\'') && value[len(value)-1] == quote {
			value = value[1 : len(value)-1]
		}
		if isSecretPart(name, value) {
			found = append(found, value)
		}
	}
	return found
}

var (
	secretName = lazyregexp.New(`(?i)key|secret|token|pass|pwd|credential|auth|salt|signature|private|dsn`)
	userInfo   = lazyregexp.New(`[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"']*:([^\s/@"']+)@`)
)

// isSecretPart reports whether a named part of a secret is secret by itself: by its name, or because it is no plain word.
func isSecretPart(name, value string) bool {
	return len(value) >= MinLength && (secretName.MatchString(name) || isSound(value))
}

// passwords are those of the URLs in a text, as written there and decoded. One of letters alone would mask a word.
func passwords(text string) []string {
	var found []string
	for _, match := range userInfo.FindAllStringSubmatch(text, -1) {
		if strings.Trim(strings.ToLower(match[1]), "abcdefghijklmnopqrstuvwxyz") == "" {
			continue
		}
		found = append(found, match[1])
		if decoded, err := url.PathUnescape(match[1]); err == nil {
			found = append(found, decoded)
		}
	}
	return found
}
