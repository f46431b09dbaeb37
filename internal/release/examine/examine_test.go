package examine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/examine"
	"github.com/slipway/slipway/internal/release/releasetest"
)

func ask(t *testing.T, host *releasetest.Host, steps []deploy.Step, vars map[string]string) examine.Answer {
	t.Helper()
	var answer examine.Answer
	if err := release.Run(t.Context(), host, examine.Ask(host.Site, steps, vars, &answer)); err != nil {
		t.Fatal(err)
	}
	return answer
}

// Other tools are recognised by what each of them alone leaves.
func TestLayouts(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		for _, c := range []struct{ name, want string }{
			{"releases/20261121-073000-1a2b3c4-9f3c51", ""},
			{"releases/before-slipway", ""},
			{"releases/20240131120000", "Capistrano"},
			{"releases/20240131120000Z", "Ansistrano"},
			{".shared-copy", "Ansistrano"},
			{"releases/12 scm", ""},
			{".dep", "Deployer"},
		} {
			if err := os.MkdirAll(filepath.Join(host.Site.Root, c.name), 0o755); err != nil {
				t.Fatal(err)
			}
			if got := ask(t, host, nil, nil).Tool; got != c.want {
				t.Errorf("%s: %q, wanted %q", c.name, got, c.want)
			}
			if err := os.RemoveAll(host.Site.Root); err != nil {
				t.Fatal(err)
			}
		}
		for _, folder := range []string{"scm", "releases/12"} {
			if err := os.MkdirAll(filepath.Join(host.Site.Root, folder), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if got := ask(t, host, nil, nil).Tool; got != "Mina" {
			t.Errorf("%q, wanted Mina", got)
		}
	})
}

// A host says which commands sudo lists for the user, each once, with the rule that is missing; a script that fails says nothing.
func TestSudo(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		steps := []deploy.Step{
			{Name: "One", Rights: "echo sudo -n true \"$PORT\"\necho doas true"},
			{Name: "Two", Rights: "echo sudo -n true 8001\necho sudo -u www kill '*' a=b:c"},
			{Name: "Three", Rights: "echo \"sudo $NOWHERE\""},
			{Name: "Four"},
			{Name: "Five", Rights: "echo sudo -n kill"},
		}
		vars := map[string]string{"PORT": "8001"}
		bin := t.TempDir()
		// The whole path, also of what the shell itself has; no argument means none, and nothing stands for more than itself.
		rules := map[string]string{
			"sudo -n kill":             " ALL=(root) NOPASSWD: " + bin + `/kill ""`,
			"sudo -u www kill * a=b:c": " ALL=(www) NOPASSWD: " + bin + `/kill \* a\=b\:c`,
		}
		host.Env = []string{"PATH=" + bin + ":" + host.Path}
		if host.Name != "bash" { // whose machine may have a sudo
			if got := ask(t, host, steps, vars); !got.NoSudo || len(got.Allowed)+len(got.Denied) > 0 {
				t.Errorf("without sudo: %+v", got)
			}
		}
		program := "#!/bin/sh\n[ \"$*\" = '-n -l -n true 8001' ]\n"
		for _, name := range []string{"sudo", "kill"} {
			if err := os.WriteFile(filepath.Join(bin, name), []byte(program), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		got := ask(t, host, steps, vars)
		for i, denied := range got.Denied {
			if want := rules[denied.Command]; want == "" || !strings.HasSuffix(denied.Rule, want) {
				t.Errorf("the rule is %q, want %q", denied.Rule, want)
			}
			got.Denied[i].Rule = ""
		}
		want := examine.Answer{
			Allowed: []string{"sudo -n true 8001"},
			Denied:  []examine.Denied{{Command: "sudo -n kill"}, {Command: "sudo -u www kill * a=b:c"}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
