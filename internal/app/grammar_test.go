package app

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"
)

func quietApp(args ...string) (*app, *bytes.Buffer) {
	var out bytes.Buffer
	none := func(string) (string, bool) { return "", false }
	return newApp(Env{Args: args, Stdout: &out, Stderr: io.Discard, LookupEnv: none}), &out
}

// A command alone reads its arguments as it does among all the others, and shows the same help.
func TestGrammarOfOneCommand(t *testing.T) {
	t.Parallel()
	a, out := quietApp()
	help := func(grammar any, command string) string {
		t.Helper()
		parser, err := a.parser(grammar, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		out.Reset()
		_, _ = parser.Parse([]string{command, "--help"}) // kong goes on behind the help, and may miss arguments
		return out.String()
	}
	whole, err := a.parser(&cli{}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range whole.Model.Children {
		one := grammar(command.Name)
		if n := reflect.TypeOf(one).Elem().NumField(); n != 1 {
			t.Errorf("the grammar of %s has %d commands", command.Name, n)
		}
		if got, want := help(one, command.Name), help(&cli{}, command.Name); got != want || !strings.Contains(got, command.Help) {
			t.Errorf("%s alone:\n%s\namong the others:\n%s", command.Name, got, want)
		}
	}
	for _, word := range []string{"--help", "-h", "help", "deplo", "Deploy", ""} {
		if _, all := grammar(word).(*cli); !all {
			t.Errorf("%q is taken for a command", word)
		}
	}
}

// A start makes no more than the command needs: the model of all commands is 75,000 allocations.
func TestVersionAllocatesLittle(t *testing.T) {
	a, _ := quietApp("version")
	if n := testing.AllocsPerRun(3, func() {
		if code := Main(t.Context(), a.env); code != 0 {
			t.Fatalf("exit %d", code)
		}
	}); n > 3000 {
		t.Errorf("%.0f allocations", n)
	}
}
