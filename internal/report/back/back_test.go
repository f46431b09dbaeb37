package back_test

import (
	"fmt"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/back"
)

// What a rollback goes back over is said as far as it is known, and what is not known is said plainly.
func TestBetween(t *testing.T) {
	t.Parallel()
	var ids []deploy.ReleaseID
	for i := range 7 {
		ids = append(ids, deploy.ReleaseID(fmt.Sprintf("2026112%d-073000-1a2b3c%d-9f3c51", 7-i, 7-i)))
	}
	type applied = deploy.Applied
	for _, c := range []struct {
		over    int
		commits deploy.Commits
		applied applied
		want    string
	}{
		{want: ""},
		{over: 2, commits: deploy.Commits{Gone: 5}, applied: applied{What: []string{"shop.0042", "shop.0043"}}, want: "2 releases: 1a2b3c7, 1a2b3c6; 5 commits; migrations shop.0042, shop.0043 stay applied"},
		{over: 1, commits: deploy.Commits{Gone: 1}, applied: applied{What: []string{"shop.0042"}, Unknown: []string{"what Load of 1a2b3c6 did"}}, want: "1 release: 1a2b3c7; 1 commit; migration shop.0042 stays applied; not known: what Load of 1a2b3c6 did"},
		{over: 1, commits: deploy.Commits{Gone: 1, New: 2}, want: "1 release: 1a2b3c7; 1 commit, and 2 the other way: they have diverged; no migrations"},
		{over: 1, applied: applied{Unknown: []string{"what Load of 1a2b3c6 did", "web1: it is away"}}, want: "1 release: 1a2b3c7; the same commit; which migrations stay applied is not known: what Load of 1a2b3c6 did, web1: it is away"},
		{over: 7, commits: deploy.Commits{Unknown: "no answer within 10s"}, want: "7 releases: 1a2b3c7, 1a2b3c6, 1a2b3c5, 1a2b3c4, 1a2b3c3 and 2 more; how many commits is not known: no answer within 10s; no migrations"},
	} {
		if got := back.Between(deploy.Back{Over: ids[:c.over], Commits: c.commits, Applied: c.applied}); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	if got, want := back.Instead(deploy.Back{Instead: ids[5:]}), "20261122-073000-1a2b3c2-9f3c51, 20261121-073000-1a2b3c1-9f3c51"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
