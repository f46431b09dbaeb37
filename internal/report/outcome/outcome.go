// Package outcome is the table of how a deployment can end. Each row has all that is said of an outcome: the verdict that closes
// the log, the heading of the summary, what annotations say of the hosts, its exit codes, and its line in the documents. A new
// outcome is a constant in deploy and a row here.
package outcome

import (
	"slices"
	"strconv"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/failure"
	"github.com/slipway/slipway/internal/report/layout"
)

// Row is one outcome.
type Row struct {
	Outcome deploy.Outcome
	Exits   []int  // the exit codes that it may have
	Means   string // for the documents, half a sentence
	Word    string // begins the verdict
	Good    bool   // nobody has to do anything
	Icon    string // begins the heading

	verdict func(deploy.Result) string                                   // the rest of the verdict, with exit code where it is worth saying
	heading func(res deploy.Result, whatFailed func() string) string     // without the icon
	state   func(deploy.Result) string                                   // what is live, for the annotation of a failure
	remark  func(deploy.Result) (level deploy.Level, title, text string) // an annotation of the whole; nil: none
}

// All are the outcomes, in the order in which the documents have them.
func All() []Row {
	return []Row{activated(), unchanged(), failed(), unwound(), person(), superseded(), cancelled(), prepared(), done(), reconciled()}
}

// Of is the row of a result.
func Of(res deploy.Result) Row {
	switch {
	case res.Reconcile && (res.Outcome == deploy.OutcomeFailed || res.Outcome == deploy.OutcomeCancelled):
		return notReconciled()
	case res.Upkeep() && res.Outcome == deploy.OutcomeFailed:
		return notDone()
	case res.Outcome == deploy.OutcomeReconciled && len(res.HostsWith(deploy.HostUnwound)) == 0:
		return nothingToReconcile()
	}
	rows := All()
	if i := slices.IndexFunc(rows, func(r Row) bool { return r.Outcome == res.Outcome }); i >= 0 {
		return rows[i]
	}
	return failed()
}

// Verdict is the line that says how it ended.
func Verdict(res deploy.Result) []string {
	row := Of(res)
	return layout.Wrap(row.Word+row.verdict(res), 0)
}

// Heading is the same in prose, for a page.
func Heading(res deploy.Result, failures []failure.Failure) (icon, text string) {
	row := Of(res)
	whatFailed := func() string { return whatFailed(res, failures) }
	icon, text = row.Icon, row.heading(res, whatFailed)
	if row.Outcome == deploy.OutcomeActivated && (res.Failed != "" || len(res.LeftOut) > 0) {
		icon = "⚠️"
	}
	return icon, text
}

// State says what is live after a deployment in which something failed.
func State(res deploy.Result) string { return Of(res).state(res) }

// Remark is the annotation that concerns the whole deployment. Its level is empty where there is none.
func Remark(res deploy.Result, failures []failure.Failure) (level deploy.Level, title, text string) {
	row := Of(res)
	if row.remark == nil || row.Good && len(failures) > 0 {
		return "", "", ""
	}
	return row.remark(res)
}

// exit is the exit code where it says more than that it went well, failed or was cancelled.
func exit(res deploy.Result) string {
	if slices.Contains([]int{deploy.ExitDone, deploy.ExitFailed, deploy.ExitInterrupted}, res.ExitCode) {
		return ""
	}
	return " (exit " + strconv.Itoa(res.ExitCode) + ")"
}
