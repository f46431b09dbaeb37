// Package outputs gives a deployment's end to the steps of a job that come after it: the outputs of the action.
package outputs

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/outcome"
	"github.com/slipway/slipway/internal/secret"
)

// Doc is what a person must know of an output of the action.
type Doc struct {
	Name, Help string
	Of         string // the only command that sets it; "" is every deployment
}

// Docs are the outputs of the action, set on failure too. It is the one source of action.yml's outputs and of their
// documentation.
func Docs() []Doc {
	return []Doc{
		{Name: "release", Help: "ID of the release, like 20261121-073000-1a2b3c4-9f3c51."},
		{Name: "previous_release", Help: "What the hosts ran before the deployment; empty after a first one."},
		{Name: "deployment", Help: "ID of the deployment, the same in every attempt of a run."},
		{Name: "revision", Help: "Full commit that the artifact was built of."},
		{Name: "artifact_sha256", Help: "SHA-256 of the artifact's file."},
		{Name: "url", Help: "The environment's URL."},
		{Name: "outcome", Help: outcomes() + ". Of status: ok, nothing, foreign, deploying, unreachable, drifted, split or half_done."},
		{Name: "changed", Help: "true when a host runs another release than before the deployment, also where an earlier attempt of the run switched it."},
		{Name: "failed_phase", Help: "The phase that failed; empty when none did."},
		{Name: "failed_step", Help: "The step that failed first; empty when none did."},
		{Name: "hosts_activated", Help: "JSON array of the hosts that run the release, verified."},
		{Name: "hosts_failed", Help: "JSON array of the hosts that failed a step."},
		{Name: "exit_code", Help: "0 done; see the exit codes in the documentation. Of status what the command line would end with: 10 where somebody has to act."},
		{Name: "duration_seconds", Help: "How long it took, in whole seconds."},
		{Name: "result", Help: "All of it as one JSON object, up to 64 KiB; long parts are left out first. Of status and history: docs/json.md."},
		{Name: "changes", Of: "plan", Help: "Of plan: true when the deployment would change what hosts run, or when no host was asked."},
	}
}

// output is one value; they are given in the order of Outputs.
type output struct{ name, value string }

func of(res deploy.Result, redactor *secret.Redactor) []output {
	return []output{
		{"release", string(res.Release)},
		{"previous_release", string(res.Previous())},
		{"deployment", string(res.Deployment)},
		{"revision", res.Revision},
		{"artifact_sha256", string(res.ArtifactSHA)},
		{"url", redactor.Own(res.URL)},
		{"outcome", string(res.Outcome)},
		{"changed", strconv.FormatBool(res.Changed())},
		{"failed_phase", string(res.Failed)},
		{"failed_step", redactor.Own(res.Step)},
		{"hosts_activated", jsonText(redacted(redactor, res.HostsWith(deploy.HostActivated)))},
		{"hosts_failed", jsonText(redacted(redactor, res.FailedHosts()))},
		{"exit_code", strconv.Itoa(res.ExitCode)},
		{"duration_seconds", strconv.Itoa(int(res.Duration.Round(time.Second).Seconds()))},
		{"result", resultJSON(res, redactor)},
	}
}

// outcomes names all of them.
func outcomes() string {
	var names []string
	for _, row := range outcome.All() {
		names = append(names, string(row.Outcome))
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// Write gives the outputs of a result to the CI. They go into one file: the first that cannot be written is the last that is tried.
func Write(files *ci.Files, res deploy.Result, redactor *secret.Redactor) error {
	return write(files, of(res, redactor))
}

func write(files *ci.Files, list []output) error {
	for _, o := range list {
		if err := files.SetOutput(o.name, o.value); err != nil {
			return fmt.Errorf("outputs from %s on are not set: %w", o.name, err)
		}
	}
	return nil
}

// WriteLooked gives the outputs of a command that changes nothing; result is JSON, left out where it is longer than an output may be.
func WriteLooked(files *ci.Files, exitCode int, failed []string, result string) error {
	if len(result) > ci.MaxOutput {
		result = ""
	}
	return write(files, []output{
		{"changed", "false"},
		{"hosts_failed", jsonText(append([]string{}, failed...))},
		{"exit_code", strconv.Itoa(exitCode)},
		{"result", result},
	})
}

// WriteRefused gives the outputs of a run that ended before any host was contacted.
func WriteRefused(files *ci.Files) error {
	return write(files, []output{
		{"outcome", string(deploy.OutcomeFailed)},
		{"changed", "false"},
		{"hosts_activated", "[]"},
		{"hosts_failed", "[]"},
		{"exit_code", strconv.Itoa(deploy.ExitBadInput)},
	})
}

// WritePlanned gives the outputs of a plan.
func WritePlanned(files *ci.Files, changes bool, exitCode int) error {
	return write(files, []output{{"changes", strconv.FormatBool(changes)}, {"exit_code", strconv.Itoa(exitCode)}})
}
