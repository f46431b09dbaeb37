package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

// terminal is a small VT100: what the live view uses, and an error for anything else.
type terminal struct {
	t      *testing.T
	lines  []string
	row    int
	column int
	hidden bool
}

func (v *terminal) write(data string) {
	for data != "" {
		switch {
		case strings.HasPrefix(data, "\x1b["):
			end := 2
			for data[end] < 0x40 {
				end++
			}
			v.control(data[2:end], data[end])
			data = data[end+1:]
		case data[0] == '\n':
			v.row, v.column, data = v.row+1, 0, data[1:]
		case data[0] == '\r':
			v.column, data = 0, data[1:]
		default:
			r := []rune(data)[0]
			for len(v.lines) <= v.row {
				v.lines = append(v.lines, "")
			}
			line := []rune(v.lines[v.row])
			for len(line) <= v.column {
				line = append(line, ' ')
			}
			line[v.column] = r
			v.lines[v.row] = string(line)
			v.column++
			data = data[len(string(r)):]
		}
	}
}

func (v *terminal) control(parameters string, final byte) {
	switch {
	case final == 'A':
		n := 0
		_, _ = fmt.Sscan(parameters, &n)
		if v.row -= n; v.row < 0 {
			v.t.Fatalf("moves above the top by %d", -v.row)
		}
	case final == 'J' && parameters == "0":
		v.lines = v.lines[:min(v.row, len(v.lines))]
	case parameters == "?25":
		v.hidden = final == 'l'
	case final == 'm':
	default:
		v.t.Fatalf("unknown control sequence %q %c", parameters, final)
	}
}

func TestLiveView(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	at := began
	vt := &terminal{t: t}
	r := newReporter(Options{Terminal: &out, Color: true, Width: 80}, func() time.Time { return at }, nil)
	show := func() string {
		r.mu.Lock()
		r.tick()
		r.mu.Unlock()
		vt.write(out.String())
		out.Reset()
		for _, line := range vt.lines {
			if layout.Width(line) > 80 && strings.HasPrefix(line, "    ") {
				t.Errorf("%d columns: %s", layout.Width(line), line)
			}
		}
		return strings.Join(vt.lines, "\n")
	}
	r.Emit(deploy.Started{Header: deploy.Header{Version: "1.0.0", App: "shop", Hosts: []string{"web1", "web2"}}})
	r.Emit(deploy.StepDone{Phase: deploy.Preflight, Note: "2 hosts"})
	r.Emit(deploy.StepStarted{Phase: deploy.Prepare, Step: "Upload", Hosts: []string{"web1", "web2"}})
	r.Emit(deploy.Progress{Phase: deploy.Prepare, Step: "Upload", Host: "web1", Total: 40_000_000})
	at = at.Add(2 * time.Second)
	r.Emit(deploy.Progress{Phase: deploy.Prepare, Step: "Upload", Host: "web1", Done: 10_000_000, Total: 40_000_000})
	r.Emit(printed("Upload", "web2", "waiting \x1b[31mred\x1b[0m "+strings.Repeat("long ", 40)))
	got := show()
	for _, want := range []string{"preflight  ok    2 hosts\n", "prepare  Upload  2s  12%  5.00 MB/s  14s left\n", "web1   ██░░", " 25%  10.0 MB of 40.0 MB  5.00 MB/s  6s left", "web2  | waiting red long"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q on the screen:\n%s", want, got)
		}
	}
	if !vt.hidden {
		t.Error("the cursor is in the way")
	}
	r.Emit(done("Upload", "web1", "web2"))
	if got := show(); strings.Contains(got, "█") || !strings.HasSuffix(got, "prepare    ok    Upload                 web1 1.0s  web2 1.0s") {
		t.Errorf("after the verdict:\n%s", got)
	}
	r.Emit(deploy.StepStarted{Phase: deploy.Prepare, Step: "Two", Hosts: []string{"web1"}})
	show()
	if err := r.Close(); err != nil { // an end in the middle of a step
		t.Fatal(err)
	}
	vt.write(out.String())
	if got := strings.Join(vt.lines, "\n"); vt.hidden || strings.Contains(got, "Two") {
		t.Errorf("cursor hidden %v, the view is left:\n%s", vt.hidden, got)
	}
}

// TestLiveViewEndsLikeTheLog: when it is over, the screen shows the log without the hosts' lines, and the failing tail.
func TestLiveViewEndsLikeTheLog(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		var out bytes.Buffer
		play(t, Options{Terminal: &out, Width: 120}, s.events)
		vt := &terminal{t: t}
		vt.write(out.String())
		got := strings.TrimRight(strings.Join(vt.lines, "\n"), "\n")
		log := strings.TrimRight(plainLog(t, Options{}, s.events...), "\n")
		_, end, _ := strings.Cut(log, "\nskipped ")
		if end != "" && !strings.HasSuffix(got, end) {
			t.Errorf("%s ends with\n%s\nwant\n%s", s.name, got, end)
		}
		if strings.Contains(got, "> ") && strings.Contains(got, "\n> ") {
			t.Errorf("%s: groups on a terminal:\n%s", s.name, got)
		}
	}
}
