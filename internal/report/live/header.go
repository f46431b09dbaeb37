package live

import (
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

// program is the word that begins a log.
const program = "Slipway"

// headerLines are what is known before anything is done: what goes where, from which commit, by whom.
func headerLines(h deploy.Header, run ci.Run) []string {
	first := []string{strings.TrimSpace(program + " " + h.Version), layout.Target(h, "->")}
	switch {
	case h.Reconcile:
		return append(layout.Wrap(strings.Join(append(first, deploy.Joined(" ", "reconciling", h.Command, layout.RunText(h, run))), "  "), 0), layout.Wrap(hostsText(h), 0)...)
	case h.Command == "rollback" && h.Release != "":
		to := "roll back to " + string(h.Release)
		if h.Folder != "" {
			to += ", " + layout.RunsOf(h)
		}
		first = append(first, to)
	case h.Command == "join" && h.Release != "":
		first = append(first, "join "+string(h.Release))
	case h.Upkeep():
		first = append(first, h.Command)
	case h.Release != "":
		first = append(first, "release "+string(h.Release))
	}
	var second []string
	if h.ArtifactSize > 0 {
		second = append(second, deploy.Size(h.ArtifactSize)+" sha256:"+h.ArtifactSHA.Short()+"..")
	}
	if h.Revision != "" {
		commit := "commit " + layout.ShortRevision(h.Revision)
		if h.WorkflowRevision != "" {
			commit += " (workflow " + layout.ShortRevision(h.WorkflowRevision) + ")"
		}
		if h.Actor != "" {
			commit += " by " + h.Actor
		}
		second = append(second, commit)
	} else if h.Actor != "" {
		second = append(second, "by "+h.Actor)
	}
	if text := layout.RunText(h, run); text != "" {
		second = append(second, "run "+text)
	}
	if text := hostsText(h); text != "" {
		second = append(second, text)
	}
	return append(layout.Wrap(strings.Join(first, "  "), 0), layout.Wrap(strings.Join(second, "  "), 0)...)
}

func hostsText(h deploy.Header) string {
	text := ""
	switch {
	case len(h.Hosts) > layout.FewHosts:
		text = layout.Plural(len(h.Hosts), "host")
	case len(h.Hosts) > 0:
		text = "hosts " + strings.Join(h.Hosts, " ")
	}
	return text + layout.Limited(h)
}
