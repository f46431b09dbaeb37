package report

import (
	"fmt"
	"strings"
	"time"

	textwidth "golang.org/x/text/width"
)

// The columns of the log, as people know them by heart after a week.
const (
	columns      = 100 // no line of ours is longer
	phaseWidth   = 11  // "preflight  "
	statusWidth  = 6   // "FAIL  "
	textColumn   = phaseWidth + statusWidth
	nameWidth    = 23 // "Collect static files   "
	timeColumn   = 80 // where the time of a whole step ends
	labelWidth   = 9  // "command  "
	maxHostWidth = 24
	fewHosts     = 8 // more are counted, not named
)

// width is how many columns text takes.
func width(text string) int {
	n := 0
	for _, r := range text {
		switch textwidth.LookupRune(r).Kind() {
		case textwidth.EastAsianWide, textwidth.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// pad fills text with spaces up to a column; text that is too long gets two spaces, so that columns never touch.
func pad(text string, column int) string {
	if missing := column - width(text); missing > 0 {
		return text + strings.Repeat(" ", missing)
	}
	return text + "  "
}

// cut shortens text to so many columns.
func cut(text string, most int) string {
	if width(text) <= most {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && width(string(runes)) > most-1 {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// flow puts parts behind lead, two spaces apart, and goes on below the first part where a line is full.
func flow(lead string, parts []string) []string {
	indent := min(width(lead), textColumn+nameWidth)
	lines := []string{lead}
	fresh := true
	for _, part := range parts {
		last := &lines[len(lines)-1]
		gap := "  "
		if fresh {
			gap = ""
		}
		if !fresh && width(*last)+len(gap)+width(part) > columns {
			lines = append(lines, strings.Repeat(" ", indent)+part)
			continue
		}
		*last += gap + part
		fresh = false
	}
	for i := range lines {
		lines[i] = cut(strings.TrimRight(lines[i], " "), columns)
	}
	return lines
}

// wrap breaks text at spaces so that no line is over 100 columns; the lines after the first are indented. A word that is
// longer than a line stays whole, and so does what stands between backticks: they are there to be copied.
func wrap(text string, indent int) []string {
	var lines []string
	for width(text) > columns {
		at := -1
		quoted := false
		for i := range text {
			if at >= 0 && width(text[:i]) > columns {
				break
			}
			if text[i] == '`' {
				quoted = !quoted
			}
			if text[i] == ' ' && !quoted && i > indent && strings.TrimSpace(text[:i]) != "" {
				at = i
			}
		}
		if at < 0 {
			break
		}
		lines = append(lines, strings.TrimRight(text[:at], " "))
		text = strings.Repeat(" ", indent) + strings.TrimLeft(text[at:], " ")
	}
	return append(lines, text)
}

// seconds is a duration for people: 0.8s, 14.2s, 1m05s, 1h02m.
func seconds(d time.Duration) string {
	switch {
	case d < time.Minute-50*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// wholeSeconds is seconds without tenths from ten seconds on.
func wholeSeconds(d time.Duration) string {
	if d >= 10*time.Second && d < time.Minute {
		if d = d.Round(time.Second); d < time.Minute {
			return fmt.Sprintf("%ds", int(d.Seconds()))
		}
	}
	return seconds(d)
}

// clockText is a duration that runs while people watch: whole seconds only.
func clockText(d time.Duration) string {
	if d = d.Truncate(time.Second); d < time.Minute {
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	return seconds(d)
}

// names lists a few hosts, or counts many.
func names(hosts []string, separator string) string {
	if len(hosts) > fewHosts {
		return plural(len(hosts), "host")
	}
	return strings.Join(hosts, separator)
}

// named lists hosts that a person looks for: of many the first ones, and how many more there are.
func named(hosts []string, separator string) string {
	if more := len(hosts) - fewHosts; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(hosts[:fewHosts], separator), more)
	}
	return strings.Join(hosts, separator)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
