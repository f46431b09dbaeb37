package citest

import (
	"embed"
	"maps"
	"strings"
)

//go:embed environments
var environments embed.FS

// Environment is what a CI sets in a job that deploys the branch main, as its documentation and sources say: github, gitea, forgejo, gitlab,
// woodpecker, drone, bitbucket or jenkins. Changes are laid over it; an empty value takes a variable away. It panics for another CI.
func Environment(name string, changes map[string]string) map[string]string {
	text, err := environments.ReadFile("environments/" + name + ".env")
	if err != nil {
		panic(err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		env[key] = value
	}
	maps.Copy(env, changes)
	maps.DeleteFunc(env, func(_, value string) bool { return value == "" })
	return env
}
