package deploy_test

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

func TestPosition(t *testing.T) {
	t.Parallel()
	for at, want := range map[deploy.Position]string{
		deploy.InInput("ssh_key", 1, 1):           "input ssh_key",
		deploy.InInput("ssh_key", 0, 0):           "input ssh_key",
		deploy.InInput("hosts", 1, 10):            "input hosts:1:10",
		deploy.InInput("hosts", 2, 1):             "input hosts:2:1",
		deploy.InInput("known_hosts", 1, 0):       "input known_hosts:1",
		{File: "slipway.yml", Line: 1, Column: 1}: "slipway.yml:1:1",
		{File: "slipway.yml", Line: 3}:            "slipway.yml:3",
		{File: "slipway.yml of policy_from"}:      "slipway.yml of policy_from",
	} {
		if got := at.String(); got != want {
			t.Errorf("%+v: %s, wanted %s", at, got, want)
		}
	}
}
