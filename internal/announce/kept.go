package announce

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/github"
)

// The names of the values that are kept for the job's post step.
const (
	KeptDeployment = "github_deployment"
	KeptStatus     = "github_status"
)

// Kept is what the main step of a job kept for its post step.
type Kept struct {
	Deployment github.Deployment
	Status     *Status // that was not told; nil where it is not over, or all was told
}

// ReadKept reads what was kept under the names; what cannot be read is nothing.
func ReadKept(value func(name string) string) (k Kept) {
	if json.Unmarshal([]byte(value(KeptDeployment)), &k.Deployment) != nil {
		return Kept{}
	}
	var status Status
	if text := value(KeptStatus); text != "" && json.Unmarshal([]byte(text), &status) == nil {
		k.Status = &status
	}
	return k
}

// begun reports whether a deployment was begun on GitHub.
func (k Kept) begun() bool { return k.Deployment.Environment != "" }

// lateTime is how long the post step tries to tell what the main step did not.
const lateTime = 30 * time.Second

// Tell tells GitHub the status that the main step could not.
func (k Kept) Tell(ctx context.Context, client *github.Client) error {
	if !k.begun() || k.Status == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, lateTime, fmt.Errorf("GitHub did not answer within %s", lateTime))
	defer cancel()
	d, err := ensure(ctx, client, k.Deployment)
	if err != nil {
		return err
	}
	return set(ctx, client, d, *k.Status)
}

// keep keeps a deployment for the post step, and the status that it was not told. What cannot be kept is lost to GitHub alone: the CI's
// files are the report's to complain about.
func (o Options) keep(d github.Deployment, s *Status) {
	if o.Save == nil {
		return
	}
	text := ""
	if d.Environment != "" {
		text = encode(d)
	}
	_ = o.Save(KeptDeployment, text)
	if s != nil {
		_ = o.Save(KeptStatus, encode(s))
	}
}

func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts and numbers
	}
	return string(text)
}
