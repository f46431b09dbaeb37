package layout

import (
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Seconds is a duration for people: 0.8s, 14.2s, 1m05s, 1h02m.
func Seconds(d time.Duration) string { return seconds(d, inColumns) }

// ProseSeconds is Seconds as a sentence has it: 0.8 s.
func ProseSeconds(d time.Duration) string { return seconds(d, inProse) }

// How a number of seconds is written: as in 21s, or as in 21 s.
const (
	inColumns = "s"
	inProse   = " s"
)

func seconds(d time.Duration, unit string) string {
	switch {
	case d < time.Minute-50*time.Millisecond:
		return fmt.Sprintf("%.1f%s", d.Seconds(), unit)
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// WholeSeconds is Seconds without tenths from ten seconds on.
func WholeSeconds(d time.Duration) string { return wholeSeconds(d, inColumns) }

// ProseWholeSeconds is WholeSeconds as a sentence has it: 21 s.
func ProseWholeSeconds(d time.Duration) string { return wholeSeconds(d, inProse) }

func wholeSeconds(d time.Duration, unit string) string {
	if d >= 10*time.Second && d < time.Minute {
		if d = d.Round(time.Second); d < time.Minute {
			return fmt.Sprintf("%d%s", int(d.Seconds()), unit)
		}
	}
	return seconds(d, unit)
}

// Elapsed is a duration that runs while people watch: whole seconds only.
func Elapsed(d time.Duration) string {
	if d = d.Truncate(time.Second); d < time.Minute {
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	return Seconds(d)
}

// Rate is how fast bytes go.
func Rate(perSecond float64) string { return deploy.Size(int64(perSecond)) + "/s" }

// Left is how long something goes on: "38s left"; "" where nobody can tell.
func Left(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return Elapsed(d+time.Second-1) + " left"
}

// Names lists a few hosts, or counts many.
func Names(hosts []string, separator string) string {
	if len(hosts) > FewHosts {
		return Plural(len(hosts), "host")
	}
	return strings.Join(hosts, separator)
}

// Named lists hosts that a person looks for: of many the first ones, and how many more there are.
func Named(hosts []string, separator string) string {
	return deploy.List(hosts, separator, FewHosts)
}

// Plural counts: "1 host", "3 hosts".
func Plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// Counted is "2 of 3".
func Counted(n, of int) string { return fmt.Sprintf("%d of %d", n, of) }

// CountedHosts is "2 of 3 hosts".
func CountedHosts(n, of int) string { return fmt.Sprintf("%d of %s", n, Plural(of, "host")) }

// Limited says that a deployment is for some hosts of an environment alone: " (limit: 2 of 3)", or that a job is: " (shard 2/5)"; or nothing.
func Limited(h deploy.Header) string {
	if h.Shard.IsPart() {
		return " (shard " + h.Shard.String() + ")"
	}
	if len(h.LeftOut) == 0 {
		return ""
	}
	return " (limit: " + Counted(len(h.Hosts), len(h.Hosts)+len(h.LeftOut)) + ")"
}
