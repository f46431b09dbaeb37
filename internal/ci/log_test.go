package ci_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/ci/citest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

func noEnv(string) string { return "" }

func TestClean(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, in, want string }{
		{"plain", "hello, world", "hello, world"},
		{"UTF-8", "größe ✓ 日本", "größe ✓ 日本"},
		{"colours", "\x1b[1;31mred\x1b[0m \x1b[38;5;200mpink\x1b[m", "red pink"},
		{"8-bit CSI", "\u009b31mred", "red"},
		{"title", "\x1b]0;evil title\abody\x1b]8;;http://x\x1b\\link", "bodylink"},
		{"unfinished OSC keeps its text", "\x1b]0;text", "0;text"},
		{"cursor", "a\x1b[2K\x1b[1Gb", "ab"},
		{"charset", "\x1b(Ba\x1b=b", "ab"},
		{"an escape alone", "a\x1b", "a"},
		{"NUL and bell", "a\x00b\a", "a<U+0000>b<U+0007>"},
		{"tab", "a\tb", "a    b"},
		{"CR inside", "50%\r100%", "50% / 100%"},
		{"a sequence that does not end", "a\x1b[", "a"},
		{"line ending", "text\r\n", "text"},
		{"line separator", "a\u2028b\u2029c\u0085d", "a<U+2028>b<U+2029>c<U+0085>d"},
		{"BOM, zero width, direction", "\ufeffa\u200bb\u202ec", "<U+FEFF>a<U+200B>b<U+202E>c"},
		{"invalid UTF-8", "a\xff\xfeb", "a\uFFFDb"},
		{"bracket command", "x ##[error]y", "x ## [error]y"},
		{"bracket command, hidden", "#\x1b[m#[error]y #\ufe0f#[group]", "## [error]y ## [group]"},
		{"many", "###[[##[", "### [[## ["},
	} {
		got := ci.Clean(test.in)
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if again := ci.Clean(got); again != got {
			t.Errorf("%s: cleaned twice it is %q", test.name, again)
		}
	}
}

func TestAnnotations(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := ci.NewActions(&out, noEnv)
	c.Annotate(
		ci.Annotation{Level: deploy.LevelError, At: deploy.Position{File: "a,b:c.yml", Line: 3, Column: 7}, Title: "100%, really: yes", Message: "first\nsecond\r\n50%0A ##[error]x"},
		ci.Annotation{Level: deploy.LevelWarning, At: deploy.InInput("hosts", 2, 0), Message: "no host"},
		ci.Annotation{Level: deploy.LevelNotice, Message: strings.Repeat("é", 5000)})
	var many []ci.Annotation
	for range 20 {
		many = append(many, ci.Annotation{Level: deploy.LevelNotice, Message: "again"})
	}
	c.Annotate(many...)
	c.Annotate(many[0])
	log := citest.ReadLog(out.Bytes())
	first := log.Commands[0]
	if first.Properties["file"] != "a,b:c.yml" || first.Properties["line"] != "3" || first.Properties["col"] != "7" ||
		first.Properties["title"] != "100%, really: yes" || first.Data != "first\nsecond\n50%0A ## [error]x" {
		t.Errorf("%+v", first)
	}
	if second := log.Commands[1]; second.Data != "input hosts:2: no host" || len(second.Properties) != 0 {
		t.Errorf("%+v", second)
	}
	notices := log.Named("notice")
	if n := len([]rune(notices[0].Data)); n != 4096 || !strings.HasSuffix(notices[0].Data, " ...") {
		t.Errorf("a message of %d characters", n)
	}
	if len(notices) != 9 || notices[8].Data != "again\nand 12 more, see the log" {
		t.Errorf("%d notices, the last %q", len(notices), notices[len(notices)-1].Data)
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := ci.NewActions(&out, noEnv)
	c.Mask(secret.New("line one 100%\nline two\n}"))
	c.Mask(secret.New("pass word"))
	c.Mask(secret.New("abc"))
	c.Mask(secret.New(""))
	masks := map[string]bool{}
	for _, m := range citest.ReadLog(out.Bytes()).Named("add-mask") {
		if len(m.Data) < secret.MinLength || strings.ContainsAny(m.Data, "\r\n") {
			t.Errorf("masks %q", m.Data)
		}
		masks[m.Data] = true
	}
	for _, want := range []string{"line one 100%", "line two", "bGluZSBvbmUgMTAwJQpsaW5lIHR3bwp9", "line+one+100%25%0Aline+two%0A%7D", "pass word", "pass%20word", "cGFzcyB3b3Jk", "Bhc3Mgd29yZ"} {
		if !masks[want] {
			t.Errorf("does not mask %q", want)
		}
	}
}

// TestFence: commands of ours lift the fence, remote lines raise it.
func TestFence(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := ci.NewActions(&out, noEnv)
	c.Group("prepare: Upload")
	c.Remote("    web1 | ::error::x")
	c.Remote("::error::y")
	c.EndGroup()
	c.Remote("::set-output name=a::b\r##[group]c\n::endgroup::")
	c.Annotate(ci.Annotation{Level: deploy.LevelError, Message: "mine"})
	c.Remote("::warning::z")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	log := citest.ReadLog(out.Bytes())
	var names []string
	for _, command := range log.Commands {
		names = append(names, command.Name)
	}
	if got := strings.Join(names, " "); got != "group stop-commands endgroup stop-commands error stop-commands" || log.Stopped || len(log.Ignored) > 0 {
		t.Errorf("commands %q, ignored %v, stopped %v\n%s", got, log.Ignored, log.Stopped, out.String())
	}
	if errs := log.Named("error"); len(errs) != 1 || errs[0].Data != "mine" {
		t.Errorf("%v", errs)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }

// TestBrokenLog: nobody reads the log any more; that ends nothing, and is told at the end.
func TestBrokenLog(t *testing.T) {
	t.Parallel()
	c := ci.NewActions(brokenWriter{}, noEnv)
	c.Mask(secret.New("hunter22"))
	c.Group("x")
	c.Remote("y")
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("error %v", err)
	}
}

// FuzzRemote: whatever a host prints, the runner finds no command but ours, with the fence and without it.
func FuzzRemote(f *testing.F) {
	for _, seed := range []string{
		"::error::x", "  ::set-output name=x::y", "a ##[error]b", "a\r::warning::b", "\x1b[31m::add-mask::a", "#\u200b#[group]x", "\x1b[", "##\x1b[K[group]x", "#x\b#[group]y", "[error]x\r##", "\r::error::x",
		"\u2028::error::x", "\ufeff::error::x", "\x00::error::x", "::stop-commands::x\n::x::\n::error::y", "\xff::error::x", "#\x1b[0m#[error]x",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		c := ci.NewActions(&out, noEnv)
		c.Remote(string(data))
		c.Print(string(data)) // not fenced
		c.Annotate(ci.Annotation{Level: deploy.LevelError, At: deploy.Position{File: string(data), Line: 1}, Title: string(data), Message: string(data)})
		_ = c.Close()
		log := citest.ReadLog(out.Bytes())
		if len(log.Commands) != 2 || log.Commands[0].Name != "stop-commands" || log.Commands[1].Name != "error" || len(log.Ignored) > 0 || log.Stopped {
			t.Fatalf("commands %+v, ignored %+v, in %q", log.Commands, log.Ignored, out.String())
		}
	})
}
