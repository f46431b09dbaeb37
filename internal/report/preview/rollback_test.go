package preview_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/preview"
)

// A rollback says in the log, on the page and in the JSON what it goes back over, and where it may go as well.
func TestRollback(t *testing.T) {
	t.Parallel()
	view := deploy.Preview{
		Header: deploy.Header{Command: "rollback", App: "shop", Release: "20261119-101500-77aa001-02be44", Hosts: []string{"web1"}},
		Back: deploy.Back{
			Over: []deploy.ReleaseID{"20261121-073000-1a2b3c4-9f3c51"}, Instead: []deploy.ReleaseID{"20261118-073000-5cc0001-11aa22"},
			Commits: deploy.Commits{Gone: 2}, Applied: deploy.Applied{What: []string{"shop.0042", "shop.0043"}},
		},
	}
	const between = "1 release: 1a2b3c4; 2 commits; migrations shop.0042, shop.0043 stay applied"
	if lines := preview.Lines(view); !slices.Contains(lines, "  between   "+between) || !slices.Contains(lines, "  or to     20261118-073000-5cc0001-11aa22") {
		t.Errorf("lines:\n%s", strings.Join(lines, "\n"))
	}
	if page := preview.Markdown(view); !strings.Contains(page, "| between | "+between+" |") || !strings.Contains(page, "| or to | 20261118-073000-5cc0001-11aa22 |") {
		t.Error(page)
	}
	document, err := preview.JSON(view)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(string(document)), " ")
	for _, want := range []string{
		`"between": [ "20261121-073000-1a2b3c4-9f3c51" ]`, `"instead": [ "20261118-073000-5cc0001-11aa22" ]`,
		`"commits": { "gone": 2, "new": 0 }`, `"migrations": { "applied": [ "shop.0042", "shop.0043" ], "unknown": [] }`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}
