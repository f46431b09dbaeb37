package ci_test

import (
	"os"
	"path/filepath"
	"testing"
)

// A run of workflow_run has secrets, whosever change the run was of that it follows: only its event tells.
func TestWorkflowRun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		event             string // "" for none
		proposed, exposed bool
	}{
		"a push":                       {`{"workflow_run":{"event":"push","head_repository":{"full_name":"acme/site"}}}`, false, false},
		"a push in Gitea":              {`{"workflow_run":{"event":"push"}}`, false, false},
		"a dispatch":                   {`{"workflow_run":{"event":"workflow_dispatch","head_repository":{"full_name":"acme/site"}}}`, false, false},
		"an own pull request":          {`{"workflow_run":{"event":"pull_request","head_repository":{"full_name":"Acme/Site"}}}`, true, false},
		"a fork's":                     {`{"workflow_run":{"event":"pull_request","head_branch":"main","head_repository":{"full_name":"mallory/site"}}}`, true, true},
		"a fork's, of any other event": {`{"workflow_run":{"event":"push","head_repository":{"full_name":"mallory/site"}}}`, true, true},
		"a fork's that was deleted":    {`{"workflow_run":{"event":"pull_request","head_repository":null}}`, true, true},
		"anybody's in Gitea":           {`{"workflow_run":{"event":"pull_request"}}`, true, true},
		"pull_request_target":          {`{"workflow_run":{"event":"pull_request_target","head_repository":{"full_name":"acme/site"}}}`, true, true},
		"a chain":                      {`{"workflow_run":{"event":"workflow_run","head_repository":{"full_name":"acme/site"}}}`, true, true},
		"no run":                       {`{}`, true, true},
		"no JSON":                      {`not JSON`, true, true},
		"no file":                      {"", true, true},
	} {
		for _, platform := range []string{"github", "gitea"} {
			path := filepath.Join(t.TempDir(), "event.json")
			if test.event != "" {
				if err := os.WriteFile(path, []byte(test.event), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			run := detected(platform, map[string]string{"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_EVENT_PATH": path})
			if run.Proposed != test.proposed || run.Exposed != "" != test.exposed {
				t.Errorf("%s, %s: proposed %t, exposed %q", platform, name, run.Proposed, run.Exposed)
			}
		}
	}
}
