package config

import (
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/yamlfile"
)

// GitHub is what GitHub is told of a deployment. No deploy file says it: it is about the run, not about what it deploys.
type GitHub struct {
	Deployment bool // as a deployment with statuses
	Record     bool // as a deployment record of the organisation
}

// gitHub reads the inputs github_deployment and deployment_record.
func (l *loader) gitHub() GitHub {
	return GitHub{
		Deployment: l.inputSwitch("github_deployment", l.in.GitHubDeployment),
		Record:     l.inputSwitch("deployment_record", l.in.DeploymentRecord),
	}
}

// inputSwitch is an input that is true or false, and false where it is not given.
func (l *loader) inputSwitch(name, value string) bool {
	if strings.TrimSpace(value) == "" {
		return false
	}
	var given struct {
		V keys.Text `key:"value" enum:"true,false"`
	}
	node := inputText(name, value)
	l.problems = append(l.problems, yamlfile.Decode(yamlfile.NewMap(node.At, yamlfile.Entry{Key: "value", At: node.At, Value: node}), &given)...)
	return given.V.V == "true"
}
