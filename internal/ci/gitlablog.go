package ci

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// annotationsFile is the variable that names the file of a job's annotations, artifacts:reports:annotations. Who wants them sets it.
const annotationsFile = "SLIPWAY_ANNOTATIONS"

// maxLinks is how many links a job gets: each of them is a line beside its log.
const maxLinks = 20

// maxLabel is how many characters of a link's text are shown.
const maxLabel = 200

// gitlabLog is the log of GitLab: plain lines in sections that fold, as https://docs.gitlab.com/ci/jobs/job_logs/ has them. GitLab takes no
// mask from a job and obeys nothing in a line but such a section's marker, whose carriage return and escape sequence a cleaned line has not.
// Its annotations of a job are links alone.
type gitlabLog struct {
	plain
	getenv   func(string) string
	sections int
	open     string // the section's name; "" outside of one
	links    []gitlabLink
	failed   error
}

// gitlabLink is an entry of the annotations report.
type gitlabLink struct {
	Link struct {
		Label string `json:"label"`
		URL   string `json:"url"`
	} `json:"external_link"`
}

// NewGitLab makes a log with GitLab's sections. getenv is asked for nothing but what the runner sets, and SLIPWAY_ANNOTATIONS.
func NewGitLab(w io.Writer, getenv func(string) string) Log {
	return &gitlabLog{plain: plain{latch: latch{w: w}}, getenv: getenv, links: []gitlabLink{}} // no links are [] in JSON
}

var notInSection = lazyregexp.New(`[^A-Za-z0-9_.-]+`)

func (l *gitlabLog) Group(title string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
	l.sections++
	l.open = fmt.Sprintf("slipway_%d_%s", l.sections, strings.ToLower(strings.Trim(notInSection.ReplaceAllString(clip(title, maxSection), "_"), "_")))
	l.marker("start", l.open+"[collapsed=true]", Clean(title))
}

// maxSection is how much of a title is a part of its section's name.
const maxSection = 40

func (l *gitlabLog) EndGroup() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}

func (l *gitlabLog) end() {
	if l.open != "" {
		l.marker("end", l.open, "")
		l.open = ""
	}
}

func (l *gitlabLog) marker(which, name, text string) {
	_, _ = fmt.Fprintf(&l.latch, "\x1b[0Ksection_%s:%d:%s\r\x1b[0K%s\n", which, time.Now().Unix(), name, text)
}

// Annotate makes a link of each remark: to the line of the file that it concerns, to the page that it is about, else to the job.
func (l *gitlabLog) Annotate(list ...Annotation) {
	path := l.getenv(annotationsFile)
	if path == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, a := range list {
		if len(l.links) == maxLinks-1 && i < len(list)-1 {
			a = Annotation{Level: a.Level, Title: fmt.Sprintf("and %d more, see the log", len(list)-i)}
		}
		if len(l.links) == maxLinks {
			break
		}
		if link := l.link(a); link.Link.URL != "" {
			l.links = append(l.links, link)
		}
	}
	text, err := json.Marshal(map[string][]gitlabLink{"Slipway": l.links})
	if err == nil {
		err = writeTo(annotationsFile, path, os.O_TRUNC, string(text)+"\n")
	}
	l.failed = errors.Join(l.failed, err)
}

func (l *gitlabLog) link(a Annotation) (link gitlabLink) {
	text, _, _ := strings.Cut(CleanText(a.Title), "\n")
	if text == "" {
		text, _, _ = strings.Cut(CleanText(a.Message), "\n")
	}
	if where := a.At.String(); where != "" {
		text += " (" + Clean(where) + ")"
	}
	link.Link.Label = clip(string(a.Level)+": "+text, maxLabel)
	link.Link.URL = cmp.Or(a.URL, l.getenv("CI_JOB_URL"))
	if file := filepath.ToSlash(filepath.Clean(a.At.File)); a.At.Line > 0 && !a.At.IsInput() && filepath.IsLocal(file) {
		link.Link.URL = l.getenv("CI_PROJECT_URL") + "/-/blob/" + l.getenv("CI_COMMIT_SHA") + "/" + (&url.URL{Path: file}).EscapedPath() + "#L" + strconv.Itoa(a.At.Line)
	}
	return link
}

func (l *gitlabLog) Close() error {
	l.EndGroup()
	if err := l.plain.Close(); err != nil {
		return err
	}
	return l.failed
}
