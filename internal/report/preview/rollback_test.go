package preview_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/report/preview"
)

// A rollback says what it takes back and where it may go as well; of many releases the newest are named.
func TestRollback(t *testing.T) {
	t.Parallel()
	var ids []deploy.ReleaseID
	for i := range 7 {
		ids = append(ids, deploy.ReleaseID(fmt.Sprintf("2026112%d-073000-1a2b3c%d-9f3c51", 7-i, 7-i)))
	}
	view := deploy.Preview{
		Header:  deploy.Header{Command: "rollback", App: "shop", Release: "20261119-101500-77aa001-02be44", Hosts: []string{"web1"}},
		Between: ids[:1], Instead: ids,
	}
	lines := preview.Lines(view)
	for _, want := range []string{
		"  between   1 release is taken back: 1a2b3c7; migrations stay applied",
		"            20261123-073000-1a2b3c3-9f3c51 and 2 more",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %q:\n%s", want, strings.Join(lines, "\n"))
		}
	}
	view.Between = ids[:2]
	page := preview.Markdown(view)
	if !strings.Contains(page, "| between | 2 releases are taken back: 1a2b3c7, 1a2b3c6; migrations stay applied |") || !strings.Contains(page, "| or to | "+string(ids[0])) {
		t.Error(page)
	}
	document, err := preview.JSON(view)
	if err != nil || !strings.Contains(string(document), `"between": [`) || !strings.Contains(string(document), `"instead": [`) {
		t.Errorf("%v\n%s", err, document)
	}
}
