package policy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/timezone"
)

// Window is a time in which nothing is deployed: of each week, of each day, or once.
type Window struct {
	Rule
	zone     *time.Location
	from, to moment
}

// moment is an end of a window as a calendar and a clock on a wall say it.
type moment struct {
	year         int // 0 is every
	month        time.Month
	day          int
	weekday      time.Weekday
	weekly       bool // weekday counts
	hour, minute int  // 24:00 is the end of a day
}

var (
	windowForm  = lazyregexp.New(`^(\S+(?: \S+)?) ?- ?(\S+(?: [0-9]{1,2}:\S+)?) (\S+)$`)
	momentForm  = lazyregexp.New(`^(?:(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun)|([0-9]{4})-([0-9]{2})-([0-9]{2})) )?([0-9]{2}):([0-9]{2})$`)
	windowDates = lazyregexp.New(`^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}) ?- ?([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}) (\S+)$`)
)

// Forms are how a window may be written.
const Forms = "write `Fri 15:00-Mon 08:00 Europe/Berlin`, `22:00-06:00 Europe/Berlin` for every day, or `2026-12-23 12:00 - 2027-01-04 08:00 Europe/Berlin`"

// ParseWindow reads a window: two times of the same form, and the name of a time zone.
func ParseWindow(text string, at deploy.Position) (Window, error) {
	w := Window{Rule: Rule{text, at}}
	if last := text[strings.LastIndex(text, " ")+1:]; strings.HasSuffix(text, " "+last) && momentForm.MatchString(last) {
		return w, errors.New("names no time zone")
	}
	parts := windowDates.FindStringSubmatch(text)
	if parts == nil {
		parts = windowForm.FindStringSubmatch(text)
	}
	if parts == nil {
		return w, errors.New("is no time of the week, of the day, or between two dates, with a time zone behind it")
	}
	var err error
	if w.from, err = parseMoment(parts[1]); err != nil {
		return w, err
	}
	if w.to, err = parseMoment(parts[2]); err != nil {
		return w, err
	}
	if w.from.weekly != w.to.weekly || (w.from.year == 0) != (w.to.year == 0) {
		return w, errors.New("begins in one form and ends in another")
	}
	if parts[3] == "Local" {
		return w, errors.New("names no time zone: `Local` is another on every machine")
	}
	if w.zone, err = timezone.Load(parts[3]); err != nil {
		return w, fmt.Errorf("has `%s`, which is no time zone of the IANA database", parts[3])
	}
	switch {
	case w.from == w.to:
		return w, errors.New("begins and ends at the same time")
	case w.from.year != 0 && !w.last(w.to, w.to.date()).After(w.first(w.from, w.from.date())):
		return w, errors.New("ends before it begins")
	}
	return w, nil
}

func parseMoment(text string) (moment, error) {
	parts := momentForm.FindStringSubmatch(text)
	if parts == nil {
		return moment{}, fmt.Errorf("has `%s`, which is no time like 08:00, Mon 08:00 or 2027-01-04 08:00", text)
	}
	number := func(i int) int { n, _ := strconv.Atoi(parts[i]); return n }
	m := moment{year: number(2), month: time.Month(number(3)), day: number(4), weekly: parts[1] != "", hour: number(5), minute: number(6)}
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.HasPrefix(day.String(), parts[1]) && m.weekly {
			m.weekday = day
		}
	}
	if m.hour > 24 || m.minute > 59 || m.hour == 24 && m.minute > 0 {
		return moment{}, fmt.Errorf("has `%s`, and a day ends at 24:00", text)
	}
	if date := m.date(); m.year != 0 && (date.Month() != m.month || date.Day() != m.day) {
		return moment{}, fmt.Errorf("has `%s`, and there is no such day", text)
	}
	return m, nil
}

func (m moment) date() time.Time { return time.Date(m.year, m.month, m.day, 0, 0, 0, 0, time.UTC) }

// Holds reports whether a moment lies in the window, and until when that goes on. The window's end is no part of it.
func (w Window) Holds(now time.Time) (until time.Time, holds bool) {
	if w.from.year != 0 {
		return w.between(now, w.from.date(), w.to.date())
	}
	year, month, day := now.In(w.zone).Date()
	today := time.Date(year, month, day, 0, 0, 0, 0, time.UTC) // a calendar's day: UTC has no gaps
	for back := range 9 {
		begins := today.AddDate(0, 0, 1-back) // tomorrow, too: in a zone that skipped a day it has begun
		if w.from.weekly && begins.Weekday() != w.from.weekday {
			continue
		}
		if until, holds = w.between(now, begins, w.ends(begins)); holds {
			return until, true
		}
	}
	return time.Time{}, false
}

// ends is the day on which a window ends that begins on a day.
func (w Window) ends(begins time.Time) time.Time {
	sooner := w.to.hour*60+w.to.minute <= w.from.hour*60+w.from.minute
	days := 0
	if w.from.weekly {
		days = (int(w.to.weekday) - int(w.from.weekday) + 7) % 7
		if days == 0 && sooner {
			days = 7
		}
	} else if sooner {
		days = 1
	}
	return begins.AddDate(0, 0, days)
}

func (w Window) between(now, begins, ends time.Time) (time.Time, bool) {
	from, to := w.first(w.from, begins), w.last(w.to, ends)
	return to, !now.Before(from) && now.Before(to)
}

// first and last are when the clock on the wall shows a time of a day, where it is put back for the first or for the last time. Where
// it is put forward over that time, both are when it is put.
func (w Window) first(m moment, day time.Time) time.Time { return w.shown(m, day, true) }
func (w Window) last(m moment, day time.Time) time.Time  { return w.shown(m, day, false) }

func (w Window) shown(m moment, day time.Time, first bool) time.Time {
	wall := day.Add(time.Duration(m.hour)*time.Hour + time.Duration(m.minute)*time.Minute)
	offset := func(at time.Time) time.Duration {
		_, seconds := at.In(w.zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	// The offsets before and after any change that is near: no place is further than 14 hours from UTC, none changes twice in two days.
	early, late := wall.Add(-offset(wall.Add(-24*time.Hour))), wall.Add(-offset(wall.Add(24*time.Hour)))
	shows := func(at time.Time) bool { return at.Add(offset(at)).Equal(wall) }
	switch {
	case shows(early) && shows(late) && first == early.Before(late), shows(early) && !shows(late):
		return early
	case shows(late):
		return late
	}
	change, _ := early.In(w.zone).ZoneBounds() // put forward over it: in the zone that begins then, the old offset shows a later time
	return change
}

func (v *Verdict) judgeWindows(windows []Window, run Run) {
	for _, w := range windows {
		until, holds := w.Holds(run.Now)
		switch {
		case !holds:
		case run.Override != "" && run.Dispatch:
			v.Overridden = append(v.Overridden, w)
		default:
			hint := "wait, or dispatch it with the input `override_reason`"
			if run.CI == "" {
				hint = "wait, or say why with --override_reason"
			} else if run.Override != "" {
				hint = "`override_reason` counts in a run that a person dispatched, and not in its re-runs: dispatch it with one"
			}
			v.add(&deploy.Problem{
				At: w.At, Message: run.may(fmt.Sprintf("allow.not_on has `%s`, and that holds until %s", w.Text, until.In(w.zone).Format("Mon 2006-01-02 15:04 MST"))),
				Hint: hint,
			})
		}
	}
}
