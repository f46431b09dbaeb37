package config

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config/preset"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	lookup := func(name string) (string, bool) {
		value, ok := map[string]string{"PORT": "80", "EMPTY": "", "NESTED": "${PORT}"}[name]
		return value, ok
	}
	for text, want := range map[string]string{
		"":                    "",
		"plain $PORT $ $$ 5$": "plain $PORT $ $$ 5$",
		"a${PORT}b${PORT}":    "a80b80",
		"${EMPTY}|":           "|",
		"$${PORT}":            "${PORT}",
		"$$${PORT}":           "$${PORT}",
		"${NESTED}":           "${PORT}",
	} {
		got, err := Expand(text, lookup)
		if err != nil || got != want {
			t.Errorf("Expand(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"${", "${}", "${A B}", "${1}", "${PORT", "${PORT:-1}"} {
		if got, err := Expand(text, lookup); err == nil {
			t.Errorf("Expand(%q) = %q, want an error", text, got)
		}
	}
	var unknown *UnknownVariableError
	if _, err := Expand("x${NOPE}", lookup); !errors.As(err, &unknown) || unknown.Name != "NOPE" {
		t.Errorf("an unknown name gives %v", err)
	}
}

// TestAssignmentsKeepSecrets has a secret's second line taken for a mistake: the message may not repeat it.
func TestAssignmentsKeepSecrets(t *testing.T) {
	t.Parallel()
	_, err := Load(ci.Inputs{Command: "validate", Secrets: "KEY=first\nsecond-line\n{\"A\": \"third"}, fstest.MapFS{}, Env{})
	if err == nil || strings.Contains(err.Error(), "second-line") || strings.Contains(err.Error(), "third") {
		t.Errorf("the message is %v", err)
	}
}

// TestActivationOf has a host with several roles do what each says, the shared parts once.
func TestActivationOf(t *testing.T) {
	t.Parallel()
	const file = `
hosts:
  - {address: d@a, roles: [web]}
  - {address: d@b, roles: [worker]}
  - {address: d@c, roles: [mail, worker, web]}
  - {address: d@e, roles: [mail, worker]}
activate:
  restart: {name: site, run: "true"}
  verify: [{name: site-up, tcp: "h:1"}]
  stable_for: 10s
  roles:
    worker: {restart: {name: workers, run: "true"}, stable_for: 20s}
    mail: {restart: [{name: queue, run: "true"}, {name: mailer, run: "true"}], verify: []}
`
	config, err := Load(ci.Inputs{Command: "validate"}, fstest.MapFS{"slipway.yml": {Data: []byte(file)}}, Env{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"a": {"site", "verify site-up", "10s"},
		"b": {"workers", "verify site-up", "20s"},
		"c": {"site", "workers", "queue", "mailer", "verify site-up", "20s"},
		"e": {"workers", "queue", "mailer", "verify site-up", "20s"},
	}
	for _, h := range config.Hosts {
		var got []string
		a := config.ActivationOf(h)
		for _, s := range a.Restart {
			got = append(got, s.Name)
		}
		for _, c := range a.Verify {
			got = append(got, "verify "+c.Name)
		}
		got = append(got, a.StableFor.String())
		if diff := cmp.Diff(want[h.Name], got); diff != "" {
			t.Errorf("%s: %s", h.Name, diff)
		}
	}
}

// TestInterleave states the order of a preset's steps and one's own.
func TestInterleave(t *testing.T) {
	t.Parallel()
	for own, want := range map[string]string{
		"":                            "Install dependencies, Check, Guard migrations, Collect static files",
		"Install dependencies":        "Install dependencies, Check, Guard migrations, Collect static files",
		"Build, Install dependencies": "Build, Install dependencies, Check, Guard migrations, Collect static files",
		"Collect static files, Warm":  "Install dependencies, Check, Guard migrations, Collect static files, Warm",
		"Install dependencies, Collect static files": "Install dependencies, Check, Guard migrations, Collect static files",
		"Build, Check, Warm":                         "Build, Install dependencies, Check, Guard migrations, Collect static files, Warm",
		"Collect static files, Check, X":             "Install dependencies, Guard migrations, Collect static files, Check, X",
		"Warm":                                       "Warm, Install dependencies, Check, Guard migrations, Collect static files",
	} {
		file := "preset: django\nprepare:"
		if own == "" {
			file = "preset: django"
		} else {
			for name := range strings.SplitSeq(own, ", ") {
				file += "\n  - {name: " + name + `, run: "true"}`
			}
		}
		config, err := Load(ci.Inputs{Command: "validate"}, fstest.MapFS{"slipway.yml": {Data: []byte(file)}}, Env{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range config.Prepare {
			got = append(got, s.Name)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %s; want %s", own, strings.Join(got, ", "), want)
		}
	}
}

// TestPresets: each preset is a deploy file by itself, and what Write prints of it is read as the same.
func TestPresets(t *testing.T) {
	t.Parallel()
	for _, name := range preset.Names() {
		const more = "\nhosts: [deploy@a]\ndeploy_path: /srv/x\nvars: {OWN: \"1\"}\n"
		in, files := ci.Inputs{Command: "validate"}, fstest.MapFS{"slipway.yml": {Data: []byte("preset: " + name + more)}}
		want, err := Load(in, files, Env{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(want.Activation[""].Verify) == 0 || len(want.Remarks) > 0 {
			t.Errorf("%s: the checks are %v, the remarks %v", name, want.Activation[""].Verify, want.Remarks)
		}
		written := Write(in, files, Env{})
		if len(written) != 1 || strings.Contains(written[0].Text, "preset") {
			t.Fatalf("%s is written as %v", name, written)
		}
		files["slipway.yml"] = &fstest.MapFile{Data: []byte(written[0].Text)}
		got, err := Load(in, files, Env{})
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, written[0].Text)
			continue
		}
		places := cmp.FilterValues(func(a, b deploy.Position) bool { return true }, cmp.Ignore())
		if diff := cmp.Diff(want, got, places, cmp.AllowUnexported(secret.Secret{})); diff != "" {
			t.Errorf("%s: %s\n%s", name, diff, written[0].Text)
		}
	}
}

// TestPresetReplaced: restart and checks of a preset are replaced as a whole, and its variables one by one.
func TestPresetReplaced(t *testing.T) {
	t.Parallel()
	const file = `
preset: django
hosts: [deploy@a]
deploy_path: /srv/x
vars: {PORT: "8080"}
shared: {files: [local.py]}
skip: [Check, Guard migrations]
prepare: [{name: Collect static files, run: "true"}]
activate: {restart: {uses: systemd/restart, with: {unit: web}}}
`
	config, err := Load(ci.Inputs{Command: "validate"}, fstest.MapFS{"slipway.yml": {Data: []byte(file)}}, Env{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range config.Prepare {
		got = append(got, s.Name+" "+s.Uses)
	}
	activation := config.Activation[""]
	got = append(got, activation.Restart[0].Uses, activation.Verify[0].HTTP.URL, config.Vars["PORT"], config.SharedDirs[0], config.SharedFiles[0])
	want := []string{"Install dependencies python/venv", "Collect static files ", "systemd/restart", "http://127.0.0.1:${PORT}/", "8080", "media", "local.py"}
	if diff := cmp.Diff(want, got); diff != "" || len(activation.Restart) != 1 {
		t.Error(diff, activation.Restart)
	}
}

// What lets whoever has an address read what lies there is a secret; how long it does is none.
func TestSignedAddressIsSecret(t *testing.T) {
	t.Parallel()
	const signed = "https://s3.example.com/b/site.tar?X-Amz-Expires=3600&X-Amz-Signature=0123456789abcdef0123"
	redactor := secret.NewRedactor(SecretsOf(ci.Inputs{ArtifactURL: " " + signed + " "})...)
	for text, want := range map[string]string{
		"get " + signed: "get ***", "sig 0123456789abcdef0123": "sig ***", "3600 s of s3.example.com/b/site.tar": "3600 s of s3.example.com/b/site.tar",
	} {
		if got := redactor.String(text); got != want {
			t.Errorf("got %q, wanted %q", got, want)
		}
	}
	// A name alone is none: it would be taken out of everything.
	for address, letsIn := range map[string]string{"https://anna:secret-word@example.com/site.tar": "secret-word", "https://ghp_0123456789abcdef@example.com/site.tar": "ghp_0123456789abcdef"} {
		if got := secret.NewRedactor(SecretsOf(ci.Inputs{ArtifactURL: address})...).String("with " + letsIn + " as anna"); got != "with *** as anna" {
			t.Errorf("got %q", got)
		}
	}
	if known := SecretsOf(ci.Inputs{ArtifactURL: "https://example.com/site.tar"}); len(known) != 0 {
		t.Errorf("%d secrets in an address that everybody may read", len(known))
	}
}
