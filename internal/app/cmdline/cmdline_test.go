package cmdline_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/app/cmdline"
)

type common struct {
	Where   string `name:"deploy_to" aliases:"deploy-to,to" help:"Where."`
	Unnamed string
	Not     string `name:"not" flag:"-"`
}

type target struct {
	common
	Env   string   `name:"environment" short:"e" default:"production" help:"Which."`
	Force bool     `name:"force" help:"At once."`
	Links []string `name:"link" help:"Links."`
	Kind  string   `name:"kind" enum:"a, b" help:"Kind."`
	What  string   `name:"what" arg:"optional" enum:"one,two" default:"one" help:"What."`
}

type rest struct {
	Env   string   `name:"environment" short:"e" required:"" help:"Which."`
	Words []string `name:"run" arg:"rest" help:"The command."`
}

func TestParse(t *testing.T) {
	t.Parallel()
	usual := target{Env: "production", What: "one"}
	with := func(change func(*target)) target { changed := usual; change(&changed); return changed }
	for line, want := range map[string]target{
		"":                                  usual,
		"--environment x":                   with(func(w *target) { w.Env = "x" }),
		"-e=x --force":                      with(func(w *target) { w.Env, w.Force = "x", true }),
		"-ex --force=no two":                with(func(w *target) { w.Env, w.What = "x", "two" }),
		"two --to=-x":                       with(func(w *target) { w.What, w.Where = "two", "-x" }),
		"--deploy-to - --link=/a,/b":        with(func(w *target) { w.Where, w.Links = "-", []string{"/a", "/b"} }),
		"--link /a --link /b -- two":        with(func(w *target) { w.What, w.Links = "two", []string{"/a", "/b"} }),
		"--kind=b --deploy_to=1 --to=later": with(func(w *target) { w.Kind, w.Where = "b", "later" }),
	} {
		var got target
		if err := cmdline.New("x", "", "", &got).Parse(strings.Fields(line), nil); err != nil {
			t.Errorf("%q: %v", line, err)
		} else if diff := cmp.Diff(want, got, cmp.AllowUnexported(target{}), cmp.AllowUnexported(common{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

// What is given otherwise stands where no flag does, and is judged like one.
func TestGiven(t *testing.T) {
	t.Parallel()
	var got target
	given := map[string]string{"environment": "staging", "force": "yes", "kind": "a", "not": "x", "what": "two"}
	if err := cmdline.New("x", "", "", &got).Parse([]string{"-e", "x"}, given); err != nil {
		t.Fatal(err)
	}
	if got.Env != "x" || !got.Force || got.Kind != "a" || got.Not != "" || got.What != "one" {
		t.Errorf("%+v", got)
	}
	var words rest
	if err := cmdline.New("x", "", "", &words).Parse([]string{"ls", "-e", "--", "y"}, given); err != nil || words.Env != "staging" || strings.Join(words.Words, " ") != "ls -e -- y" {
		t.Errorf("%+v, %v", words, err)
	}
}

// No message shows a value, and those of which a part was typed say so by their type.
func TestWrong(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"--deploy_to":              "--deploy_to has no value",
		"--to --force":             "--deploy_to has no value; one that begins with a dash is written --deploy_to=VALUE",
		"-e":                       "--environment has no value",
		"--kind=secret":            `--kind must be one of "a","b"`,
		"--force=secret":           "--force must be true or false",
		"three":                    `<what> must be one of "one","two"`,
		"--environmen=x":           "unknown flag --environmen, rather --environment",
		"--unnamed=x":              "unknown flag --unnamed, rather ",
		"--not x":                  "unknown flag --not, rather ",
		"-x":                       "unknown flag -x, rather ",
		"---secret":                "unknown flag , rather ",
		"--=secret":                "unknown flag , rather ",
		"one two":                  "unexpected argument two",
		"--environment x --help":   cmdline.ErrHelp.Error(),
		"--unknown --help":         "unknown flag --unknown, rather ",
		"-h --unknown":             cmdline.ErrHelp.Error(),
		"--link /a -- --deploy_to": `<what> must be one of "one","two"`,
	} {
		err := cmdline.New("x", "", "", &target{}).Parse(strings.Fields(line), nil)
		if err == nil {
			t.Errorf("%q is taken", line)
			continue
		}
		got := err.Error()
		if unknown := (*cmdline.UnknownFlag)(nil); errors.As(err, &unknown) {
			got += ", rather " + unknown.Meant
		}
		if got != want {
			t.Errorf("%q: %s\nwant %s", line, got, want)
		}
	}
	var shell struct {
		Shell string `name:"shell" arg:"one" enum:"bash,zsh" help:"bash or zsh."`
	}
	if err := cmdline.New("x", "", "", &shell).Parse(nil, nil); err == nil || err.Error() != "<shell> is missing: bash or zsh" {
		t.Errorf("an argument that is required: %v", err)
	}
	if err := cmdline.New("x", "", "", &rest{}).Parse(nil, nil); err == nil || err.Error() != "missing flags: --environment=STRING" {
		t.Errorf("what is required: %v", err)
	}
}
