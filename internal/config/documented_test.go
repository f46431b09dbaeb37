package config

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// TestDocumentedKeys: what the page lists for a kind of step, validate does not call useless there.
func TestDocumentedKeys(t *testing.T) {
	t.Parallel()
	samples := map[string]string{
		"undo": "'true'", "on_failure": "undo", "check": "'true'", "stop": "'true'", "log": "'true'", "produces": "[out]", "once": "true", "always": "true", "idempotent": "true",
		"rerun": "true", "on_cancel": "finish", "roles": "[web]", "only": "[x]", "vars": "{A: b}", "secrets": "[]", "dir": "src", "shell": "sh -eu",
		"retries": "1", "timeout": "5s", "via": "balancer", "wait": "5s",
	}
	useless := regexp.MustCompile("means nothing|nothing runs the|unknown key")
	settingsOf := func(key string) yamlfile.Field {
		fields := yamlfile.Fields(reflect.TypeFor[keys.Settings]())
		return fields[slices.IndexFunc(fields, func(f yamlfile.Field) bool { return f.Key == key })]
	}
	for where, kind := range map[string]struct {
		t       reflect.Type
		without []string
	}{
		"prepare: [{name: S, run: 'true', %}]":           {reflect.TypeFor[keys.Step](), settingsOf("prepare").Without},
		"migrate: [{name: S, run: 'true', %}]":           {reflect.TypeFor[keys.Step](), settingsOf("migrate").Without},
		"finish: [{name: S, run: 'true', %}]":            {reflect.TypeFor[keys.Step](), settingsOf("finish").Without},
		"on_failure: [{name: S, run: 'true', %}]":        {reflect.TypeFor[keys.Step](), settingsOf("on_failure").Without},
		"ensure: [{name: S, run: 'true', %}]":            {reflect.TypeFor[keys.EnsureStep](), nil},
		"activate: {restart: {name: S, run: 'true', %}}": {reflect.TypeFor[keys.RestartStep](), nil},
		"activate: {drain: {name: S, run: 'true', %}}":   {reflect.TypeFor[keys.DrainStep](), nil},
	} {
		for _, f := range yamlfile.Fields(kind.t) {
			sample, sampled := samples[f.Key]
			if f.Useless || slices.Contains(kind.without, f.Key) || !sampled {
				continue
			}
			entry := f.Key + ": " + sample
			if f.Key == "produces" || f.Key == "rerun" {
				entry += ", once: true"
			}
			if other := map[string]string{"undo": "on_failure", "on_failure": "undo"}[f.Key]; strings.HasPrefix(where, "migrate") && other != "" {
				entry += ", " + other + ": " + samples[other]
			}
			file := "hosts: ['d@a roles=web', 'd@b roles=balancer release=false']\n" + strings.Replace(where, "%", entry, 1)
			_, err := Load(ci.Inputs{Command: "validate"}, fstest.MapFS{"slipway.yml": {Data: []byte(file)}}, Env{})
			var problems deploy.Problems
			if errors.As(err, &problems) && useless.MatchString(problems.Error()) {
				t.Errorf("%s\n%s", file, problems)
			}
		}
	}
}
