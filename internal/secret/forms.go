package secret

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// looseLength is how long a form must be to be looked for across line breaks.
const looseLength = 12

// formsOf are the texts that give a secret away, each once. None is shorter than MinLength.
//
// Of the value, and of the text that it holds in base64, these are taken as secrets: itself; each of its lines, and the lines joined; what `echo` and others make of
// backslashes in it (`\n` of a key in JSON, read by dash); if it is JSON, each of its strings; if it has lines of NAME=value,
// the values; the password of a URL. Of the last three only those that are named like a secret, or cannot be a plain word.
//
// Of each of them, these are known:
//   - base64, standard and URL alphabet, padded or not, alone or within longer data (where the value starts at the first,
//     second or third byte of a group), also as the lines of 64 and 76 characters that base64 and openssl wrap it to
//   - hexadecimal digits, upper and lower case, in bytes that touch, or with a space, colon, hyphen, \x or 0x between them;
//     the rows of xxd, hexdump and od -c
//   - UTF-16 of both byte orders
//   - percent-encoded, as in a query or a path, with upper- and lower-case digits, a space as + or %20
//   - escaped within a string of JSON, once and twice, of Python, of Go, of PHP
//   - escaped for HTML or XML, with the entities that common programs write, or with numbers
//   - quoted for a shell, as `set -x` and printf's %q show it, or without the backslashes that `read` removes
//
// A long form is also found where a program wrapped it into lines, indented or ended by a backslash, or coloured a part; of
// the rarer forms not where that is within the first three bytes.
//
// Not known are what is encrypted, compressed, hashed or spelled backwards, a part of a value alone (its first characters,
// one word of several), and encodings of encodings other than JSON's.
func formsOf(value string) []form {
	if len(value) < MinLength {
		return nil
	}
	var list []form
	places := map[string]int{}
	put := func(f form) {
		text := f.text
		if len(text) < MinLength || strings.TrimSpace(text) == "" {
			return
		}
		if at, known := places[text]; known {
			list[at] = list[at].with(f)
			return
		}
		places[text] = len(list)
		list = append(list, f)
	}
	add := func(text string, sound bool) {
		put(form{text: text, loose: len(text) >= looseLength, sound: sound})
	}
	for _, base := range withJoined(basesOf(value)) {
		sound := isSound(base)
		add(base, sound)
		for _, line := range linesOf(base) {
			add(line, isSound(line))
		}
		if len(strings.TrimSpace(base)) < MinLength {
			continue
		}
		for _, text := range encodings(base) {
			add(text, sound)
		}
		for _, text := range rows(base) {
			put(form{text: text, sound: sound})
		}
		if len(base) < looseLength {
			continue
		}
		// A line break within the first bytes, by which forms are found, leaves the rest at the beginning of a line.
		for _, text := range []string{base, base64.StdEncoding.EncodeToString([]byte(base)), hex.EncodeToString([]byte(base))} {
			for n := 1; n < MinLength; n++ {
				put(form{text: strings.TrimSpace(text[n:]), loose: true, sound: sound})
			}
		}
	}
	return list
}

// isSound reports whether a value cannot be a word of Slipway's own, like the name of a host, a release or a step: it has
// eight bytes and three of lower-case letters, upper-case letters, digits and others; or twenty, letters and digits among them.
func isSound(value string) bool {
	const short, long = 8, 20
	var lower, upper, digit, other int
	for i := range len(value) {
		switch c := value[i]; {
		case c >= 'a' && c <= 'z':
			lower = 1
		case c >= 'A' && c <= 'Z':
			upper = 1
		case c >= '0' && c <= '9':
			digit = 1
		default:
			other = 1
		}
	}
	return len(value) >= short && lower+upper+digit+other >= 3 || len(value) >= long && digit == 1 && lower+upper >= 1
}

// linesOf are the lines of a text, without the spaces around them; none for a text of one.
func linesOf(text string) []string {
	if !strings.ContainsAny(text, "\r\n") {
		return nil
	}
	var lines []string
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}
