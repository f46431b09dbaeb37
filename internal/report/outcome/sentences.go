package outcome

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/report/failure"
	"slipway/internal/report/layout"
)

func place(res deploy.Result) string { return layout.Where(res.Header) }

// activatedHosts counts the hosts that run the release.
func activatedHosts(res deploy.Result) string {
	return layout.CountedHosts(len(res.HostsWith(deploy.HostActivated)), len(res.Hosts))
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
	return deploy.LevelNotice, "", fmt.Sprintf("%s runs %s on %s (release %s, %s)", place(res), layout.Runs(res.Release),
		layout.Plural(len(res.Hosts), "host"), res.Release, layout.WholeSeconds(res.Duration))
}

// stillRuns says what a place runs that was not deployed to.
func stillRuns(res deploy.Result) string {
	if switched := len(res.HostsWith(deploy.HostSwitched)); switched > 0 {
		return fmt.Sprintf("%s may run %s on %s, not verified", place(res), layout.Runs(res.Release), layout.CountedHosts(switched, len(res.Hosts)))
	}
	switch {
	case res.Previous() != "":
		return place(res) + " still runs " + layout.Runs(res.Previous())
	case res.Unasked():
		return "Nothing was changed in " + place(res)
	}
	return place(res) + " runs no release yet"
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
	start := "Nothing changed: "
	if res.ExitCode == deploy.ExitMigrate || res.Failed == deploy.Migrate { // cancelled while it ran
		start = "Code not switched: "
	}
	if slices.ContainsFunc(res.Hosts, func(h deploy.HostResult) bool {
		return h.Outcome != deploy.HostUnchanged && h.Outcome != deploy.HostSkipped
	}) {
		return hostsNow(res)
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
		case group.release == "" && len(group.hosts) == len(res.Hosts):
			parts = append(parts, "no host runs a release of Slipway's yet")
		case group.release == "":
			parts = append(parts, layout.Names(group.hosts, " ")+" without a release of Slipway's, as before")
		default:
			parts = append(parts, layout.Names(group.hosts, " ")+" "+verb+string(group.release))
		}
	}
	if len(parts) == 0 {
		return strings.TrimSuffix(start, ": ") + "."
	}
	return start + strings.Join(parts, "; ") + "."
}

// RunNow says which hosts run what.
func RunNow(hosts []deploy.HostResult) string {
	var parts []string
	for _, group := range byRelease(hosts) {
		verb, what := "run", string(group.release)
		if len(group.hosts) == 1 {
			verb = "runs"
		}
		if what == "" {
			what = "no release of Slipway's"
		}
		who := layout.Names(group.hosts, " ")
		parts = append(parts, who+" "+verb+" "+what)
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

type releaseGroup struct {
	release deploy.ReleaseID
	unasked bool
	hosts   []string
}

// byRelease groups hosts by what they run now, in order.
func byRelease(hosts []deploy.HostResult) []releaseGroup {
	var groups []releaseGroup
	for _, h := range hosts {
		i := slices.IndexFunc(groups, func(g releaseGroup) bool { return g.release == h.Now && g.unasked == h.Unreachable })
		if i < 0 {
			groups = append(groups, releaseGroup{release: h.Now, unasked: h.Unreachable})
			i = len(groups) - 1
		}
		groups[i].hosts = append(groups[i].hosts, h.Host)
	}
	return groups
}
