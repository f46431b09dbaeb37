package secret

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestString(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		secrets []string
		in      string
		want    string
	}{
		{"none", nil, "password", "password"},
		{"whole", []string{"hunter22"}, "it is hunter22, yes", "it is ***, yes"},
		{"twice, touching", []string{"hunter22"}, "hunter22hunter22", "***"},
		{"too short", []string{"abc", "", "1"}, "abc 1", "abc 1"},
		{"longest", []string{"abcd", "abcdefgh"}, "abcdefgh abcdefg", "*** ***efg"},
		{"overlapping", []string{"abcdef", "defghi"}, "abcdefghi", "***"},
		{"inside another", []string{"abcdefgh", "cdef"}, "abcdefgh", "***"},
		{"line of several", []string{"first line\nsecond line\r\n"}, "x second line y", "x *** y"},
		{"quoted by a shell", []string{"it's me"}, `+ echo 'it'\''s me'`, `+ echo '***'`},
		{"JSON", []string{"a\"b\\c\nd<e"}, `{"k":"a\"b\\c\nd<e","l":"a\"b\\c\nd\u003ce"}`, `{"k":"***","l":"***"}`},
		{"URL", []string{"p/s w&d"}, "x?y=p%2Fs+w%26d&z=p%2fs%20w%26d", "x?y=***&z=***"},
		{"not ASCII", []string{"pässwörd"}, "pässwörd", "***"},
	} {
		var secrets []Secret
		for _, s := range test.secrets {
			secrets = append(secrets, New(s))
		}
		if got := NewRedactor(secrets...).String(test.in); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	var none *Redactor
	if got := none.String("text"); got != "text" {
		t.Errorf("a nil Redactor: %q", got)
	}
}

// TestBase64Anywhere encodes a secret within longer data, at each of the three alignments, and wrapped into lines.
func TestBase64Anywhere(t *testing.T) {
	t.Parallel()
	const value = "correct horse battery staple, and more of it to fill some lines of base64: 0123456789"
	r := NewRedactor(New(value))
	for _, before := range []string{"", "x", "xy", "xyz", "user:"} {
		for _, after := range []string{"", "\n", "@h", "@host/path"} {
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
				text := encoding.EncodeToString([]byte(before + value + after))
				got := strings.ReplaceAll(r.String("<"+text+">"), Redacted, "")
				// what the neighbours have a part in may stay: that is less than a group on each side, and themselves
				if most := 2 + (len(before)+len(after))*4/3 + 2*4; len(got) > most {
					t.Errorf("%q %q: %d characters are left of %q: %q", before, after, len(got), text, got)
				}
			}
		}
	}
	whole := base64.StdEncoding.EncodeToString([]byte(value))
	for _, line := range []string{whole[:76], whole[76:], whole[:64], whole[64:]} {
		if got := r.String(line); got != Redacted {
			t.Errorf("a line of wrapped base64: %q", got)
		}
	}
}

// cut gives text to Lines in pieces of a size, and what comes out as it is.
func cut(l *Lines, text string, size int) string {
	for rest := text; rest != ""; {
		n := min(size, len(rest))
		l.pass(rest[:n], false)
		rest = rest[n:]
	}
	l.pass("", true)
	return l.out.String()
}

func TestLinesAcrossCuts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text, want string
		secrets    []Secret
	}{
		{"start hunter22 middle hunter2 hunter22end hunt", "start *** middle hunter2 *** hunt", []Secret{New("hunter22"), New("hunter22end")}},
		// The rest of a form, whose first bytes ended the line before.
		{"h\nunter22 and more, x\nunter22 and more", "h\n***, x\n***", []Secret{New("hunter22 and more")}},
		// Space at the end of a form is no reason to take indentation for a part of it.
		{"hunter22 and more\n    x", "***\n    x", []Secret{New("hunter22 and more  ")}},
	} {
		r := NewRedactor(test.secrets...)
		if got := r.String(test.text); got != test.want {
			t.Errorf("whole: %q, want %q", got, test.want)
		}
		for size := 1; size <= len(test.text); size++ {
			if got := cut(r.Lines(), test.text, size); got != test.want {
				t.Fatalf("pieces of %d: %q, want %q", size, got, test.want)
			}
		}
	}
}

