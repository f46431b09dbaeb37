package config

import (
	"errors"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
)

// FuzzLoad reads any file: it may be refused, with places inside the file, and never panics.
func FuzzLoad(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		config, err := Load(ci.Inputs{Command: "validate"}, fstest.MapFS{"slipway.yml": {Data: text}}, Env{})
		var problems deploy.Problems
		ok := errors.As(err, &problems)
		if (err != nil && (!ok || len(problems) == 0)) || (err == nil && config == nil) {
			t.Fatalf("%v, %v", config, err)
		}
	})
}

// FuzzInputs reads any inputs.
func FuzzInputs(f *testing.F) {
	f.Add("deploy@web1 roles=web,db primary name=x\n[", "A=1\nB<<E\nx\nE", `{"A": "b"}`, "u@h,u@[::1]:22", "if\nfi", "SHA256:x")
	f.Add("u@h:", "{\"", "{\"A\":", "[", "http://${", ",")
	f.Fuzz(func(t *testing.T, hosts, vars, secrets, jump, script, fingerprints string) {
		in := ci.Inputs{
			Hosts: hosts, Vars: vars, Secrets: secrets, Jump: jump, Prepare: script, Verify: script, HostFingerprints: fingerprints,
			SharedDirs: hosts, DeployPath: hosts, Timeout: jump, KeepReleases: jump, Environment: jump,
		}
		if _, err := Load(in, fstest.MapFS{}, Env{}); err == nil {
			t.Fatal("nothing to deploy, and no problem")
		}
	})
}
