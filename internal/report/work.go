package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// work is what runs at the moment, for the live view and for progress lines.
type work struct {
	now   func() time.Time
	steps []*running
	turns []string          // hosts that were activated, for better or worse
	last  map[string]string // the last line of each host
}

// running is a step that has no verdict yet.
type running struct {
	phase     deploy.Phase
	step      string
	start     time.Time
	hosts     []string // that are not through
	all       int
	transfers map[string]*transfer
}

// transfer is how far bytes to one host are.
type transfer struct {
	start       time.Time
	done, total int64
}

func (t transfer) percent() int {
	if t.total <= 0 {
		return 0
	}
	return int(min(t.done, t.total) * 100 / t.total)
}

// rate is bytes a second since the transfer began.
func (t transfer) rate(now time.Time) float64 {
	took := now.Sub(t.start).Seconds()
	if took <= 0 {
		return 0
	}
	return float64(t.done) / took
}

func (w *work) find(phase deploy.Phase, step string) *running {
	for _, s := range w.steps {
		if s.phase == phase && s.step == step {
			return s
		}
	}
	return nil
}

func (w *work) start(e deploy.StepStarted) *running {
	s := w.find(e.Phase, e.Step)
	if s == nil {
		s = &running{phase: e.Phase, step: e.Step, start: w.now(), transfers: map[string]*transfer{}}
		w.steps = append(w.steps, s)
	}
	for _, host := range e.Hosts {
		if !slices.Contains(s.hosts, host) {
			s.hosts = append(s.hosts, host)
			s.all++
		}
	}
	return s
}

// enter begins a phase. Activate and unwind are one piece of work for each host; what is unwound was activated before.
func (w *work) enter(phase deploy.Phase, hosts []string) {
	w.steps = slices.DeleteFunc(w.steps, func(s *running) bool { return perHost(s.phase) })
	if phase == deploy.Unwind {
		hosts = w.turns
	}
	if perHost(phase) {
		w.start(deploy.StepStarted{Phase: phase, Hosts: hosts})
	}
}

func (w *work) progress(e deploy.Progress) {
	s := w.find(e.Phase, e.Step)
	if s == nil {
		s = w.start(deploy.StepStarted{Phase: e.Phase, Step: e.Step, Hosts: []string{e.Host}})
	}
	t := s.transfers[e.Host]
	if t == nil {
		t = &transfer{start: w.now()}
		s.transfers[e.Host] = t
	}
	t.done, t.total = e.Done, e.Total
}

func (w *work) lastLine(host, text string) {
	if w.last == nil {
		w.last = map[string]string{}
	}
	w.last[host] = text
}

// hostDone takes one host out of a step. Parts of an activation have no verdict of their own: when the last host is
// through with one, it is over.
func (w *work) hostDone(span deploy.Span) {
	s := w.find(span.Phase, span.Step)
	if s == nil {
		return
	}
	s.hosts = slices.DeleteFunc(s.hosts, func(host string) bool { return host == span.Host })
	delete(w.last, span.Host)
	if len(s.hosts) == 0 && perHost(span.Phase) {
		w.stepDone(span.Phase, span.Step)
	}
}

func (w *work) stepDone(phase deploy.Phase, step string) {
	w.steps = slices.DeleteFunc(w.steps, func(s *running) bool { return s.phase == phase && s.step == step })
}

// hostVerdict takes a host out of everything that it does in a phase.
func (w *work) hostVerdict(phase deploy.Phase, host string) {
	if phase == deploy.Activate && host != deploy.FleetName {
		w.turns = append(w.turns, host)
	}
	for _, s := range slices.Clone(w.steps) {
		if s.phase == phase && slices.Contains(s.hosts, host) {
			w.hostDone(deploy.Span{Host: host, Phase: phase, Step: s.step})
		}
	}
}

