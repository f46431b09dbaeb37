package report

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/deploy"
)

// finished closes the log: what was left out, warnings, annotations, and the block that people came to read, last.
func (r *Reporter) finished(res deploy.Result) {
	r.work.steps = nil
	r.flushFleet()
	r.stream.flush()
	failures := r.failures(res)
	if skipped := skippedPhases(res); len(skipped) > 0 {
		r.say(pad("skipped", textColumn) + strings.Join(skipped, ", "))
	}
	for _, text := range res.Warnings {
		r.note(deploy.Noted{Level: deploy.LevelWarning, Text: text})
	}
	r.options.Log.Annotate(r.annotations(res, failures)...)
	if len(failures) > 0 && res.Outcome != deploy.OutcomeUnwound {
		r.say("")
	}
	r.say(verdict(res)...)
	r.failureBlock(res, failures)
	r.failed = errors.Join(r.failed, r.writeFiles(res, failures))
}

// maxBlocks is how many different failures the log's last block shows; the summary has more.
const maxBlocks = 8

// failureBlock is what people need at 3 a.m.: what the hosts said, which command it was, and what to do.
func (r *Reporter) failureBlock(res deploy.Result, failures []failure) {
	r.stream.suspend()
	shown := failures[:min(len(failures), maxBlocks)]
	hints := distinct(shown, func(f failure) []string { return f.hints })
	apart := len(shown) > 1 && len(hints) > 1 // which hint is for which failure must be seen
	head := ""
	for _, f := range shown {
		lines := f.block(len(shown) > 1, r.hostWidth)
		if lines[0] == head {
			lines = lines[1:]
		} else if strings.HasPrefix(lines[0], "---") {
			head = lines[0]
		}
		if apart {
			for _, hint := range f.hints {
				lines = append(lines, labelled("hint", hint)...)
			}
		}
		for _, line := range lines {
			r.sink.tail(r.safe(line))
		}
	}
	if more := len(failures) - len(shown); more > 0 {
		r.say(fmt.Sprintf("    and %s more", plural(more, "failure")))
	}
	for _, ran := range migrateLines(res) {
		r.say(ran...)
	}
	for _, command := range distinct(shown, func(f failure) []string { return []string{f.command} }) {
		r.say(labelled("command", command)...)
	}
	if !apart {
		for _, hint := range hints {
			r.say(labelled("hint", hint)...)
		}
	}
	if res.Next != "" {
		r.say(labelled("next", res.Next)...)
	}
}

// distinct are the texts that failures have, each once, empty ones left out, at most four.
func distinct(failures []failure, of func(failure) []string) []string {
	var texts []string
	for _, f := range failures {
		for _, text := range of(f) {
			if text != "" && !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	return texts[:min(len(texts), 4)]
}

// migrateLines say plainly which migrate steps ran, when one of them failed.
func migrateLines(res deploy.Result) [][]string {
	if res.Failed != deploy.Migrate {
		return nil
	}
	var parts []string
	for _, s := range res.Steps {
		if s.Phase != deploy.Migrate {
			continue
		}
		if len(failing(s.Spans)) > 0 {
			failed := s.Step + " (failed"
			for _, span := range s.Spans {
				if span.Note != "" {
					failed += "; " + span.Note
				}
			}
			parts = append(parts, failed+")")
		} else {
			parts = append(parts, s.Step)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return [][]string{labelled("ran", strings.Join(parts, ", "))}
}

// skippedPhases are the phases that did not start because an earlier one failed.
func skippedPhases(res deploy.Result) []string {
	if res.Reconcile || res.Failed == "" || res.Outcome == deploy.OutcomeActivated || res.Failed == deploy.Activate || res.Failed == deploy.Unwind || res.Failed == deploy.Finish {
		return nil
	}
	var skipped []string
	for _, phase := range []deploy.Phase{deploy.Prepare, deploy.Migrate, deploy.Activate} {
		if !slices.ContainsFunc(res.Phases, func(p deploy.PhaseResult) bool { return p.Phase == phase }) {
			skipped = append(skipped, string(phase))
		}
	}
	return skipped
}

// verdict is the line that says how it ended.
func verdict(res deploy.Result) []string {
	exit := ""
	if !slices.Contains([]int{deploy.ExitDone, deploy.ExitFailed, deploy.ExitInterrupted}, res.ExitCode) {
		exit = " (exit " + strconv.Itoa(res.ExitCode) + ")"
	}
	activated := len(res.HostsWith(deploy.HostActivated))
	var text string
	switch res.Outcome {
	case deploy.OutcomeActivated:
		text = fmt.Sprintf("ACTIVATED on %s in %s", countedHosts(activated, taking(res)), wholeSeconds(res.Duration))
		if kept := keptCount(res); kept > 0 {
			text += " (" + plural(kept, "host-step") + " kept)"
		}
		switch behind := leftBehind(res); {
		case len(behind) > 0:
			text += ", left behind: " + named(behind, " ") + exit
		case res.Failed != "":
			text += ", but FAILED in " + string(res.Failed) + exit
		}
	case deploy.OutcomeUnchanged:
		text = fmt.Sprintf("UNCHANGED: %s verified on %s", plural(taking(res), "host"), runs(res.Release))
	case deploy.OutcomeUnwound:
		back := len(res.HostsWith(deploy.HostUnwound))
		text = fmt.Sprintf("ROLLED BACK on %d of %d switched hosts%s", back, back+len(res.HostsWith(deploy.HostFailed)), exit)
	case deploy.OutcomePerson:
		text = "A PERSON IS NEEDED" + exit + ": " + hostsNow(res)
	case deploy.OutcomeSuperseded:
		text = "SUPERSEDED" + exit + ". " + live(res)
	case deploy.OutcomeReconciled:
		text = mended(res)
	case deploy.OutcomeCancelled:
		text = "CANCELLED" + in(res) + ". " + live(res)
	case deploy.OutcomeFailed:
		text = "FAILED" + in(res) + exit + ". " + live(res)
	}
	if res.Reconcile && (res.Outcome == deploy.OutcomeFailed || res.Outcome == deploy.OutcomeCancelled) {
		text = "NOT CLEANED UP" + exit + ": hosts may be half switched."
	}
	return wrap(text, 0)
}

// mended says what a clean-up brought back, or that there was nothing to do.
func mended(res deploy.Result) string {
	var back []deploy.HostResult
	for _, h := range res.Hosts {
		if h.Outcome == deploy.HostUnwound {
			back = append(back, h)
		}
	}
	if len(back) == 0 {
		return "NOTHING TO CLEAN UP: " + runNow(res.Hosts)
	}
	return fmt.Sprintf("CLEANED UP in %s: brought back %d of %s. ", wholeSeconds(res.Duration), len(back), plural(len(res.Hosts), "host")) + runNow(res.Hosts)
}

// runNow says which hosts run what.
func runNow(hosts []deploy.HostResult) string {
	var parts []string
	for _, group := range byRelease(hosts) {
		verb, what := "run", string(group.release)
		if len(group.hosts) == 1 {
			verb = "runs"
		}
		if what == "" {
			what = "no release of Slipway's"
		}
		who := names(group.hosts, " ")
		if len(group.hosts) > fewHosts {
			who = plural(len(group.hosts), "host")
		}
		parts = append(parts, who+" "+verb+" "+what)
	}
	return strings.Join(parts, "; ") + "."
}

func in(res deploy.Result) string {
	if res.Failed == "" {
		return ""
	}
	return " in " + string(res.Failed)
}

// taking is how many hosts took part.
func taking(res deploy.Result) int { return len(res.Hosts) }

// leftBehind are the hosts that a deployment went on without, and that do not run its release.
func leftBehind(res deploy.Result) []string {
	if res.Outcome != deploy.OutcomeActivated || res.Failed == "" || res.Failed == deploy.Finish {
		return nil
	}
	var behind []string
	for _, h := range res.Hosts {
		if h.Outcome != deploy.HostActivated {
			behind = append(behind, h.Host)
		}
	}
	return behind
}

func counted(n, of int) string { return fmt.Sprintf("%d of %d", n, of) }

func countedHosts(n, of int) string { return fmt.Sprintf("%d of %s", n, plural(of, "host")) }

// live says what the hosts run after a deployment that did not change them, or not all of them.
func live(res deploy.Result) string {
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
			parts = append(parts, named(group.hosts, " ")+" could not be asked")
		case group.release == "" && len(group.hosts) == len(res.Hosts):
			parts = append(parts, "no host runs a release of Slipway's yet")
		case group.release == "":
			parts = append(parts, names(group.hosts, " ")+" without a release of Slipway's, as before")
		default:
			parts = append(parts, names(group.hosts, " ")+" "+verb+string(group.release))
		}
	}
	if len(parts) == 0 {
		return strings.TrimSuffix(start, ": ") + "."
	}
	return start + strings.Join(parts, "; ") + "."
}

// hostsNow says what became of the hosts, the worst first.
func hostsNow(res deploy.Result) string {
	words := []struct {
		outcome deploy.HostOutcome
		list    func([]string, string) string
		text    string
	}{
		{deploy.HostFailed, named, "failed"},
		{deploy.HostSwitched, named, "switched or about to be, not verified"},
		{deploy.HostUnwound, names, "brought back"},
		{deploy.HostActivated, names, "activated"},
		{deploy.HostUnchanged, names, "unchanged"},
		{deploy.HostSkipped, named, "left behind"},
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
