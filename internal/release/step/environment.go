package step

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// SearchPath is PATH of every step that does not set its own: what a non-login shell has differs from host to host.
const SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

var variableName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Environment is a shell function `environment` that exports what a step sees beside HOME, USER, LOGNAME and TMPDIR,
// which the host gives; before it stands the step's PATH, as step_path. It goes to the host on standard input: a value is never in an argument list nor in a file.
func Environment(inst Instance) (string, error) {
	values := map[string]string{"PATH": SearchPath, "SHELL": "/bin/sh", "LANG": "C.UTF-8"}
	ours := map[string]string{}
	for name, value := range inst.Vars {
		values[name] = value
		if strings.HasPrefix(name, "SLIPWAY_") {
			ours[name] = value
		}
	}
	maps.Copy(values, inst.Step.Vars)
	for name, value := range inst.Secrets {
		values[name] = value.Reveal()
	}
	maps.Copy(values, ours)

	var b strings.Builder
	b.WriteString("step_path=" + quote(values["PATH"]) + "\nenvironment() {\n")
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !variableName.MatchString(name) || deploy.ShellVariable(name) {
			return "", fmt.Errorf("%q cannot be the name of a variable", name)
		}
		if strings.ContainsRune(values[name], 0) {
			return "", fmt.Errorf("variable %s has a NUL byte in it, which no environment can hold", name)
		}
		b.WriteString("export " + name + "=" + quote(values[name]) + "\n")
	}
	b.WriteString("}\n")
	return b.String(), nil
}

// quote makes one shell word of any bytes but NUL.
func quote(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }
