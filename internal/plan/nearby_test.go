package plan

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// Only a machine that says which boot it is can be the same as another one.
func TestNear(t *testing.T) {
	t.Parallel()
	const machine = "id boot web1 key"
	artifact := Artifact{Nearby: []Nearby{
		{Environment: "staging", Machine: "id other web1 key", Folder: "/srv/other"},
		{Environment: "staging", Machine: machine, Folder: "/srv/staging"},
		{Environment: "staging", Machine: "- - - -", Folder: "/srv/nowhere"},
		{Environment: "staging", Folder: "/srv/nowhere"},
	}}
	for is, want := range map[string]string{machine: "/srv/staging", "id boot web1 another": "", "- - - -": "", "": ""} {
		got := ""
		if near := artifact.near(deploy.Facts{Machine: is}); near != nil {
			got = near.Folder
		}
		if got != want {
			t.Errorf("%q: %q, wanted %q", is, got, want)
		}
	}
}
