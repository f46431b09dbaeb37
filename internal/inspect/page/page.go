// Package page shows histories as one page of HTML, for a team's deploy page: what runs where, what was deployed, and the four
// figures of DORA.
//
// The page needs nothing but itself: no script, no font, no picture from elsewhere. What hosts say is foreign text: it is
// escaped, cleaned and bounded here.
package page

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/slipway/slipway/internal/inspect"
)

// Environment is what is shown of one environment.
type Environment struct {
	History inspect.History
	Status  inspect.Status
}

// mostRows is how many deployments are listed on the whole page: with them it stays under 300 KB.
const mostRows = 600

// Write writes the page of an application's environments. commits are the times of commits, by their full names: with them the lead
// time is known.
func Write(w io.Writer, environments []Environment, commits map[string]time.Time) error {
	v := view{}
	rows := mostRows / max(len(environments), 1)
	for _, e := range environments {
		v.App, v.Asked = e.History.App, later(v.Asked, e.History.Asked)
		v.Environments = append(v.Environments, show(e, commits, rows))
	}
	return v.page().Render(w)
}

type view struct {
	App          string
	Asked        time.Time
	Environments []environment
}

// environment is one, as the page shows it.
type environment struct {
	inspect.Status
	Anchor   string
	Verdict  string // of the fleet, in words
	Live     *inspect.Deployment
	Rollback inspect.Rollback
	Since    time.Time // of the oldest record
	Figures  []Figure
	Weeks    chart
	Months   []month
	Older    int // deployments that are not listed
	Unasked  []inspect.Unasked
	Damaged  int
}

type month struct {
	Name    string
	Summary string
	Rows    []row
	Open    bool
}

// row is one deployment of the list.
type row struct {
	inspect.Deployment
	At    time.Time
	Kind  kind
	Word  string
	Where string
	Took  string
	Why   []string
}

func show(e Environment, commits map[string]time.Time, rows int) environment {
	h := e.History
	v := environment{
		Status: e.Status, Anchor: anchor(h.Environment), Verdict: verdict(e.Status), Rollback: h.Rollback, Figures: figures(h, commits),
		Weeks: weeks(h), Unasked: h.Unasked, Older: max(len(h.Deployments)-rows, 0),
	}
	for _, d := range h.Damaged {
		v.Damaged += d.Records
	}
	for i, d := range h.Deployments {
		v.Since = at(d)
		if d.Live && v.Live == nil {
			v.Live = &h.Deployments[i]
		}
	}
	v.Months = months(h.Deployments[:len(h.Deployments)-v.Older])
	return v
}

// at is when a deployment changed what is live, else when it began.
func at(d inspect.Deployment) time.Time {
	switch {
	case !d.LiveAt.IsZero():
		return d.LiveAt
	case !d.UnwoundAt.IsZero():
		return d.UnwoundAt
	}
	return d.Begun
}

func months(list []inspect.Deployment) (all []month) {
	for _, d := range list {
		r := row{Deployment: d, At: at(d), Kind: kindOf(d), Word: word(d), Where: where(d), Why: why(d)}
		if d.Seconds > 0 {
			r.Took = span(time.Duration(d.Seconds * float64(time.Second)))
		}
		name := r.At.UTC().Format("January 2006")
		if len(all) == 0 || all[len(all)-1].Name != name {
			all = append(all, month{Name: name, Open: len(all) == 0})
		}
		last := &all[len(all)-1]
		last.Rows = append(last.Rows, r)
	}
	for i := range all {
		all[i].Summary = tally(all[i].Rows)
	}
	return all
}

// tally counts the rows by kind, in words.
func tally(rows []row) string {
	counts := map[kind]int{}
	for _, r := range rows {
		counts[r.Kind]++
	}
	var parts []string
	for _, k := range []kind{live, back, bad, held} {
		if n := counts[k]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k.plural()))
		}
	}
	return strings.Join(parts, ", ")
}

// verdict is the fleet's state for a reader who knows no words of ours.
func verdict(s inspect.Status) string {
	switch s.State {
	case inspect.StateOK, inspect.StateBalancer:
		return "All hosts run it"
	case inspect.StateNothing:
		return "Nothing was deployed yet"
	case inspect.StateForeign:
		return "Another tool's release is live"
	case inspect.StateDeploying:
		return "A deployment is under way"
	case inspect.StateUnreachable:
		return "Not all hosts answered"
	case inspect.StateDrifted:
		return "Files were changed on a host"
	case inspect.StateSplit:
		return "Hosts run different releases"
	case inspect.StateHalfDone:
		return "A deployment was left half done"
	}
	return clean(s.State)
}

// Good reports whether nobody needs to act.
func (e environment) Good() bool { return !e.State.Bad() && e.State != inspect.StateUnreachable }

// anchor is a name as the target of a link.
func anchor(name string) string {
	return "environment-" + strings.Map(func(r rune) rune {
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '-'
	}, name[:min(len(name), 60)])
}

// mostText is how much of a foreign text is shown, in characters.
const mostText = 200

// clean is foreign text without what could hide or turn round its neighbours.
func clean(foreign any) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, fmt.Sprint(foreign)))
	if len(runes) > mostText {
		runes = append(slices.Clone(runes[:mostText]), '…')
	}
	return string(runes)
}

// link is an address that may be followed, "" where it is none.
func link(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(address) > 1000 {
		return ""
	}
	return address
}

// short is how a commit is called.
func short(revision string) string { return clean(revision[:min(len(revision), 7)]) }

func minute(t time.Time) string { return t.UTC().Format("2 Jan, 15:04") }
func iso(t time.Time) string    { return t.UTC().Format(time.RFC3339) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// span is a length of time in the unit that a person would take.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	case d < 10*24*time.Hour:
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
