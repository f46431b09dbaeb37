package survey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/release/hold"
	"slipway/internal/release/lock"
)

// parse reads the records that survey.sh prints. asked is when the runner asked, on its own clock.
func parse(out []byte, site release.Site, asked time.Time) (deploy.Facts, error) {
	p := parser{site: site, asked: asked, facts: deploy.Facts{Tools: map[string]string{}, FreeBytes: -1, FreeInodes: -1}}
	for len(out) > 0 {
		record, rest, ended := bytes.Cut(out, []byte{0})
		key, value, found := strings.Cut(string(record), "=")
		if !ended || !found {
			return deploy.Facts{}, fmt.Errorf("its answer is cut short, or something else printed into it: %.80q", record)
		}
		if err := p.record(key, value); err != nil {
			return deploy.Facts{}, err
		}
		p.seen = append(p.seen, key)
		out = rest
	}
	for _, key := range []string{"clock", "user", "system", "current", "space", "inodes", "end"} {
		if n := count(p.seen, key); n != 1 {
			return deploy.Facts{}, fmt.Errorf("its answer says %q %d times, wanted once", key, n)
		}
	}
	return p.facts, nil
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

func (p *parser) record(key, value string) (err error) {
	f := &p.facts
	line := strings.TrimSuffix(value, "\n")
	switch key {
	case "clock":
		var seconds int64
		if seconds, err = strconv.ParseInt(line, 10, 64); err != nil {
			return fmt.Errorf("the clock reads %q", line)
		}
		// date gives whole seconds: the middle of the second errs least.
		f.ClockSkew = time.Unix(seconds, 5e8).Sub(p.asked)
	case "user":
		f.User = line
	case "system":
		f.System = line
	case "tool":
		if program, where, _ := strings.Cut(line, " "); where != "" {
			f.Tools[program] = strings.TrimSpace(where)
		}
	case "tar":
		f.Tools["tar"] = tarFlavour(line)
	case "sync":
		if strings.Contains(value, "--file-system") || strings.Contains(value, "[-df]") {
			f.Tools["sync -f"] = "yes"
		}
	case "space":
		kib, err := parseFree(value)
		if f.FreeBytes = kib; kib > 0 {
			f.FreeBytes = kib << 10
		}
		return err
	case "inodes":
		f.FreeInodes, err = parseFree(value)
		return err
	case "mounted":
		options := strings.Split(value, ",")
		f.ReadOnly, f.NoExec = slices.Contains(options, "ro"), slices.Contains(options, "noexec")
	case "current":
		return p.current(value)
	case "release":
		p.release(value)
	case "missing":
		f.MissingShared = append(f.MissingShared, value)
	case "unwritable":
		f.Unwritable = append(f.Unwritable, path.Join(p.site.Root, value))
		if path.IsAbs(value) {
			f.Unwritable[len(f.Unwritable)-1] = value
		}
	case "nofolder":
		return &deploy.Error{
			Cause: fmt.Errorf("%s is no directory: a file, or a link that leads nowhere", value),
			Hint:  "make it a directory, or correct the link or `deploy_path`",
		}
	case "unreadable":
		return &deploy.Error{
			Cause: fmt.Errorf("this user may not read %s", path.Join(p.site.Root, value)),
			Hint:  "deploy as the user who owns it",
		}
	case "format":
		if f.LayoutFormat, err = strconv.Atoi(line); err != nil || f.LayoutFormat < 1 {
			return fmt.Errorf("%s/format reads %q, wanted a number from 1", p.site.Private(), line)
		}
	case "id":
		if line == "" {
			return fmt.Errorf("%s/id is empty", p.site.Private())
		}
		f.ID = line
	case "lock":
		f.Lock, err = lock.Parse(value)
		return err
	case "hold":
		f.Hold = hold.Parse(value)
	case "history":
		f.History, err = parseHistory(value, p.site)
		return err
	case "own", "other":
		p.journal(key, value)
	case "plan", "outcome", "live", "try":
		return p.journalPart(key, value)
	case "end":
	default:
		return fmt.Errorf("its answer has an unknown part %.40q", key)
	}
	return nil
}

func tarFlavour(version string) string {
	switch {
	case strings.Contains(version, "GNU tar"):
		return "gnu"
	case strings.Contains(strings.ToLower(version), "busybox"):
		return "busybox"
	}
	return "other"
}

// dfLine is the last line of df -P: file system, size, used, available, capacity, where it is mounted. The first and
// the last may hold spaces.
var dfLine = regexp.MustCompile(`\s(\d+)\s+(-?\d+)\s+(-?\d+)\s+(?:\d+%|-)\s+/`)

// parseFree reads what is available, in the unit of df; -1 where the host does not say: no df, or a file system that
// does not count (btrfs has no number of inodes).
func parseFree(df string) (int64, error) {
	lines := strings.Split(strings.TrimSpace(df), "\n")
	last := lines[len(lines)-1]
	if last == "" || strings.HasSuffix(strings.TrimSpace(last), "Mounted on") {
		return -1, nil
	}
	match := dfLine.FindStringSubmatch(last)
	if match == nil {
		// BusyBox and GNU write "-" for each number of a file system that has none.
		if fields := strings.Fields(last); slices.Contains(fields, "-") {
			return -1, nil
		}
		return 0, fmt.Errorf("df says %q", last)
	}
	total, err := strconv.ParseInt(match[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("df says %q", last)
	}
	if total == 0 {
		return -1, nil
	}
	available, err := strconv.ParseInt(match[3], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("df says %q", last)
	}
	// Below zero is what only root may still use.
	return max(0, available), nil
}

// current tells a link to a release of ours from another tool's.
func (p *parser) current(value string) error {
	f := &p.facts
	target, isLink := strings.CutPrefix(value, "link ")
	switch {
	case isLink:
		f.Current, f.CurrentTarget = deploy.CurrentForeign, target
		relative := strings.TrimPrefix(target, p.site.Root+"/")
		if id := deploy.ReleaseID(strings.TrimPrefix(relative, "releases/")); id.Valid() && relative == "releases/"+string(id) {
			f.Current, f.CurrentID = deploy.CurrentRelease, id
		}
	case value == "none":
		f.Current = deploy.CurrentNone
	case value == "directory":
		f.Current = deploy.CurrentDirectory
	default:
		return fmt.Errorf("current is %.80q", value)
	}
	return nil
}

// release reads a folder in releases/ and its marks. Folders of other tools are nobody's business.
func (p *parser) release(value string) {
	words := strings.Split(value, " ")
	id := deploy.ReleaseID(words[0])
	if !id.Valid() {
		return
	}
	has := func(mark string) bool { return slices.Contains(words[1:], mark) }
	p.facts.Releases = append(p.facts.Releases, deploy.ReleaseFacts{
		ID: id, Staged: has("staged"), Verified: has("verified"), Bad: has("bad"), Failed: has("failed"),
	})
}

// parseHistory reads the lines of history.jsonl, oldest first. A damaged one is an error: what to unwind to is read
// from here, and a release that is left out would be guessed around.
func parseHistory(text string, site release.Site) ([]deploy.HistoryEntry, error) {
	var entries []deploy.HistoryEntry
	for line := range strings.Lines(text) {
		var entry deploy.HistoryEntry
		err := json.Unmarshal([]byte(line), &entry)
		if err == nil && entry.At.IsZero() {
			err = errors.New("it has no time")
		}
		if err != nil {
			return nil, &deploy.Error{
				Cause: fmt.Errorf("a line of %s is damaged: %.60q: %w", site.History(), line, err),
				Hint:  "correct or delete that line on the host",
			}
		}
		entries = append(entries, entry)
	}
	return entries, nil
}
