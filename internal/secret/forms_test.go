package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
)

// account is a service account's key as a cloud hands it out, on one line.
const account = `{"type":"service_account","project_id":"shop-412","private_key_id":"0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c",` +
	`"private_key":"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\nVJTUt9Us8cKjMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dV\nx3k9/Q==\n-----END PRIVATE KEY-----\n",` +
	`"client_email":"deploy@shop-412.iam.gserviceaccount.com"}`

var keyLines = []string{
	"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7", "VJTUt9Us8cKjMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dV", "x3k9/Q==",
}

func TestKeyInJSON(t *testing.T) {
	t.Parallel()
	echoed, err := exec.Command("sh", "-c", `echo "$1"`, "sh", account).Output() // the shell of Debian's sh is dash
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]string
	if err := json.Unmarshal([]byte(account), &fields); err != nil {
		t.Fatal(err)
	}
	indented, _ := json.MarshalIndent(fields, "", "  ")
	texts := map[string]string{
		"sh's echo":      string(echoed),
		"dash's echo":    strings.ReplaceAll(account, `\n`, "\n"),
		"a JSON parser":  fields["private_key"],
		"JSON, indented": string(indented),
		"JSON in JSON":   strconv.Quote(account),
		"on one line":    strings.ReplaceAll(fields["private_key"], "\n", " "),
		"joined":         strings.ReplaceAll(fields["private_key"], "\n", ""),
		"base64":         base64.StdEncoding.EncodeToString([]byte(fields["private_key"])),
		"folded":         folded(strings.ReplaceAll(fields["private_key"], "\n", ""), 40),
		"JSON, folded":   folded(account, 61),
		"CRLF":           strings.ReplaceAll(fields["private_key"], "\n", "\r\n"),
		"in YAML":        "key: |\n  " + strings.ReplaceAll(fields["private_key"], "\n", "\n  "),
	}
	for _, value := range []string{account, account + "\n", string(indented)} {
		r := NewRedactor(New(value))
		for name, text := range texts {
			byLines := r.Lines()
			var lines []string
			for line := range strings.SplitSeq(text, "\n") {
				lines = append(lines, byLines.Add(strings.TrimSuffix(line, "\r"), false)...)
			}
			lines = append(lines, byLines.Flush()...)
			for _, got := range []string{r.String(text), strings.Join(lines, "\n")} {
				for _, line := range append(keyLines, fields["private_key_id"]) {
					for at := 0; at+8 <= len(line); at += 4 {
						if strings.Contains(got, line[at:at+8]) {
							t.Errorf("%s: %q is left in %q", name, line[at:at+8], got)
						}
					}
				}
			}
		}
	}
	if got := NewRedactor(New(account)).String("a service_account of the project"); got != "a service_account of the project" {
		t.Errorf("a plain word of the JSON is masked: %q", got)
	}
}

// folded is text in lines of so many characters.
func folded(text string, width int) string {
	var lines []string
	for ; len(text) > width; text = text[width:] {
		lines = append(lines, text[:width])
	}
	return strings.Join(append(lines, text), "\n")
}

// A secret that CI was given in base64, since it masks nothing but lines, is known by its text too: a key by its lines, JSON by its
// values.
func TestGivenInBase64(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"a key": strings.Join(keyLines, "\n") + "\n", "JSON": account} {
		for _, given := range []string{
			base64.StdEncoding.EncodeToString([]byte(text)), folded(base64.StdEncoding.EncodeToString([]byte(text)), 76) + "\n",
			base64.RawURLEncoding.EncodeToString([]byte(text)),
		} {
			masks, r := strings.Join(Masks(New(given)), "\n"), NewRedactor(New(given))
			for _, line := range keyLines {
				if got := r.String("line " + line); got != "line ***" {
					t.Errorf("%s: %q", name, got)
				}
				if !strings.Contains(masks, line) {
					t.Errorf("%s: CI is not asked to mask %q", name, line)
				}
			}
		}
	}
	if text, ok := decoded("correcthorsebatterystaple"); ok {
		t.Errorf("a word is taken as the base64 of %q", text)
	}
}

