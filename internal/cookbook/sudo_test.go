package cookbook

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What a script runs by sudo is printed where it can be read from its text, and nothing of it is run.
func TestSudo(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"systemctl restart web":                         "",
		"sudo systemctl restart web":                    "sudo systemctl restart web",
		"if true; then sudo -n 'a b' \"$NAME\"; fi; x":  "sudo -n a b value",
		"sudo x \"$(date)\" && sudo y || sudo z $((1))": "sudo y",
		"unit=web\nsudo restart \"$unit\"\nsudo last":   "sudo last",
		"sudo":       "",
		"no shell (": "",
	} {
		command := exec.Command("sh", "-u")
		command.Stdin, command.Env = strings.NewReader(Sudo(script)), []string{"NAME=value"}
		out, err := command.CombinedOutput()
		var lines []string
		for line := range strings.Lines(string(out)) {
			lines = append(lines, strings.TrimSpace(line))
		}
		if got := strings.Join(lines, "\n"); err != nil || got != want {
			t.Errorf("%q: %q, %v; wanted %q", script, got, err, want)
		}
	}
}

// Recipes print the very words that they run.
func TestRights(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	for name, text := range map[string]string{
		"systemctl": "case $* in *LoadState*) echo LoadState=loaded ;; *NeedDaemonReload*) echo NeedDaemonReload=no ;; *) exit 1 ;; esac",
		"id":        "[ \"$1\" != -u ] || echo 1000",
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		uses string
		with map[string]string
		want string
	}{
		{"systemd/restart", map[string]string{"unit": "web jobs@1.service"}, "sudo -n systemctl restart web.service jobs@1.service\nsudo -n systemctl stop web.service jobs@1.service\n"},
		{"systemd/restart", map[string]string{"unit": "web", "sudo": ""}, ""},
		{"systemd/reload", map[string]string{"unit": "web"}, "sudo -n systemctl reload web.service\n"},
		{"systemd/reload", map[string]string{"unit": "web", "own": "true"}, "sudo -n systemctl reload web.service\nsudo -n systemctl stop web.service\n"},
		{"nginx/drain", map[string]string{"upstream": "site"}, "sudo -n nginx -T\nsudo -n nginx -s reload\n"},
	} {
		recipe, err := Find(nil, c.uses)
		if err != nil {
			t.Fatal(err)
		}
		scripts, err := recipe.Render(texts(c.with))
		if err != nil {
			t.Fatal(err)
		}
		command := exec.Command("sh", "-u")
		command.Stdin, command.Env = strings.NewReader(scripts.Rights), []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
		if out, err := command.CombinedOutput(); err != nil || string(out) != c.want {
			t.Errorf("%s %v: %q, %v", c.uses, c.with, out, err)
		}
	}
}
