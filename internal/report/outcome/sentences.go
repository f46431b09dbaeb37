package outcome

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/failure"
	"github.com/slipway/slipway/internal/report/layout"
)

func place(res deploy.Result) string { return layout.Where(res.Header) }

// activatedHosts counts the hosts that run the release, of all that the environment has.
func activatedHosts(res deploy.Result) string {
	text := layout.CountedHosts(len(res.HostsWith(deploy.HostActivated)), len(res.Hosts)+len(res.LeftOut))
	if len(res.LeftOut) > 0 {
		text += " (limit)"
	}
	return text
}

func in(res deploy.Result) string {
	if res.Failed == "" {
		return ""
	}
	return " in " + string(res.Failed)
}

func liveOn(res deploy.Result) string { return "The release is live on " + activatedHosts(res) + "." }

// wentWell is the remark on a good run.
func wentWell(res deploy.Result) (level deploy.Level, title, text string) {
	on := layout.Plural(len(res.Hosts), "host")
	if len(res.LeftOut) > 0 {
		on = activatedHosts(res)
	}
	return deploy.LevelNotice, "", fmt.Sprintf("%s runs %s on %s (release %s, %s)", place(res), layout.RunsOf(res.Header),
		on, res.Release, layout.WholeSeconds(res.Duration))
}

// stillRuns says what a place runs that was not deployed to.
func stillRuns(res deploy.Result) string {
	if len(res.HostsWith(deploy.HostSwitched)) > 0 {
		return "In " + place(res) + " " + eachHost(res)
	}
	switch {
	case res.Previous() != "":
		return place(res) + " still runs " + layout.Runs(res.Previous())
	case res.Unasked():
		return "Nothing was changed in " + place(res)
	case res.AnotherTools() != "":
		return place(res) + " still runs what another tool deployed"
	}
	return place(res) + " runs no release yet"
}

// eachHost says of every host whether it runs the release, may run it, or does not: "web1 runs 1a2b3c4, web2 and web3 may run it
// unverified, web4 still runs 77aa001".
func eachHost(res deploy.Result) string {
	var parts []string
	add := func(hosts []string, one, many string) {
		switch {
		case len(hosts) == 0:
		case len(hosts) == 1:
			parts = append(parts, hosts[0]+" "+one)
		default:
			parts = append(parts, layout.Names(hosts, ", ")+" "+many)
		}
	}
	now := layout.RunsOf(res.Header)
	add(res.HostsWith(deploy.HostActivated), "runs "+now, "run "+now)
	add(res.HostsWith(deploy.HostSwitched), "may run "+now+", not verified", "may run "+now+", not verified")
	add(res.HostsWith(deploy.HostFailed), "failed", "failed")
	var others []deploy.HostResult
	for _, h := range res.Hosts {
		if h.Outcome == deploy.HostUnchanged || h.Outcome == deploy.HostSkipped || h.Outcome == deploy.HostUnwound {
			others = append(others, h)
		}
	}
	for _, group := range byRelease(others) {
		add(group.hosts, "still runs "+group.what(), "still run "+group.what())
	}
	return strings.Join(parts, "; ")
}

