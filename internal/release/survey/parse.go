package survey

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
)

// parse reads the records that survey.sh prints. asked is when the runner asked, on its own clock.
func parse(out []byte, site release.Site, asked time.Time) (deploy.Facts, error) {
	p := parser{site: site, asked: asked, facts: deploy.Facts{Tools: map[string]string{}, FreeBytes: -1, FreeInodes: -1}}
	err := records(out, func(key, value string) error {
		p.seen = append(p.seen, key)
		return p.record(key, value)
	})
	if err != nil {
		return deploy.Facts{}, err
	}
	for _, key := range once {
		if n := count(p.seen, key); n != 1 {
			return deploy.Facts{}, fmt.Errorf("its answer says %q %d times, wanted once", key, n)
		}
	}
	return p.facts, nil
}

// records reads an answer that is records, each ended by a NUL: key=value.
func records(out []byte, read func(key, value string) error) error {
	for len(out) > 0 {
		record, rest, ended := bytes.Cut(out, []byte{0})
		key, value, found := strings.Cut(string(record), "=")
		if !ended || !found {
			return fmt.Errorf("its answer is cut short, or something else printed into it: %.80q", record)
		}
		if err := read(key, value); err != nil {
			return err
		}
		out = rest
	}
	return nil
}

func count(keys []string, key string) (n int) {
	for _, k := range keys {
		if k == key {
			n++
		}
	}
	return n
}

type parser struct {
	site  release.Site
	asked time.Time
	facts deploy.Facts
	seen  []string

	reading *deploy.JournalFacts // the journal whose parts come now
}

// readers read the parts of an answer, each its value: most end with the LF of the program that printed them.
var readers = map[string]func(p *parser, value string) error{
	"clock":   (*parser).clock,
	"user":    text(func(f *deploy.Facts) *string { return &f.User }),
	"machine": text(func(f *deploy.Facts) *string { return &f.Machine }),
	"folder":  (*parser).folder,
	"tool":    (*parser).tool,
	"lacks":   list(func(f *deploy.Facts) *[]string { return &f.Lacking }),
	"zstd":    (*parser).zstd,
	"space":   (*parser).space,
	"inodes":  (*parser).inodes,
	"mounted": (*parser).mounted,

	"current":      (*parser).current,
	"release":      (*parser).release,
	"content":      (*parser).content,
	"adopted":      (*parser).adopted,
	"adopted-live": (*parser).adoptedLive,
	"previous":     text(func(f *deploy.Facts) *string { return &f.Previous }),
	"missing":      list(func(f *deploy.Facts) *[]string { return &f.MissingShared }),
	"notfile":      list(func(f *deploy.Facts) *[]string { return &f.SharedFolders }),
	"unwritable":   (*parser).unwritable,

	"nopath":     (*parser).noPath,
	"noprintf":   (*parser).noPrintf,
	"nolink":     refuse("%s is not a link", "Slipway makes that link: look what it is, and move it away"),
	"nofolder":   refuse("%s is no directory: a file, or a link that leads nowhere", "make it a directory, or correct the link or `deploy_path`"),
	"unreadable": refuse("this user may not read %s", "deploy as the user who owns it"),
	"odd":        refuse("%s is no file that Slipway wrote: it is no regular file, or too big", "look at it on the host, and move it away"),

	"format":  (*parser).format,
	"id":      (*parser).id,
	"app":     (*parser).app,
	"lock":    (*parser).lock,
	"hold":    (*parser).hold,
	"history": (*parser).history,
	"secrets": (*parser).secrets,

	"own":     func(p *parser, id string) error { return p.journal("own", id) },
	"other":   func(p *parser, id string) error { return p.journal("other", id) },
	"plan":    inJournal(func(j *deploy.JournalFacts, value string) error { j.Plan = []byte(value); return nil }),
	"outcome": inJournal(func(j *deploy.JournalFacts, value string) error { j.Outcome = strings.TrimSpace(value); return nil }),
	"live":    inJournal(func(j *deploy.JournalFacts, value string) error { j.Live = parseLive(value); return nil }),
	"try":     inJournal(readTry),
	"claim":   (*parser).claim,

	"end": func(*parser, string) error { return nil },
}

// once are the parts that every answer has, once.
var once = []string{"clock", "user", "current", "space", "inodes", "end"}

func (p *parser) record(key, value string) error {
	read, known := readers[key]
	if !known {
		return fmt.Errorf("its answer has an unknown part %.40q", key)
	}
	return read(p, value)
}
