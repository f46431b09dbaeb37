// Package survey asks a host what there is at the deploy path: tools, space, what current is, releases, history.
//
// It reads and changes nothing, in one command. It only reports: whether the facts allow a deployment is for plan to
// judge. It must not know what is going to be deployed.
package survey

import (
	_ "embed"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/step"
)

//go:embed survey.sh
var surveyScript string

//go:embed journals.sh
var journalsScript string

// Question is what a survey asks beyond the layout itself.
type Question struct {
	SharedFiles []string            // paths below shared/ that must be there
	Programs    []string            // that steps need, by name or absolute path
	Deployment  deploy.DeploymentID // that asks: its own journal is told apart from those of others; "" is none
	Secrets     bool                // also for the hashes of the live release's secret files
}

// script is the survey with the functions that it calls.
func script() string {
	return strings.Join([]string{lock.Functions(), step.Processes(), journalsScript, secretsScript, surveyScript}, "\n")
}

// mostAnswered bounds what a host may tell, in bytes: this deployment's journal and another one's, as long as either may be, and all else.
const mostAnswered = 16 << 20

// Take asks a host for its facts. Facts that cannot be read are errors, never zeros.
func Take(site release.Site, q Question, facts *deploy.Facts) release.Operation {
	secrets := ""
	if q.Secrets {
		secrets = "yes"
	}
	args := []string{site.Root, strings.Join(slices.Concat(release.Required, release.Optional), " "), string(q.Deployment), secrets, step.SearchPath, strings.Join(q.Programs, "\n")}
	read := func(a release.Answer) (err error) {
		if *facts, err = parse(a.Text, site, a.Asked); err == nil {
			facts.Host = a.Host
		}
		return err
	}
	return release.Operation{Name: "survey", Script: script(), Args: append(args, q.SharedFiles...), Read: read, Limit: mostAnswered, Silence: time.Minute}
}
