package outcome

import (
	"fmt"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

func activated() Row {
	return Row{
		Outcome: deploy.OutcomeActivated, Exits: []int{deploy.ExitDone, deploy.ExitFinish}, Word: "ACTIVATED", Good: true, Icon: "✅",
		Means: "the release is live, verified; with exit 7 on all but a few hosts, or a finish step failed",
		verdict: func(res deploy.Result) string {
			text := fmt.Sprintf(" on %s in %s", activatedHosts(res), layout.WholeSeconds(res.Duration))
			if kept := res.Kept(); kept > 0 {
				text += " (" + layout.Plural(kept, "host-step") + " kept)"
			}
			switch behind := res.LeftBehind(); {
			case len(behind) > 0:
				text += ", left behind: " + layout.Named(behind, " ") + exit(res)
			case res.Failed != "":
				text += ", but FAILED in " + string(res.Failed) + exit(res)
			}
			return text
		},
		heading: func(res deploy.Result, whatFailed func() string) string {
			live := place(res) + " runs " + layout.RunsOf(res.Header)
			switch behind := res.LeftBehind(); {
			case len(behind) > 0:
				return fmt.Sprintf("%s on %s; left behind: %s", live, activatedHosts(res), layout.Named(behind, " "))
			case res.Failed != "":
				return fmt.Sprintf("%s on %s, but %s", live, activatedHosts(res), whatFailed())
			case res.Command == "rollback":
				live = place(res) + " is back on " + layout.RunsOf(res.Header)
			}
			return fmt.Sprintf("%s: %s, %s", live, activatedHosts(res), layout.ProseWholeSeconds(res.Duration))
		},
		state:  liveOn,
		remark: wentWell,
	}
}

func unchanged() Row {
	return Row{
		Outcome: deploy.OutcomeUnchanged, Exits: []int{deploy.ExitDone}, Word: "UNCHANGED", Good: true, Icon: "✅",
		Means: "every host ran the release already, and was only verified",
		verdict: func(res deploy.Result) string {
			return fmt.Sprintf(": %s verified on %s", layout.Plural(len(res.Hosts), "host")+layout.Limited(res.Header), layout.RunsOf(res.Header))
		},
		heading: func(res deploy.Result, _ func() string) string {
			return fmt.Sprintf("%s runs %s already: %s verified", place(res), layout.RunsOf(res.Header), layout.Plural(len(res.Hosts), "host")+layout.Limited(res.Header))
		},
		state:  liveOn,
		remark: wentWell,
	}
}

func failed() Row {
	return Row{
		Outcome: deploy.OutcomeFailed, Exits: []int{deploy.ExitFailed, deploy.ExitBadInput, deploy.ExitLocked, deploy.ExitMigrate},
		Word: "FAILED", Icon: "❌",
		Means:   "the live code was not touched; with exit 8 migrate began, and the database may have changed",
		verdict: func(res deploy.Result) string { return in(res) + exit(res) + ". " + Live(res) },
		heading: func(res deploy.Result, whatFailed func() string) string {
			text := fmt.Sprintf("Not deployed: %s. %s", whatFailed(), stillRuns(res))
			if res.ExitCode == deploy.ExitMigrate {
				text += ", but migrate began"
			}
			return text
		},
		state: Live,
	}
}

func unwound() Row {
	return Row{
		Outcome: deploy.OutcomeUnwound, Exits: []int{deploy.ExitUnwound}, Word: "UNWOUND", Icon: "↩️",
		Means: "the release failed after the switch, and every host that was switched is back on what it ran before",
		verdict: func(res deploy.Result) string {
			back := len(res.HostsWith(deploy.HostUnwound))
			text := fmt.Sprintf(" on %d of %d switched hosts%s", back, back+len(res.HostsWith(deploy.HostFailed)), exit(res))
			if also := undone(res); also != "" {
				text += "." + also
			}
			return text
		},
		heading: func(res deploy.Result, whatFailed func() string) string {
			if res.Previous() == "" && res.AnotherTools() != "" {
				return fmt.Sprintf("Unwound: %s. %s runs what another tool deployed, as before", whatFailed(), place(res))
			}
			if res.Previous() == "" {
				return fmt.Sprintf("Unwound: %s. %s runs no release, as before", whatFailed(), place(res))
			}
			return fmt.Sprintf("Unwound: %s. %s runs %s", whatFailed(), place(res), layout.Runs(res.Previous()))
		},
		state: func(res deploy.Result) string { return hostsNow(res) + "." + undone(res) },
	}
}

func person() Row {
	return Row{
		Outcome: deploy.OutcomePerson, Exits: []int{deploy.ExitPerson}, Word: "A PERSON IS NEEDED", Icon: "🚨",
		Means:   "a host could not be brought back, or nobody saw how a step ended: log in now",
		verdict: func(res deploy.Result) string { return exit(res) + ": " + hostsNow(res) },
		heading: func(_ deploy.Result, whatFailed func() string) string { return "A person is needed: " + whatFailed() },
		state:   func(res deploy.Result) string { return hostsNow(res) + "." },
	}
}

func superseded() Row {
	return Row{
		Outcome: deploy.OutcomeSuperseded, Exits: []int{deploy.ExitSuperseded, deploy.ExitDone}, Word: "SUPERSEDED", Icon: "⏭️",
		Means:   "a newer run's release is live, and nothing was touched; exit 0 with `if_superseded: pass`",
		verdict: func(res deploy.Result) string { return exit(res) + ". " + Live(res) },
		heading: func(res deploy.Result, _ func() string) string { return "Superseded by a newer run. " + stillRuns(res) },
		state:   Live,
	}
}

func cancelled() Row {
	return Row{
		Outcome: deploy.OutcomeCancelled, Exits: []int{deploy.ExitInterrupted}, Word: "CANCELLED", Icon: "⏹️",
		Means:   "a person or the CI ended the run; what is half done is brought back by the post step or the next command",
		verdict: func(res deploy.Result) string { return in(res) + ". " + Live(res) },
		heading: func(res deploy.Result, _ func() string) string {
			return fmt.Sprintf("Cancelled%s. %s", in(res), stillRuns(res))
		},
		state: Live,
		remark: func(res deploy.Result) (level deploy.Level, title, text string) {
			return deploy.LevelWarning, "Cancelled" + in(res), Live(res)
		},
	}
}

func reconciled() Row {
	return Row{
		Outcome: deploy.OutcomeReconciled, Exits: []int{deploy.ExitDone}, Word: "RECONCILED", Good: true, Icon: "🧹",
		Means: "of the post step alone: nothing is half done any more",
		verdict: func(res deploy.Result) string {
			return fmt.Sprintf(" in %s: brought back %d of %s. ", layout.WholeSeconds(res.Duration),
				len(res.HostsWith(deploy.HostUnwound)), layout.Plural(len(res.Hosts), "host")) + RunNow(res.Hosts)
		},
		heading: func(res deploy.Result, _ func() string) string {
			back := layout.CountedHosts(len(res.HostsWith(deploy.HostUnwound)), len(res.Hosts))
			took := layout.ProseWholeSeconds(res.Duration)
			return fmt.Sprintf("Reconciled: %s brought back, %s. %s runs %s", back, took, place(res), layout.Runs(res.Previous()))
		},
		state: func(res deploy.Result) string { return RunNow(res.Hosts) },
	}
}

func prepared() Row {
	return Row{
		Outcome: deploy.OutcomePrepared, Exits: []int{deploy.ExitDone}, Word: "PREPARED", Good: true, Icon: "📦",
		Means: "of a `shard`: its hosts have the release, and run what they ran before",
		verdict: func(res deploy.Result) string {
			text := fmt.Sprintf(" on %s in %s", preparedHosts(res), layout.WholeSeconds(res.Duration))
			if kept := res.Kept(); kept > 0 {
				text += " (" + layout.Plural(kept, "host-step") + " kept)"
			}
			return text
		},
		heading: func(res deploy.Result, _ func() string) string {
			return fmt.Sprintf("%s is prepared for %s: %s, %s", place(res), layout.RunsOf(res.Header), preparedHosts(res), layout.ProseWholeSeconds(res.Duration))
		},
		state: Live,
		remark: func(res deploy.Result) (level deploy.Level, title, text string) {
			return deploy.LevelNotice, "", fmt.Sprintf("%s is prepared on %s, and nothing is switched (release %s, %s)", layout.RunsOf(res.Header),
				preparedHosts(res), res.Release, layout.WholeSeconds(res.Duration))
		},
	}
}

// preparedHosts counts the hosts that a shard prepared, of all that get the release.
func preparedHosts(res deploy.Result) string {
	count := len(res.Hosts) - len(res.HostsWith(deploy.HostSkipped))
	return layout.CountedHosts(count, len(res.Hosts)+len(res.Others)) + layout.Limited(res.Header)
}

func done() Row {
	return Row{
		Outcome: deploy.OutcomeDone, Exits: []int{deploy.ExitDone}, Word: "DONE", Good: true, Icon: "✅",
		Means: "of `prune` and `exec`: done on every host",
		verdict: func(res deploy.Result) string {
			return fmt.Sprintf(": %s on %s in %s", res.Command, hostsOf(res), layout.WholeSeconds(res.Duration))
		},
		heading: func(res deploy.Result, _ func() string) string {
			return fmt.Sprintf("%s: %s on %s, %s", place(res), res.Command, hostsOf(res), layout.ProseWholeSeconds(res.Duration))
		},
		state: func(res deploy.Result) string { return RunNow(res.Hosts) },
	}
}

// notDone is a command that activates nothing and did not come to its end. Its outcome is failed to whoever reads the outputs.
func notDone() Row {
	return Row{
		Word: "NOT DONE", Icon: "❌",
		verdict: func(res deploy.Result) string { return in(res) + exit(res) + ". " + changedNothing(res) },
		heading: func(res deploy.Result, whatFailed func() string) string {
			return fmt.Sprintf("%s of %s failed: %s", res.Command, place(res), whatFailed())
		},
		state: changedNothing,
	}
}

// changedNothing says whether a command that activates nothing did anything at all.
func changedNothing(res deploy.Result) string {
	if res.Failed == deploy.Preflight {
		return "Nothing was done on any host."
	}
	if res.Failed == deploy.Exec {
		var failed []string // also hosts without releases
		for _, err := range res.Failures() {
			failed = append(failed, err.Host)
		}
		return fmt.Sprintf("It failed on %s of %s.", layout.Named(failed, " "), hostsOf(res))
	}
	return "What is live is what it was."
}

// hostsOf counts the hosts of a command, those without releases too.
func hostsOf(res deploy.Result) string { return layout.Plural(len(res.Header.Hosts), "host") }

// nothingToReconcile is a run that found nothing half done.
func nothingToReconcile() Row {
	row := reconciled()
	row.Word = "NOTHING TO RECONCILE"
	row.verdict = func(res deploy.Result) string { return ": " + RunNow(res.Hosts) }
	row.heading = func(res deploy.Result, _ func() string) string { return "Nothing to reconcile. " + RunNow(res.Hosts) }
	return row
}

// notReconciled is a post step that failed or was cancelled. Its outcome is failed or cancelled to whoever reads the outputs.
func notReconciled() Row {
	return Row{
		Word: "NOT RECONCILED", Icon: "⚠️",
		verdict: func(res deploy.Result) string { return exit(res) + ": hosts may be half switched." },
		heading: func(res deploy.Result, whatFailed func() string) string {
			return fmt.Sprintf("Not reconciled: %s. Hosts of %s may be half switched", whatFailed(), place(res))
		},
		state: func(deploy.Result) string { return "Hosts may be half switched." },
	}
}
