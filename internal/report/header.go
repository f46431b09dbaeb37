package report

import (
	"strconv"
	"strings"

	"slipway/internal/ci"
	"slipway/internal/deploy"
)

// headerLines are what is known before anything is done: what goes where, from which commit, by whom.
func headerLines(h deploy.Header, run ci.Run) []string {
	first := []string{strings.TrimSpace("Slipway " + h.Version), target(h)}
	switch {
	case h.Reconcile:
		return append(wrap(strings.Join(append(first, "clean-up after "+h.Command+" "+runText(h, run)), "  "), 0), wrap(hostsText(h), 0)...)
	case h.Command == "rollback" && h.Release != "":
		first = append(first, "roll back to "+string(h.Release))
	case h.Command == "join" && h.Release != "":
		first = append(first, "join "+string(h.Release))
	case h.Release != "":
		first = append(first, "release "+string(h.Release))
	}
	var second []string
	if h.ArtifactSize > 0 {
		second = append(second, deploy.Size(h.ArtifactSize)+" sha256:"+h.ArtifactSHA.Short()+"..")
	}
	if h.Revision != "" {
		commit := "commit " + shortRevision(h.Revision)
		if h.Actor != "" {
			commit += " by " + h.Actor
		}
		second = append(second, commit)
	} else if h.Actor != "" {
		second = append(second, "by "+h.Actor)
	}
	if text := runText(h, run); text != "" {
		second = append(second, "run "+text)
	}
	if text := hostsText(h); text != "" {
		second = append(second, text)
	}
	return append(wrap(strings.Join(first, "  "), 0), wrap(strings.Join(second, "  "), 0)...)
}

func hostsText(h deploy.Header) string {
	switch {
	case len(h.Hosts) > fewHosts:
		return plural(len(h.Hosts), "host")
	case len(h.Hosts) > 0:
		return "hosts " + strings.Join(h.Hosts, " ")
	}
	return ""
}

// target is app -> environment.
func target(h deploy.Header) string {
	if h.Environment == "" {
		return h.App
	}
	return h.App + " -> " + h.Environment
}

// where is what people call the place: the environment, or the app where there are none.
func where(h deploy.Header) string {
	if h.Environment == "" {
		return h.App
	}
	return h.Environment
}

// runText is the run and its attempt, as in 412.1. The number is what the CI's pages show; the ID is for machines.
func runText(h deploy.Header, run ci.Run) string {
	number := run.RunNumber
	if number == "" {
		number = h.RunID
	}
	if number == "" || h.Attempt == 0 {
		return number
	}
	return number + "." + strconv.Itoa(h.Attempt)
}

// shortRevision is a commit for people; what is no commit stays as it is.
func shortRevision(revision string) string {
	if short := deploy.ShortRevision(revision); strings.HasPrefix(revision, short) {
		return short
	}
	return cut(revision, 40)
}

// runs says what a release is, by its commit where it has one.
func runs(id deploy.ReleaseID) string {
	if revision := id.Revision(); revision != "" {
		return revision
	}
	return string(id)
}
