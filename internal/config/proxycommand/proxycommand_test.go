package proxycommand

import (
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

var web = deploy.Address{User: "deploy", Host: "web1", Port: 2222}

// What ssh would hand over, with its words apart as a shell would split them.
func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`nc %h %p`:                   {"nc", "web1", "2222"},
		"  nc\t%h  %p\n":             {"nc", "web1", "2222"},
		`tsh proxy ssh %r@%h:%p`:     {"tsh", "proxy", "ssh", "deploy@web1:2222"},
		`socat - TCP6:[%h]:%p`:       {"socat", "-", "TCP6:[web1]:2222"},
		`a 100%% %%h`:                {"a", "100%", "%h"},
		`a 'b  c' "d e" f\ g ""`:     {"a", "b  c", "d e", "f g", ""},
		`a "\$HOME \"q\" \x" '\x'`:   {"a", `$HOME "q" \x`, `\x`},
		"a b\\\nc":                   {"a", "bc"},
		`a --x='1 2'"3"4 {b} a=b`:    {"a", "--x=1 234", "{b}", "a=b"},
		`sh -c 'x | y >z $A %h'`:     {"sh", "-c", "x | y >z $A web1"},
		`sh -c "aws --p 'port=%p'"`:  {"sh", "-c", "aws --p 'port=2222'"},
		`a b # what it is for`:       {"a", "b"},
		`'/opt/a b/proxy' --host=%h`: {"/opt/a b/proxy", "--host=web1"},
	} {
		command, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := command.For(web); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, none := range []string{"", " \n", "none", "None"} {
		if command, err := Parse(none); err != nil || !command.None() {
			t.Errorf("%q: %v, %v; want none", none, command, err)
		}
	}
}

// What a shell alone does is said to be so, and nothing is guessed.
func TestRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"nc %h %p; reboot": "one command", "nc %h %p\nnc": "one command",
		"a | b": "a program and its arguments", "a && b": "a program", "a &": "a program", "! a": "a program",
		"a 2>/dev/null": "a program", "A=1 a": "a program", "A=1": "a program", "(a)": "a program", "if a; then b; fi": "a program",
		"a $HOME": "`$HOME`: no shell", `a "x$(id)"`: "`$(id)`: no shell", "a `id`": "no shell", "a ~/x": "`~`: no shell", "a $((1))": "no shell",
		"a 'b": "cannot be split", `a "b`: "cannot be split",
		"a %n": "`%n` is not known", "a 50%": "at the end of a word", "%h": "must not depend on the host", "./%r/x": "must not depend", `"" a`: "no name",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Whoever writes hosts cannot write options, or what a shell would run; where the name is not handed over, it does not matter.
func TestNamesOfOthers(t *testing.T) {
	t.Parallel()
	shell, err := Parse(`sh -c 'nc %h %p' %r`)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"-oProxyCommand=x", "$(id)", "`id`", "a;id", "a b", "a\nb", "", "a'b", "a&b", "a|b"} {
		if words, err := shell.For(deploy.Address{User: "deploy", Host: host, Port: 22}); err == nil {
			t.Errorf("%q became %q", host, words)
		}
		if words, err := shell.For(deploy.Address{User: host, Host: "web1", Port: 22}); err == nil {
			t.Errorf("user %q became %q", host, words)
		}
	}
	for _, host := range []string{"web1", "i-0abc", "10.0.0.1", "::1", "fe80::1%eth0", "a_b.example.com"} {
		if _, err := shell.For(deploy.Address{User: "anna@corp.example.com", Host: host, Port: 22}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	fixed, err := Parse("connect")
	if err != nil {
		t.Fatal(err)
	}
	if words, err := fixed.For(deploy.Address{Host: "$x"}); err != nil || len(words) != 1 {
		t.Errorf("%q, %v", words, err)
	}
}

// FuzzParse splits anything; no host changes how many words there are.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"nc %h %p", `sh -c "a 'b' %r"`, "a ${b}", "a\\\n", "%%", `a"b"'c'\d`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		command, err := Parse(text)
		if err != nil || command.None() {
			return
		}
		words, err := command.For(web)
		if err != nil || len(words) != len(command.words) || words[0] == "" {
			t.Errorf("%q: %q, %v", text, words, err)
		}
	})
}
