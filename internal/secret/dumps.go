package secret

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// hexForms are the bytes in hexadecimal digits, with what common programs put between them.
func hexForms(text string) []string {
	var forms []string
	digits := hex.EncodeToString([]byte(text))
	for _, all := range []string{digits, strings.ToUpper(digits)} {
		forms = append(forms, all)
		for _, between := range []string{" ", ":", "-", `\x`, ", 0x", ",0x"} {
			forms = append(forms, spaced(all, 2, between))
		}
		forms = append(forms, spaced(all, 4, " "))
	}
	return forms
}

// spaced puts a separator after each so many characters.
func spaced(text string, size int, between string) string {
	var out strings.Builder
	for at := 0; at < len(text); at += size {
		if at > 0 {
			out.WriteString(between)
		}
		out.WriteString(text[at:min(at+size, len(text))])
	}
	return out.String()
}

// rows are what xxd, hexdump -C and od -c show of a text that they are given alone: rows of 16 bytes, in digits and in characters.
func rows(text string) []string {
	const row = 16
	if len(text) <= row {
		return nil
	}
	var forms []string
	for at := 0; at < len(text); at += row {
		part := text[at:min(at+row, len(text))]
		digits := hex.EncodeToString([]byte(part))
		if len(digits) < row {
			break // so little of the value gives nothing away
		}
		shown := inDots(part)
		forms = append(forms, inColumns(part), inWords(part))
		for _, all := range []string{digits, strings.ToUpper(digits)} {
			pairs, bytes, halves := spaced(all, 4, " "), spaced(all, 2, " "), spaced(all[:row], 2, " ")+"  "+spaced(all[row:], 2, " ")
			forms = append(forms, pairs, bytes, halves,
				fmt.Sprintf("%-39s  %s", pairs, shown), fmt.Sprintf("%-48s  |%s|", halves, shown), fmt.Sprintf("%-47s  >%s<", bytes, shown))
		}
	}
	return forms
}

// inDots shows a dot for what is no character to print, as xxd and hexdump do beside the digits.
func inDots(part string) string {
	out := []byte(part)
	for i, c := range out {
		if c < ' ' || c > '~' {
			out[i] = '.'
		}
	}
	return string(out)
}

// inWords is a row of hexdump, in numbers of two bytes as most machines keep them.
func inWords(part string) string {
	var words []string
	for at := 0; at < len(part); at += 2 {
		word := []byte{part[at], 0}
		copy(word, part[at:min(at+2, len(part))])
		words = append(words, fmt.Sprintf("%04x", binary.LittleEndian.Uint16(word)))
	}
	return strings.Join(words, " ")
}

// inColumns is a row of od -c.
func inColumns(part string) string {
	names := map[byte]string{0: `\0`, '\a': `\a`, '\b': `\b`, '\t': `\t`, '\n': `\n`, '\v': `\v`, '\f': `\f`, '\r': `\r`}
	var out strings.Builder
	for i := range len(part) {
		name, named := names[part[i]]
		switch {
		case named:
		case part[i] < ' ' || part[i] > '~':
			name = fmt.Sprintf("%03o", part[i])
		default:
			name = part[i : i+1]
		}
		fmt.Fprintf(&out, "%4s", name)
	}
	return strings.TrimLeft(out.String(), " ")
}
