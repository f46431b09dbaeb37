// Package survey asks a host what there is at the deploy path: tools, space, what current is, releases, history.
//
// It reads and changes nothing, in one command. It only reports: whether the facts allow a deployment is for plan to
// judge. It must not know what is going to be deployed.
package survey

import (
	"bytes"
	"context"
	_ "embed"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/release/lock"
	"slipway/internal/release/step"
	"slipway/internal/transport"
)

//go:embed survey.sh
var surveyScript string

//go:embed journals.sh
var journalsScript string

// Question is what a survey asks beyond the layout itself.
type Question struct {
	SharedFiles []string            // paths below shared/ that must be there
	Deployment  deploy.DeploymentID // that asks: its own journal is told apart from those of others; "" is none
}

// script is the survey with the functions that it calls.
func script() string {
	return strings.Join([]string{lock.Functions(), step.Processes(), journalsScript, surveyScript}, "\n")
}

// Take asks a host. The error is a *deploy.Error; facts that cannot be read are errors, never zeros.
func Take(ctx context.Context, conn transport.Conn, site release.Site, q Question) (deploy.Facts, error) {
	args := []string{site.Root, strings.Join(slices.Concat(release.Required, release.Optional), " "), string(q.Deployment)}
	var out bytes.Buffer
	before := time.Now()
	err := conn.Run(ctx, transport.Command{Name: "survey", Script: script(), Args: append(args, q.SharedFiles...), Stdout: &out})
	if err != nil {
		return deploy.Facts{}, release.Failure(conn, "survey", err, nil)
	}
	asked := before.Add(time.Since(before) / 2)
	facts, err := parse(out.Bytes(), site, asked)
	if err != nil {
		return deploy.Facts{}, release.Failure(conn, "survey", err, nil)
	}
	facts.Host = conn.Host().Name
	return facts, nil
}
