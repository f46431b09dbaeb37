package survey

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/hold"
	"github.com/slipway/slipway/internal/release/lock"
)

// text reads a line of one fact.
func text(of func(*deploy.Facts) *string) func(*parser, string) error {
	return func(p *parser, value string) error {
		*of(&p.facts) = strings.TrimSuffix(value, "\n")
		return nil
	}
}

// list reads one of several.
func list(of func(*deploy.Facts) *[]string) func(*parser, string) error {
	return func(p *parser, value string) error {
		*of(&p.facts) = append(*of(&p.facts), value)
		return nil
	}
}

// refuse is a part by which a host says that it cannot be surveyed, because of a path.
func refuse(cause, hint string) func(*parser, string) error {
	return func(p *parser, value string) error {
		return &deploy.Error{Cause: fmt.Errorf(cause, p.absolute(value)), Hint: hint}
	}
}

// absolute is a path of an answer, which is below the deploy path where it is not absolute.
func (p *parser) absolute(value string) string {
	if path.IsAbs(value) {
		return value
	}
	return path.Join(p.site.Root, value)
}

func (p *parser) noPath(value string) error {
	return &deploy.Error{
		Cause: fmt.Errorf("it finds none of the usual programs: PATH of its sessions is %q", value),
		Hint:  "the user's start-up files (~/.bashrc, ~/.zshenv, ~/.ssh/environment) set it: it needs /usr/bin and /bin",
	}
}

func (p *parser) noPrintf(string) error {
	return &deploy.Error{
		Cause: errors.New("its sh has no printf of its own, as mksh: secrets would stand in the argument lists of programs, for all users of the host"),
		Hint:  "make /bin/sh a link to dash, bash or BusyBox",
	}
}

// folder reads a line of the deploy path, and one of .slipway where it is there: device and inode, and the rights.
func (p *parser) folder(value string) error {
	root, private, _ := strings.Cut(value, "\n")
	p.facts.Folder, _, _ = strings.Cut(root, " ")
	_, mode, _ := strings.Cut(strings.TrimSuffix(private, "\n"), " ")
	p.facts.Exposed = mode != "" && !strings.HasSuffix("00"+mode, "700")
	return nil
}

func (p *parser) clock(value string) error {
	seconds, err := strconv.ParseInt(strings.TrimSuffix(value, "\n"), 10, 64)
	if err != nil {
		return fmt.Errorf("the clock reads %.60q", value)
	}
	// date gives whole seconds: the middle of the second errs least.
	p.facts.ClockSkew = time.Unix(seconds, 5e8).Sub(p.asked)
	return nil
}

func (p *parser) tool(value string) error {
	if program, where, _ := strings.Cut(strings.TrimSuffix(value, "\n"), " "); where != "" {
		p.facts.Tools[program] = strings.TrimSpace(where)
	}
	return nil
}

// zstdVersion is in what zstd says of itself: "*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***", "*** zstd command line interface
// 64-bits v1.4.8, by Yann Collet ***".
var zstdVersion = lazyregexp.New(` v([0-9]{1,3})\.([0-9]{1,3})\.`)

// zstd looks whether it decodes against a file that is read as a whole, as it does since 1.5.
func (p *parser) zstd(value string) error {
	if m := zstdVersion.FindStringSubmatch(value); m != nil {
		major, _ := strconv.Atoi(m[1])
		minor, _ := strconv.Atoi(m[2])
		p.facts.Patches = major > 1 || major == 1 && minor >= 5
	}
	return nil
}

func (p *parser) space(value string) error {
	kib, err := parseFree(value)
	if p.facts.FreeBytes = kib; kib > 0 {
		p.facts.FreeBytes = kib << 10
	}
	return err
}

func (p *parser) inodes(value string) (err error) {
	p.facts.FreeInodes, err = parseFree(value)
	return err
}

func (p *parser) mounted(value string) error {
	options := strings.Split(value, ",")
	p.facts.ReadOnly, p.facts.NoExec = slices.Contains(options, "ro"), slices.Contains(options, "noexec")
	return nil
}