// progressLines say what runs, for a log in which nothing was printed for a while:
// "prepare    ...   Upload                 web1 45%  web2 51%  20s".
func (w *work) progressLines() []string {
	var lines []string
	now := w.now()
	for _, s := range w.steps {
		var parts []string
		if len(s.hosts) > fewHosts {
			parts = append(parts, fmt.Sprintf("%d of %d hosts done", s.all-len(s.hosts), s.all))
			if host, t := s.slowest(); host != "" {
				parts = append(parts, fmt.Sprintf("slowest %s %d%%", host, t.percent()))
			}
		} else {
			for _, host := range s.hosts {
				if t := s.transfers[host]; t != nil {
					host += fmt.Sprintf(" %d%%", t.percent())
				}
				parts = append(parts, host)
			}
		}
		parts = append(parts, clockText(now.Sub(s.start)))
		lead := pad(string(s.phase), phaseWidth) + pad("...", statusWidth)
		if s.step != "" {
			lead += pad(s.step, nameWidth)
		}
		lines = append(lines, flow(lead, parts)...)
	}
	return lines
}

// slowest is the host that got the smallest part of its bytes.
func (s *running) slowest() (string, transfer) {
	name, worst := "", transfer{}
	for _, host := range s.hosts {
		if t := s.transfers[host]; t != nil && (name == "" || t.percent() < worst.percent()) {
			name, worst = host, *t
		}
	}
	return name, worst
}

// maxView is how many lines the live view takes at the bottom of the terminal.
const maxView = 14

// view is what the live view shows below the verdicts: running steps, transfers as bars, the last line of each host.
func (w *work) view(columns, hostWidth int) []string {
	var lines []string
	now := w.now()
	for _, s := range w.steps {
		name := strings.TrimSpace(string(s.phase) + "  " + s.step)
		head := fmt.Sprintf("%s %s  %s", spinner(now), name, clockText(now.Sub(s.start)))
		if len(s.transfers) == 0 {
			head += "  " + names(s.hosts, " ")
		}
		if s.all > fewHosts {
			head += fmt.Sprintf("  %d of %d done", s.all-len(s.hosts), s.all)
		}
		lines = append(lines, head)
		shown := 0
		for _, host := range s.hosts {
			if shown == fewHosts {
				lines = append(lines, fmt.Sprintf("    and %d more", len(s.hosts)-shown))
				break
			}
			shown++
			if t := s.transfers[host]; t != nil {
				lines = append(lines, bar(host, hostWidth, *t, now, columns))
			} else if text := w.last[host]; text != "" {
				lines = append(lines, prefixed(host, hostWidth, text))
			}
		}
	}
	if len(lines) > maxView {
		lines = append(lines[:maxView-1], fmt.Sprintf("    and %d more lines", len(lines)-maxView+1))
	}
	for i := range lines {
		lines[i] = cut(lines[i], columns-1)
	}
	return lines
}

// bar is one transfer: "    web1   ██████░░░░░░  45%  17.2 of 38.2 MB  12.1 MB/s  2s left".
func bar(host string, hostWidth int, t transfer, now time.Time, columns int) string {
	rate := t.rate(now)
	text := fmt.Sprintf("%3d%%  %s of %s", t.percent(), deploy.Size(t.done), deploy.Size(t.total))
	if rate > 0 {
		text += fmt.Sprintf("  %s/s", deploy.Size(int64(rate)))
		if left := time.Duration(float64(t.total-t.done) / rate * float64(time.Second)); left > 0 {
			text += "  " + clockText(left+time.Second-1) + " left"
		}
	}
	lead := "    " + pad(host, hostWidth+2)
	size := min(30, columns-width(lead)-60)
	if size < 5 {
		return lead + text
	}
	filled := size * t.percent() / 100
	return lead + strings.Repeat("█", filled) + strings.Repeat("░", size-filled) + "  " + text
}

func spinner(now time.Time) string {
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	return string(frames[now.UnixMilli()/100%int64(len(frames))])
}