// The programs that show bytes show their characters too, 16 in a row.
func TestRows(t *testing.T) {
	t.Parallel()
	const value = "t0p&secret<Pass>wörd-30-chars!"
	for _, command := range []string{"xxd", "hexdump -C", "od -c", "od -A x -t x1z", "od -tx1", "xxd -u", "hexdump", "od -x"} {
		program, _, _ := strings.Cut(command, " ")
		needtest.Program(t, program)
		out, err := exec.Command("sh", "-c", "printf %s \"$1\" | "+command, "sh", value).Output()
		if err != nil {
			t.Fatal(command, err)
		}
		got := NewRedactor(New(value)).String(string(out))
		for _, part := range []string{"secret", "Pass", "chars", "s   e   c", "7365", "73 65", "6573 7263", "7263 7465", "6843"} {
			if strings.Contains(got, part) {
				t.Errorf("%s shows %q: %s", command, part, got)
			}
		}
	}
}

// What common programs make of a password before they print it.
func TestProgramsForms(t *testing.T) {
	t.Parallel()
	const value = `p&ss<w>'ö"rd\1 $x/+=` + "`"
	component := strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	digits := hex.EncodeToString([]byte(value))
	quoted, _ := json.Marshal(value)
	twice, _ := json.Marshal(string(quoted))
	for name, text := range map[string]string{
		"as it is":               value,
		"html of Go":             html.EscapeString(value),
		"html of Django":         strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;").Replace(value),
		"html of PHP":            strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#039;").Replace(value),
		"html of JavaScript":     strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(value),
		"xml":                    strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(value),
		"html, text alone":       strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(value),
		"html, numbers":          "p&#38;ss&#60;w&#62;&#39;ö&#34;rd\\1 $x/+=`",
		"html, in ASCII":         "p&#x26;ss&#x3c;w&#x3e;&#x27;&#xf6;&#x22;rd\\1 $x/+=`",
		"html, all signs":        "p&#38;ss&#60;w&#62;&#39;&#246;&#34;rd&#92;1&#32;&#36;x&#47;&#43;&#61;&#96;",
		"ascii() of Python":      `'p&ss<w>\'\xf6"rd\\1 $x/+=` + "`'",
		"bytes of Python":        `b'p&ss<w>\'\xc3\xb6"rd\\1 $x/+=` + "`'",
		"query":                  url.QueryEscape(value),
		"query, small digits":    lowerDigits(url.QueryEscape(value)),
		"component":              component,
		"component, small":       lowerDigits(component),
		"JSON":                   string(quoted),
		"JSON in JSON":           string(twice),
		"JSON of Python":         `p&ss<w>'\u00f6\"rd\\1 $x/+=` + "`",
		"JSON of PHP":            `p&ss<w>'ö\"rd\\1 $x\/+=` + "`",
		"repr of Python":         `'p&ss<w>\'ö"rd\\1 $x/+=` + "`'",
		"%q of Go":               strconv.Quote(value),
		"quoted for a shell":     strings.ReplaceAll(value, "'", `'\''`),
		"quoted by Python":       strings.ReplaceAll(value, "'", `'"'"'`),
		"read without -r":        strings.ReplaceAll(value, `\`, ""),
		"hex":                    digits,
		"HEX":                    strings.ToUpper(digits),
		"hex, colons":            spaced(digits, 2, ":"),
		"hex, spaces":            spaced(strings.ToUpper(digits), 2, " "),
		"hex, escapes":           `\x` + spaced(digits, 2, `\x`),
		"hex, pairs":             spaced(digits, 4, " "),
		"UTF-16":                 utf16Forms(value)[0],
		"UTF-16, big":            utf16Forms(value)[1],
		"colours in it":          "p&ss\x1b[1;31m<w>'ö\x1b[0m\"rd\\1 $x/+=`",
		"a folded line":          "p&ss<w>'ö\"rd\\1\n    $x/+=`",
		"a line that goes on":    "p&ss<w>'ö\"rd\\\n\\1 $x/+=`",
		"base64 in base64 lines": folded(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 33)+value)), 19)[46:],
	} {
		got := NewRedactor(New(value)).String("<<" + text + ">>")
		left := strings.NewReplacer(Redacted, "", "<<", "", ">>", "", `"`, "", "'", "", `\x`, "", "\\", "", "\n", "").Replace(got)
		if len(left) > 4 { // what base64 shares with its neighbours
			t.Errorf("%s: %q of %q", name, got, text)
		}
	}
	for typed, printed := range map[string]string{
		`tab\tand\nline`: "tab\tand\nline", `oct\0101l`: "octAl", `hex\x41l`: "hexAl", `end\cnever`: "end",
	} {
		if typed == `end\cnever` {
			typed, printed = `ended\cnever`, "ended"
		}
		if got := NewRedactor(New(typed)).String(printed); strings.Trim(got, "*\n") != "" {
			t.Errorf("%q printed as %q: %q", typed, printed, got)
		}
	}
}