// TestLinesHoldBackLittle: what cannot be the start of a secret is passed on at once.
func TestLinesHoldBackLittle(t *testing.T) {
	t.Parallel()
	r := NewRedactor(New("hunter22 and much more"))
	l := r.Lines()
	for _, step := range []struct{ add, want string }{
		{"exam", "exam"}, {" hunt", " "}, {"ed.", "hunted."}, {" hunter22", " "},
	} {
		if got := strings.Join(l.Add(step.add, true), "|"); got != step.want {
			t.Fatalf("after %q: %q, want %q", step.add, got, step.want)
		}
	}
	r.Add(New("hunter22")) // known before it was passed on
	if got := l.Flush(); !slices.Equal(got, []string{Redacted}) {
		t.Errorf("%q", got)
	}
}

func FuzzRedactor(f *testing.F) {
	f.Add("hunter22", "second", "a hunter22 b", uint8(3))
	f.Add("abcd\nefgh", "cdef", "abcdef efgh", uint8(1))
	f.Add("aaaa", "aaaaa", "aaaaaaaaaa", uint8(2))
	f.Fuzz(func(t *testing.T, a, b, text string, size uint8) {
		if strings.ContainsAny(a+b, "*") || len(a)+len(b)+len(text) > 200 { // the mark itself
			return
		}
		r := NewRedactor(New(a), New(b))
		encoded := base64.StdEncoding.EncodeToString([]byte(text + a))
		escaped, _ := json.Marshal(b)
		whole := text + a + text + b + encoded + string(escaped) + url.QueryEscape(a)
		got := r.String(whole)
		if lines := cut(r.Lines(), whole, int(size)+1); lines != got {
			t.Fatalf("cut every %d bytes: %q, else %q", int(size)+1, lines, got)
		}
		for _, s := range []string{a, b} {
			for _, form := range formsOf(s) {
				if strings.Contains(got, form.text) {
					t.Fatalf("%q of %q is in %q", form.text, s, got)
				}
			}
		}
	})
}

func BenchmarkLines(b *testing.B) {
	var secrets []Secret
	for i := range 20 {
		secrets = append(secrets, New(strings.Repeat(string(rune('a'+i)), 3)+"-some-secret-value\nwith a second line "+string(rune('a'+i))))
	}
	r := NewRedactor(secrets...)
	line := "Copying '/srv/www/app/releases/x/static/admin/css/base.css' with some line noise"
	b.SetBytes(int64(len(line)) + 1)
	l := r.Lines()
	for b.Loop() {
		l.Add(line, false)
	}
}

// TestMasksAreFew: a key costs a mask for each of its lines and three more, and none has a line break.
func TestMasksAreFew(t *testing.T) {
	t.Parallel()
	key := "-----BEGIN OPENSSH PRIVATE KEY-----\n" + strings.Repeat(strings.Repeat("b3Bl", 17)+"\n", 1) + "AAAAgQ==\n-----END OPENSSH PRIVATE KEY-----\n"
	masks := Masks(New(key))
	if len(masks) != 4+3 {
		t.Errorf("%d masks: %q", len(masks), masks)
	}
	for _, want := range []string{strings.Repeat("b3Bl", 17), "AAAAgQ==", base64.StdEncoding.EncodeToString([]byte(key)), url.QueryEscape(strings.TrimSpace(key))} {
		if !slices.Contains(masks, want) {
			t.Errorf("no mask %q", want)
		}
	}
	for _, mask := range append(masks, Masks(New("one line\n"))...) {
		if strings.ContainsAny(mask, "\r\n") {
			t.Errorf("mask %q", mask)
		}
	}
	if got := Masks(New("one line\n")); !slices.Contains(got, "one line") {
		t.Errorf("%q", got)
	}
	if got := Masks(New("a\nb\n")); len(got) != 0 { // too short to be one
		t.Errorf("%q", got)
	}
}

// BenchmarkAdd makes a bundle of certificates known, which is about as large as secrets are.
func BenchmarkAdd(b *testing.B) {
	line := strings.Repeat("MIIEvQIBADANBgkq", 4) + "\n"
	value := New(strings.Repeat(line, 600))
	for b.Loop() {
		NewRedactor(value)
	}
}
