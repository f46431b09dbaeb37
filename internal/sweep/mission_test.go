//go:build linux

package sweep

import (
	"fmt"
	"testing"
)

// mission is what a world's trials do, and what it begins with.
type mission struct {
	command     string // of the runner that faults strike
	run         string // the version whose CI run it is
	environment string // "" where the deploy file has none
	from, to    string // the versions that are live before and after
	migrates    bool
	undoes      bool                         // what faults strike fails its checks, is unwound and undone; the re-run goes well
	file        func(w *world) string        // the deploy file
	ready       func(t testing.TB, w *world) // what is done once v1 is live; nil is nothing
	says        string                       // what its log says without a fault
	inputs      []string                     // of its runners, beside those of all
	faults      []fault                      // of its own, beside those of all
	shard       string                       // what faults strike is this shard, which switches nothing; the re-run is its and that of the job that goes on
}

// struck is the command that faults strike.
func (m mission) struck() []string {
	if m.shard == "" {
		return []string{m.command}
	}
	return []string{m.command, "--shard", m.shard}
}

// whole is the command that is to end with the version live everywhere.
func (m mission) whole() []string {
	if m.shard == "" {
		return []string{m.command}
	}
	return []string{m.command, "--shard", "rest"}
}

// deploying is a deployment of v2.
var deploying = mission{command: "deploy", run: "v2", from: "v1", to: "v2", migrates: true, file: func(w *world) string {
	return deployFile + w.hostsOf(production)
}}

// production is a host of the site.
func production(i int, h *host) string {
	roles := []string{"[web, pool, first]", "[web]", "[web, pool]"}[i]
	return fmt.Sprintf("deploy_path: %q, roles: %s, vars: {PORT: %q}", h.deployPath(), roles, h.site.port())
}