func (p *parser) unwritable(value string) error {
	p.facts.Unwritable = append(p.facts.Unwritable, p.absolute(value))
	return nil
}

func (p *parser) format(value string) (err error) {
	line := strings.TrimSuffix(value, "\n")
	if p.facts.LayoutFormat, err = strconv.Atoi(line); err != nil || p.facts.LayoutFormat < 1 {
		return &deploy.Error{
			Cause: fmt.Errorf("%s/format reads %.60q, wanted a number from 1", p.site.Private(), line),
			Hint:  fmt.Sprintf("a crash of the host may have lost it: write %d into it", release.Format),
		}
	}
	return nil
}

func (p *parser) id(value string) error {
	if p.facts.ID = strings.TrimSuffix(value, "\n"); p.facts.ID == "" {
		return &deploy.Error{
			Cause: fmt.Errorf("%s/id is empty", p.site.Private()),
			Hint:  "a crash of the host may have lost it: delete it, and the next deployment makes a new one",
		}
	}
	return nil
}

// app reads whose the deploy path is: the application, and after a space the environment.
func (p *parser) app(value string) error {
	p.facts.Owner.App, p.facts.Owner.Environment, _ = strings.Cut(strings.TrimSuffix(value, "\n"), " ")
	return nil
}

func (p *parser) lock(value string) (err error) {
	p.facts.Lock, err = lock.Parse(value)
	return err
}

func (p *parser) hold(value string) error {
	p.facts.Hold = hold.Parse(value)
	return nil
}

func (p *parser) history(value string) (err error) {
	p.facts.History, err = parseHistory(value, p.site)
	return err
}

// dfLine is the last line of df -P: file system, size, used, available, capacity, where it is mounted. The first and
// the last may hold spaces.
var dfLine = lazyregexp.New(`\s(\d+)\s+(-?\d+)\s+(-?\d+)\s+(?:\d+%|-)\s+/`)

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

// current reads what current is: a link to a release of ours, another tool's link, or something else.
func (p *parser) current(value string) error {
	f := &p.facts
	target, isLink := strings.CutPrefix(value, "link ")
	lost, isLost := strings.CutPrefix(value, "lost ")
	switch {
	case isLost:
		f.Current, f.CurrentTarget = deploy.CurrentLost, lost
	case isLink:
		f.Current, f.CurrentTarget = deploy.CurrentForeign, target
		relative := strings.TrimPrefix(path.Clean(target), p.site.Root+"/")
		if id := deploy.ReleaseID(strings.TrimPrefix(relative, "releases/")); id.Valid() && relative == "releases/"+string(id) {
			f.Current, f.CurrentID = deploy.CurrentRelease, id
		}
	case value == "none":
		f.Current = deploy.CurrentNone
	case value == "directory":
		f.Current = deploy.CurrentDirectory
	case value == "file":
		f.Current = deploy.CurrentFile
	default:
		return fmt.Errorf("current is %.80q", value)
	}
	return nil
}

// release reads a folder in releases/ and its marks. Folders of other tools are left out.
func (p *parser) release(value string) error {
	words := strings.Split(value, " ")
	id := deploy.ReleaseID(words[0])
	if !id.Valid() {
		return nil
	}
	has := func(mark string) bool { return slices.Contains(words[1:], mark) }
	p.facts.Releases = append(p.facts.Releases, deploy.ReleaseFacts{
		ID: id, Staged: has("staged"), Verified: has("verified"), Bad: has("bad"), Failed: has("failed"), Waiting: has("waiting"),
	})
	return nil
}

// content reads the content digest of the release before it. One that is none of a release with this ID is left out: it is only a name.
func (p *parser) content(value string) error {
	last := len(p.facts.Releases) - 1
	if last >= 0 && contentDigest.MatchString(value) && deploy.Digest(value).Short() == p.facts.Releases[last].ID.Content() {
		p.facts.Releases[last].Content = deploy.Digest(value)
	}
	return nil
}

var contentDigest = lazyregexp.New(`^[0-9a-f]{64}$`)

// parseHistory reads the lines of history.jsonl, oldest first. A damaged line is an error: the release to
// unwind to comes from here, and may not be guessed.
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
