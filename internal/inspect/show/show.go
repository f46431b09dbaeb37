// Package show writes the answers of inspect for people and for programs: lines of a terminal or a log, the summary and the annotations of
// a CI's job, and JSON. Its texts are safe by then (sanitize.Value); what it adds is that none of them is Markdown.
package show

import (
	"fmt"
	"path"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/report/layout"
)

// table aligns rows under a head, columns two spaces apart.
func table(head []string, rows [][]string) []string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		_, _ = fmt.Fprintln(w, strings.Join(row, "\t")) // a Builder takes everything
	}
	_ = w.Flush()
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// none stands in a cell for what there is not.
const none = "-"

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

// age is how long before the question something was: "2h". A clock that is off makes none below zero.
func age(head inspect.Head, at time.Time) string {
	if at.IsZero() {
		return none
	}
	return lock.Age(max(0, head.Asked.Sub(at)))
}

// run is the number of a run, as its page's address ends with it; the address itself where it ends with none.
func run(url string) string {
	if number := path.Base(url); number != "" && strings.Trim(number, "0123456789") == "" {
		return number
	}
	return orNone(url)
}

// mostName is how many columns a person's name takes.
const mostName = 20

func name(actor string) string { return orNone(layout.Cut(actor, mostName)) }

func revision(text string) string { return orNone(layout.ShortRevision(text)) }

// where is what people call the place.
func where(head inspect.Head) string {
	return layout.Where(deploy.Header{App: head.App, Environment: head.Environment})
}
