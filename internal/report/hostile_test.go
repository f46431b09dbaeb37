package report

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/ci/citest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/outputs"
	"github.com/slipway/slipway/internal/secret"
)

// hostileRun is a deployment in which text that is not ours stands wherever it can.
func hostileRun(line, name string) []deploy.Event {
	s := newScript("web1", "web2")
	s.res.Header.App, s.res.Header.Environment, s.res.Header.Actor, s.res.Header.URL = name, name, name, "https://"+name
	s.res.Header.Revision = name
	s.preflight()
	s.phase(deploy.Prepare).say(deploy.Prepare, "One", "web1", line, line+line).say(deploy.Prepare, "One", "web2", line)
	bad := fails(span(deploy.Prepare, "One", "web1", time.Second), line, line, line)
	bad.Note = deploy.Note{Short: line, Applied: []string{line, name}}
	worse := fails(span(deploy.Prepare, "One", "web2", time.Second), "", "", "")
	worse.Err.Cause, worse.Err.Tail, worse.Err.Log, worse.Err.Op = errors.New(line), []string{line, "x " + line}, []string{line}, line
	s.done(deploy.StepDone{
		Phase: deploy.Prepare, Step: "One", Note: line, Command: line, Spans: []deploy.Span{bad, worse},
		At: deploy.Position{File: name, Line: 3},
	})
	s.res.Warnings = []string{line}
	pull := []deploy.Pull{{Number: 1, Title: line, Author: name, URL: "https://" + name}, {Number: 2, Title: name, Author: line, URL: line}}
	s.res.Shipped = deploy.Shipped{From: name, To: line, In: deploy.Merges{Commits: 2, Pulls: pull}, Out: deploy.Merges{Commits: 1, Pulls: pull, Unknown: line}}
	s.emit(deploy.Noted{Level: deploy.LevelNotice, Text: "note " + line})
	s.res.Next.Command = line
	return s.end(deploy.OutcomePerson, 4, line)
}

func FuzzHostile(f *testing.F) {
	for _, seed := range []string{
		"::error::x", "##[error]x", "a\r::set-output name=a::b", "```\n<img src=x>\n```", "[x](https://evil) @anna #1 www.evil.com a@b.co",
		"| a | b |", "`` ` ``", "<script>", "\x1b]0;x\a::group::", ":;,#%% click", "$(x)\\|`|", "hunter22-secret", "\n\n# Title\n- x",
	} {
		f.Add(seed, "web-1.example.com")
		f.Add("plain", seed)
	}
	const password = "S3cr3t/hunter22-secret"
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, line, name string) {
		line += " " + password + " " + base64.StdEncoding.EncodeToString([]byte("user:"+password))
		name += password[:9] + "\x1b[0m" + password[9:]
		j := &job{dir: dir}
		for _, file := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
			_ = os.Remove(filepath.Join(dir, file))
		}
		options := j.options()
		options.Redactor = secret.NewRedactor(secret.New(password))
		play(t, options, hostileRun(line, name))

		log := citest.ReadLog(j.out.Bytes())
		counts := map[string]int{}
		for _, c := range log.Commands {
			counts[c.Name]++
		}
		if counts["group"] != 1 || counts["error"] != 1 || counts["warning"] != 1 || counts["notice"] != 1 || len(counts) != 6 || len(log.Ignored) > 0 || log.Stopped {
			t.Fatalf("commands %v, ignored %v in\n%s", counts, log.Ignored, j.out.String())
		}
		pairs, err := citest.ReadFile([]byte(j.file(t, "GITHUB_OUTPUT")))
		docs := slices.DeleteFunc(outputs.Docs(), func(d outputs.Doc) bool { return d.Of != "" })
		if err != nil || len(pairs) != len(docs) {
			t.Fatalf("%d outputs, %v", len(pairs), err)
		}
		for i, doc := range docs {
			if pairs[i].Name != doc.Name {
				t.Fatalf("output %q, want %q", pairs[i].Name, doc.Name)
			}
		}
		page := j.file(t, "GITHUB_STEP_SUMMARY")
		if rest, ok := nothingActs(page); !ok {
			t.Fatalf("outside code there is %q in\n%s", rest, page)
		}
		for where, text := range map[string]string{"log": j.out.String(), "summary": page, "outputs": j.file(t, "GITHUB_OUTPUT")} {
			if strings.Contains(text, password) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(password))[4:24]) {
				t.Fatalf("the secret is in the %s:\n%s", where, text)
			}
		}
	})
}

var (
	ownMarkup = regexp.MustCompile(`</?(details|summary)>|\[[^\]]*\]\(<https?://[^<>()|\\]*>\)|^\[!(WARNING|NOTE)\]|\*\*Next:\*\*`)
	acting    = regexp.MustCompile("(?i)[<>&@\\[\\]*~\\\\`]|https?:|www\\.|!\\[|(^|\\W)_|_(\\W|$)")
	cellCount = regexp.MustCompile(`(^|[^\\])\|`)
)

// nothingActs takes code and our own markup out of a page, by CommonMark's rules, and looks for what is left that could be
// a link, HTML, a mention or emphasis; and at tables, whose rows must have as many cells as their heads.
func nothingActs(page string) (string, bool) {
	fenced, cells := "", 0
	for _, line := range strings.Split(page, "\n") {
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fenced != "":
			if len(ticks) >= len(fenced) && strings.TrimSpace(line) == ticks {
				fenced = ""
			}
			continue
		case len(ticks) >= 3 && !strings.Contains(line[len(ticks):], "`"):
			fenced = ticks
			continue
		}
		if n := len(cellCount.FindAllString(line, -1)); strings.HasPrefix(line, "|") {
			if cells != 0 && n != cells {
				return line, false
			}
			cells = n
		} else {
			cells = 0
		}
		line = strings.TrimPrefix(line, "> ")
		rest := strings.ReplaceAll(ownMarkup.ReplaceAllString(withoutSpans(line), ""), "***", "")
		if acting.MatchString(rest) {
			return rest, false
		}
	}
	return fenced, fenced == ""
}

// withoutSpans removes code spans: a run of backticks up to the next run of the same length.
func withoutSpans(line string) string {
	var out strings.Builder
	for line != "" {
		start := strings.IndexByte(line, '`')
		if start < 0 {
			break
		}
		out.WriteString(line[:start])
		n := len(line[start:]) - len(strings.TrimLeft(line[start:], "`"))
		rest := line[start+n:]
		end, at := -1, 0
		for at < len(rest) {
			next := strings.IndexByte(rest[at:], '`')
			if next < 0 {
				break
			}
			at += next
			m := len(rest[at:]) - len(strings.TrimLeft(rest[at:], "`"))
			if m == n {
				end = at + m
				break
			}
			at += m
		}
		if end < 0 { // not closed: literal backticks
			out.WriteString(line[start : start+n])
			line = rest
			continue
		}
		line = rest[end:]
	}
	out.WriteString(line)
	return out.String()
}