// whatFailed is the first failure, and how many there are more.
func whatFailed(res deploy.Result, failures []failure.Failure) string {
	list := failure.Merged(failures)
	if len(list) == 0 {
		return strings.TrimSpace(res.Step + " failed" + in(res))
	}
	if res.Outcome == deploy.OutcomePerson { // what could not be brought back, not why it had to be
		slices.Reverse(list)
	}
	first := list[0]
	text := first.Title()
	if res.Outcome == deploy.OutcomeUnwound && len(first.Hosts) > 0 {
		text = layout.Named(first.Hosts, ", ") + " failed " + first.Short()
	}
	if more := len(list) - 1; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Live says what the hosts run after a deployment that did not change them, or not all of them.
func Live(res deploy.Result) string {
	start := "Nothing changed"
	if res.ExitCode == deploy.ExitMigrate || res.Failed == deploy.Migrate { // cancelled while it ran
		start = "Code not switched"
	}
	if slices.ContainsFunc(res.Hosts, func(h deploy.HostResult) bool {
		return h.Outcome != deploy.HostUnchanged && h.Outcome != deploy.HostSkipped
	}) {
		return hostsNow(res) + "." + undone(res)
	}
	var parts []string
	for _, group := range byRelease(res.Hosts) {
		verb := "still run "
		if len(group.hosts) == 1 {
			verb = "still runs "
		}
		switch {
		case group.unasked:
			parts = append(parts, layout.Named(group.hosts, " ")+" could not be asked")
		case group.release == "" && group.foreign == "" && len(group.hosts) == len(res.Hosts):
			parts = append(parts, "no host runs a release of Slipway's yet")
		case group.release == "" && group.foreign == "":
			parts = append(parts, layout.Names(group.hosts, " ")+" without a release of Slipway's, as before")
		default:
			parts = append(parts, layout.Names(group.hosts, " ")+" "+verb+group.what())
		}
	}
	return deploy.Joined(": ", start, strings.Join(parts, "; ")) + "." + undone(res)
}

// undone says what of migrate was taken back after the failure; "" where nothing was.
func undone(res deploy.Result) string {
	names := res.Undone()
	if len(names) == 0 {
		return ""
	}
	return " Undone: " + strings.Join(names, ", ") + "."
}

// RunNow says which hosts run what.
func RunNow(hosts []deploy.HostResult) string {
	var parts []string
	for _, group := range byRelease(hosts) {
		verb := " run "
		if len(group.hosts) == 1 {
			verb = " runs "
		}
		parts = append(parts, layout.Names(group.hosts, " ")+verb+group.what())
	}
	return strings.Join(parts, "; ") + "."
}

// hostsNow says what became of the hosts, the worst first.
func hostsNow(res deploy.Result) string {
	words := []struct {
		outcome deploy.HostOutcome
		list    func([]string, string) string
		text    string
	}{
		{deploy.HostFailed, layout.Named, "failed"},
		{deploy.HostSwitched, layout.Named, "switched or about to be, not verified"},
		{deploy.HostUnwound, layout.Names, "brought back"},
		{deploy.HostActivated, layout.Names, "activated"},
		{deploy.HostUnchanged, layout.Names, "unchanged"},
		{deploy.HostSkipped, layout.Named, "left behind"},
	}
	var parts []string
	for _, w := range words {
		if hosts := res.HostsWith(w.outcome); len(hosts) > 0 {
			parts = append(parts, w.list(hosts, ", ")+" "+w.text)
		}
	}
	return strings.Join(parts, "; ")
}

// releaseGroup are hosts that run the same.
type releaseGroup struct {
	release deploy.ReleaseID
	foreign string // another tool's release, where there is none of Slipway's
	unasked bool
	hosts   []string
}

// what is what they run.
func (g releaseGroup) what() string {
	switch {
	case g.unasked:
		return "what is not known"
	case g.release != "":
		return string(g.release)
	case g.foreign != "":
		return "another tool's " + g.foreign
	}
	return "no release of Slipway's"
}

func (g releaseGroup) takes(h deploy.HostResult) bool {
	return g.release == h.Now && g.unasked == h.Unreachable && g.foreign == foreign(h)
}

// foreign is another tool's release that a host runs now.
func foreign(h deploy.HostResult) string {
	if h.Now != "" {
		return ""
	}
	return h.Foreign
}

// byRelease groups hosts by what they run now, in order.
func byRelease(hosts []deploy.HostResult) []releaseGroup {
	var groups []releaseGroup
	for _, h := range hosts {
		i := slices.IndexFunc(groups, func(g releaseGroup) bool { return g.takes(h) })
		if i < 0 {
			groups = append(groups, releaseGroup{release: h.Now, foreign: foreign(h), unasked: h.Unreachable})
			i = len(groups) - 1
		}
		groups[i].hosts = append(groups[i].hosts, h.Host)
	}
	return groups
}
