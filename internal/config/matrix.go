package config

import (
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// matrixJobs is the input in which the runner says how many legs the job's matrix has. A runner that does not know gives nothing, or
// the expression as it is.
const matrixJobs = "matrix_jobs"

// matrix remarks on a deployment by one leg of a matrix: the legs neither wait for each other nor come back together.
func (l *loader) matrix(c *Config) {
	legs, err := strconv.Atoi(strings.TrimSpace(l.in.MatrixJobs))
	others, deploys := map[string]string{
		"deploy": "stay on the new release", "promote": "stay on the new release", "rollback": "stay on the release that they went back to",
	}[l.command]
	if err != nil || legs < 2 || c.DeploymentKey != "" || !deploys {
		return
	}
	c.Remarks = append(c.Remarks, deploy.Problem{
		Message: "the job's matrix has " + strconv.Itoa(legs) + " legs, and each leg is a deployment of its own: if its hosts fail, those of the others " + others,
		Hint:    "name all hosts in one job; where the legs are meant to be apart, as environments are, set `deployment_key` to what differs",
	})
}
