package secret

import (
	"bytes"
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

func TestWriterAcrossWrites(t *testing.T) {
	t.Parallel()
	const text = "start hunter22 middle hunter2 hunter22end hunt"
	for size := 1; size <= len(text); size++ {
		var out bytes.Buffer
		w := NewRedactor(New("hunter22"), New("hunter22end")).Writer(&out)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if _, err := w.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if want := "start *** middle hunter2 *** hunt"; out.String() != want {
			t.Fatalf("writes of %d: %q, want %q", size, out.String(), want)
		}
	}
}

// TestWriterHoldsBackLittle: what cannot be the start of a secret is passed on at once.
func TestWriterHoldsBackLittle(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := NewRedactor(New("hunter22 and much more"))
	w := r.Writer(&out)
	for _, step := range []struct{ write, want string }{
		{"plain", "plain"}, {" hunt", "plain "}, {"ed", "plain hunted"}, {" hunter22", "plain hunted "},
	} {
		_, _ = w.Write([]byte(step.write))
		if out.String() != step.want {
			t.Fatalf("after %q: %q, want %q", step.write, out.String(), step.want)
		}
	}
	r.Add(New("hunter22")) // known before it was passed on
	_ = w.Close()
	if want := "plain hunted ***"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
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
		var out bytes.Buffer
		w := r.Writer(&out)
		for rest := whole; rest != ""; {
			n := min(int(size)+1, len(rest))
			_, _ = w.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		_ = w.Close()
		// The Writer holds nothing back for the beginning of a form that is the rest of another one: there it may find less of what
		// overlaps. Else the two are the same.
		isRest := func(f form) bool { return f.rest }
		if out.String() != got && !slices.ContainsFunc(formsOf(a), isRest) && !slices.ContainsFunc(formsOf(b), isRest) {
			t.Fatalf("the Writer gives %q, String gives %q", out.String(), got)
		}
		for _, s := range []string{a, b} {
			for _, form := range formsOf(s) {
				if strings.Contains(got, form.text) {
					t.Fatalf("%q of %q is in %q", form.text, s, got)
				}
				if strings.Contains(out.String(), form.text) {
					t.Fatalf("%q of %q is in %q, which the Writer gives", form.text, s, out.String())
				}
			}
		}
	})
}

func BenchmarkWriter(b *testing.B) {
	var secrets []Secret
	for i := range 20 {
		secrets = append(secrets, New(strings.Repeat(string(rune('a'+i)), 3)+"-some-secret-value\nwith a second line "+string(rune('a'+i))))
	}
	r := NewRedactor(secrets...)
	text := []byte(strings.Repeat("Copying '/srv/www/app/releases/x/static/admin/css/base.css' with some line noise\n", 400))
	b.SetBytes(int64(len(text)))
	w := r.Writer(&bytes.Buffer{})
	for b.Loop() {
		w = r.Writer(discard{})
		_, _ = w.Write(text)
	}
	_ = w.Close()
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

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