// What is secret within a value, and what is not.
func TestPartsOfAValue(t *testing.T) {
	t.Parallel()
	const dotenv = "DEBUG=False\nDJANGO_SETTINGS_MODULE=site.settings\nexport SECRET_KEY='xx9-yy8'\nDATABASE_URL=postgres://app:p%40ss1@db.example.com:5432/site\nPIN_TOKEN=4711\n"
	r := NewRedactor(New(dotenv))
	for text, want := range map[string]string{
		"SECRET is xx9-yy8":         "SECRET is ***",
		"password p@ss1 or p%40ss1": "password *** or ***",
		"connect to postgres://app:p%40ss1@db.example.com:5432/site": "connect to ***",
		"4711":                                 "***",
		"import site.settings failed":          "import site.settings failed",
		"KeyError: DJANGO_SETTINGS_MODULE":     "KeyError: DJANGO_SETTINGS_MODULE",
		"False":                                "False",
		"db.example.com:5432 refused":          "db.example.com:5432 refused",
		"postgres://postgres:postgres@db/site": "postgres://postgres:postgres@db/site",
	} {
		if got := r.String(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A short secret, or a plain word, is taken out of what others print, and not out of Slipway's own words.
func TestOwn(t *testing.T) {
	t.Parallel()
	r := NewRedactor(New("2026"), New("deploy"), New("10.0.0.11"), New("production"), New("broken_brackets"), New("hunter-2-Hunter"), New("0123456789abcdef0123"))
	for _, own := range []string{"20261121-073000-1a2b3c4-9f3c51", "deploy", "deploy@10.0.0.11", "broken_brackets -> production"} {
		if got := r.Own(own); got != own {
			t.Errorf("%q became %q", own, got)
		}
		if got := r.String(own); got == own {
			t.Errorf("%q is not masked where others print it", own)
		}
	}
	for _, secret := range []string{"hunter-2-Hunter", "0123456789abcdef0123", base64.StdEncoding.EncodeToString([]byte("hunter-2-Hunter"))} {
		if got := r.Own("host " + secret); got != "host ***" {
			t.Errorf("own words with %q: %q", secret, got)
		}
	}
	var none *Redactor
	if got := none.Own("x") + none.Head("y"); got != "xy" {
		t.Errorf("a nil Redactor: %q", got)
	}
}

// Whatever the place of a cut, no part of a secret is shown: where the text is known to be cut, where it comes in pieces,
// and where it comes in lines.
func TestEveryCut(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"hunter22", "correct horse battery staple", "first line of it\nsecond line of it\nthird", "aaaaaaab", account} {
		r := NewRedactor(New(value))
		for i, form := range []string{value, base64.StdEncoding.EncodeToString([]byte(value)), url.QueryEscape(value), strings.Trim(strconv.Quote(value), `"`)} {
			text := "<" + form + "> end"
			whole := r.String(text)
			if marks(whole) != "<***> end" {
				t.Fatalf("%q: %q", text, whole)
			}
			for cut := range len(text) + 1 {
				// A mark at the end stands for what may be the beginning of another secret.
				got := marks(r.Head(text[:cut]))
				if shown := strings.TrimSuffix(got, Redacted); shown != marks(whole)[:min(len(shown), len(marks(whole)))] {
					t.Fatalf("cut at %d: %q", cut, got)
				}
				pieces := r.Lines()
				got = strings.Join(append(pieces.Add(text[:cut], true), append(pieces.Add(text[cut:], false), pieces.Flush()...)...), "")
				if marks(got) != "<***> end" {
					t.Fatalf("in pieces, cut at %d: %q", cut, got)
				}
				if len(value) < looseLength || i > 1 && cut <= MinLength {
					continue // too short, or too rare
				}
				lines := r.Lines()
				got = strings.Join(append(lines.Add(text[:cut], false), append(lines.Add(text[cut:], false), lines.Flush()...)...), "")
				if left := strings.NewReplacer(Redacted, "", "<", "", "> end", "").Replace(got); len(left) >= MinLength && cut <= len(form) {
					t.Fatalf("in lines, cut at %d: %q", cut, got)
				}
			}
		}
	}
}

// marks is text with one mark for each row of them, whatever lines it stands on.
func marks(text string) string {
	text = strings.ReplaceAll(text, "\n", "")
	for strings.Contains(text, Redacted+Redacted) {
		text = strings.ReplaceAll(text, Redacted+Redacted, Redacted)
	}
	return text
}

// Lines come out at once, unless they end in the beginning of a secret, and as many as went in.
func TestLinesWaitForLittle(t *testing.T) {
	t.Parallel()
	lines := NewRedactor(New("correct horse battery staple")).Lines()
	for _, step := range []struct{ add, want string }{
		{"plain", "[plain]"},
		{"it is correct", "[]"},
		{"horse battery", "[]"},
		{"staple, so it is", "[it is *** *** ***, so it is]"},
		{"corr", "[]"},
		{"", "[corr ]"},
		{"correct horse", "[]"},
	} {
		if got := fmt.Sprint(lines.Add(step.add, false)); got != step.want {
			t.Errorf("after %q: %q, want %q", step.add, got, step.want)
		}
	}
	if got := fmt.Sprint(lines.Flush()); got != "[correct horse]" {
		t.Errorf("at the end: %q", got)
	}
	if got := lines.Flush(); len(got) != 0 {
		t.Errorf("twice: %q", got)
	}
	var none *Redactor
	if got := fmt.Sprint(none.Lines().Add("x", false), none.Lines().Flush()); got != "[x] []" {
		t.Errorf("a nil Redactor: %q", got)
	}
}

// FuzzLines holds that lines, cut at any places, give no form away that String would take out of a line.
func FuzzLines(f *testing.F) {
	f.Add("hunter22 hunter22", "a hunter22 hunter22 b\nhunter22\nhunter22", uint8(7))
	f.Add("one\ntwo\nthree", "one\n  two\n  three", uint8(2))
	f.Fuzz(func(t *testing.T, value, text string, size uint8) {
		if strings.ContainsAny(value, "*") || len(value) > 100 || len(text) > 1000 {
			return
		}
		r := NewRedactor(New(value))
		lines := r.Lines()
		var got []string
		for line := range strings.SplitSeq(text+value, "\n") {
			for ; len(line) > int(size)+8; line = line[int(size)+8:] {
				got = append(got, lines.Add(line[:int(size)+8], true)...)
			}
			got = append(got, lines.Add(line, false)...)
		}
		got = append(got, lines.Flush()...)
		if strings.Contains(value, "\n") || len(value) < MinLength || strings.TrimSpace(value) == "" {
			return
		}
		for _, line := range got {
			if strings.Contains(line, value) {
				t.Fatalf("%q is in %q", value, line)
			}
		}
	})
}

// FuzzUnescape looks for panics in what reads a value's insides.
func FuzzUnescape(f *testing.F) {
	f.Add(account)
	f.Add(`a\n\x41\u00e9\0101\c`)
	f.Add("A=1\nexport B='x'\nC: postgres://u:p%40@h")
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) > 200 {
			return
		}
		r := NewRedactor(New(value))
		for _, base := range basesOf(value) {
			if strings.TrimSpace(base) != "" && strings.Contains(r.String(base), base) && !strings.Contains(base, "*") {
				t.Errorf("%q, of %q, is not masked", base, value)
			}
		}
	})
}
