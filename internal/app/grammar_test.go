package app

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/app/cmdline"
)

func quietApp(args ...string) (*app, *bytes.Buffer) {
	var out bytes.Buffer
	none := func(string) (string, bool) { return "", false }
	return newApp(Env{Args: args, Stdout: &out, Stderr: io.Discard, LookupEnv: none}), &out
}

// Every command can be made and explains itself; none has two flags of one name, or one under a heading that there is not.
func TestGrammar(t *testing.T) {
	t.Parallel()
	for _, name := range names() {
		c, _ := command(name)
		a, out := quietApp()
		if called, err := a.parse([]string{name, "--help"}); called != nil || err != nil {
			t.Errorf("%s --help: %v, %v", name, called, err)
		}
		if !strings.Contains(out.String(), c.Help) || !strings.Contains(out.String(), "Usage: slipway "+name) {
			t.Errorf("the help of %s:\n%s", name, out)
		}
		words := map[string]bool{"--help": true, "-h": true}
		for _, f := range c.Flags {
			spellings := []string{"--" + f.Name}
			for _, alias := range f.Aliases {
				spellings = append(spellings, "--"+alias)
			}
			if f.Short != "" {
				spellings = append(spellings, "-"+f.Short)
			}
			for _, word := range spellings {
				if words[word] || c.Flag(word) != f {
					t.Errorf("%s: %s is another flag, too", name, word)
				}
				words[word] = true
			}
			if f.Help == "" || f.Group != "" && !slices.ContainsFunc(groups, func(g cmdline.Group) bool { return g.Key == f.Group }) {
				t.Errorf("%s: --%s has the help %q in the group %q", name, f.Name, f.Help, f.Group)
			}
			if listed := strings.Contains(out.String(), " --"+f.Name+"=") || strings.Contains(out.String(), " --"+f.Name+" "); listed == f.Hidden {
				t.Errorf("%s: --%s is listed: %v", name, f.Name, listed)
			}
		}
	}
	for _, word := range []string{"--help", "-h", "help", "deplo", "Deploy", ""} {
		if c, _ := command(word); c != nil {
			t.Errorf("%q is taken for a command", word)
		}
	}
}

// A start makes no more than the command needs: the flags of all commands are 30 times as many allocations.
func TestVersionAllocatesLittle(t *testing.T) {
	a, _ := quietApp("version")
	if n := testing.AllocsPerRun(3, func() {
		if code := Main(t.Context(), a.env); code != 0 {
			t.Fatalf("exit %d", code)
		}
	}); n > 1000 {
		t.Errorf("%.0f allocations", n)
	}
}
