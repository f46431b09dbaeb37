package outcome

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Every outcome of the vocabulary has a row, and every row can say all that a row says.
func TestEveryOutcomeHasARow(t *testing.T) {
	t.Parallel()
	vocabulary := []deploy.Outcome{
		deploy.OutcomeActivated, deploy.OutcomeUnchanged, deploy.OutcomeFailed, deploy.OutcomeUnwound, deploy.OutcomePerson,
		deploy.OutcomeCancelled, deploy.OutcomeSuperseded, deploy.OutcomePrepared, deploy.OutcomeReconciled, deploy.OutcomeDone,
	}
	words := map[string]bool{}
	for _, row := range append(All(), nothingToReconcile(), notReconciled(), notDone()) {
		if row.Word == "" || words[row.Word] || row.Icon == "" {
			t.Errorf("%s: word %q, icon %q", row.Outcome, row.Word, row.Icon)
		}
		words[row.Word] = true
	}
	for _, outcome := range vocabulary {
		for _, reconcile := range []bool{false, true} {
			res := deploy.Result{Header: deploy.Header{App: "shop", Reconcile: reconcile}, Outcome: outcome, Duration: time.Second}
			for _, hosts := range [][]deploy.HostResult{nil, {{Host: "web1", Outcome: deploy.HostUnwound}}, {{Host: "web1", Outcome: deploy.HostActivated}}} {
				res.Hosts = hosts
				row := Of(res)
				if !slices.ContainsFunc(All(), func(r Row) bool { return r.Outcome == outcome }) {
					t.Errorf("%s has no row", outcome)
				}
				verdict, state := strings.Join(Verdict(res), " "), State(res)
				_, heading := Heading(res, nil)
				if !strings.HasPrefix(verdict, row.Word) || heading == "" || state == "" {
					t.Errorf("%s: verdict %q, heading %q, state %q", outcome, verdict, heading, state)
				}
			}
		}
	}
	if len(All()) != len(vocabulary) {
		t.Errorf("%d rows, %d outcomes", len(All()), len(vocabulary))
	}
}

// The page of exit codes has a line for every code of the table, and for no other.
func TestExitCodesAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, row := range All() {
		for _, code := range row.Exits {
			want[fmt.Sprint(code)] = true
		}
	}
	have := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		if rest, ok := strings.CutPrefix(line, "| ["); ok {
			code, _, _ := strings.Cut(rest, "]")
			have[code] = true
			if !want[code] {
				t.Errorf("no outcome ends with %s", code)
			}
		}
	}
	for code := range want {
		if !have[code] {
			t.Errorf("docs/exit-codes.md does not have %s", code)
		}
	}
}
