package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

func parsed(t *testing.T, text string) Window {
	t.Helper()
	w, err := ParseWindow(text, deploy.Position{File: "slipway.yml", Line: 7, Column: 3})
	if err != nil {
		t.Fatalf("%s %v", text, err)
	}
	return w
}

// Moments are UTC. In 2026 Berlin's clocks go forward on 29 March at 01:00 UTC (02:00 to 03:00) and back on 25 October at 01:00 UTC
// (03:00 to 02:00). 27 November 2026 is a Friday.
func TestWindows(t *testing.T) {
	const weekend, night, freeze = "Fri 15:00-Mon 08:00 Europe/Berlin", "22:00-06:00 Europe/Berlin", "2026-12-23 12:00 - 2027-01-04 08:00 Europe/Berlin"
	for _, c := range []struct{ window, now, until string }{
		{weekend, "2026-11-27T13:59:59Z", ""},
		{weekend, "2026-11-27T14:00:00Z", "2026-11-30T07:00:00Z"},
		{weekend, "2026-11-29T23:59:59Z", "2026-11-30T07:00:00Z"},
		{weekend, "2026-11-30T07:00:00Z", ""},
		{weekend, "2026-07-03T12:59:59Z", ""}, // in summer the same clock is an hour earlier
		{weekend, "2026-07-03T13:00:00Z", "2026-07-06T06:00:00Z"},
		{weekend, "2026-03-29T12:00:00Z", "2026-03-30T06:00:00Z"}, // it began in winter time and ends in summer time
		{weekend, "2026-10-25T12:00:00Z", "2026-10-26T07:00:00Z"},

		{night, "2026-11-25T20:59:59Z", ""},
		{night, "2026-11-25T21:00:00Z", "2026-11-26T05:00:00Z"},
		{night, "2026-11-26T04:59:59Z", "2026-11-26T05:00:00Z"},
		{night, "2026-11-26T05:00:00Z", ""},
		{"09:00-17:00 America/Port-au-Prince", "2026-11-25T14:00:00Z", "2026-11-25T22:00:00Z"},
		{"09:00-17:00 America/Port-au-Prince", "2026-11-25T22:00:00Z", ""},
		{"00:00-24:00 UTC", "2026-11-25T23:59:59Z", "2026-11-26T00:00:00Z"},

		{freeze, "2026-12-23T10:59:59Z", ""},
		{freeze, "2026-12-23T11:00:00Z", "2027-01-04T07:00:00Z"},
		{freeze, "2027-12-24T11:00:00Z", ""},

		// A time that the clock jumps over is when it jumps; one that it shows twice begins a window the first time, and ends it the last.
		{"Sun 02:30-Sun 12:00 Europe/Berlin", "2026-03-29T00:59:59Z", ""},
		{"Sun 02:30-Sun 12:00 Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T10:00:00Z"},
		{"Sat 12:00-Sun 02:30 Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"},
		{"Sat 12:00-Sun 02:30 Europe/Berlin", "2026-03-29T01:00:00Z", ""},
		{"Sun 02:30-Sun 12:00 Europe/Berlin", "2026-10-25T00:29:59Z", ""},
		{"Sun 02:30-Sun 12:00 Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T11:00:00Z"},
		{"Sun 02:30-Sun 12:00 Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-25T11:00:00Z"},
		{"Sat 12:00-Sun 02:30 Europe/Berlin", "2026-10-25T01:29:59Z", "2026-10-25T01:30:00Z"},
		{"Sat 12:00-Sun 02:30 Europe/Berlin", "2026-10-25T01:30:00Z", ""},

		{"Mon 08:00-Mon 07:00 UTC", "2026-11-30T06:59:59Z", "2026-11-30T07:00:00Z"}, // all week but for an hour
		{"Mon 08:00-Mon 07:00 UTC", "2026-11-30T07:30:00Z", ""},
		{"Mon 08:00-Mon 07:00 UTC", "2026-11-30T08:00:00Z", "2026-12-07T07:00:00Z"},
		{"Sun 20:00-Mon 04:00 Pacific/Kiritimati", "2026-11-29T06:00:00Z", "2026-11-29T14:00:00Z"}, // 14 hours ahead of UTC
		{"Sun 20:00-Mon 04:00 Pacific/Pago_Pago", "2026-11-30T14:59:59Z", "2026-11-30T15:00:00Z"},  // 11 hours behind
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		until, holds := parsed(t, c.window).Holds(now)
		got := ""
		if holds {
			got = until.UTC().Format(time.RFC3339)
		}
		if got != c.until {
			t.Errorf("%s at %s: until %q, want %q", c.window, c.now, got, c.until)
		}
	}
}

func TestNoWindows(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "no time of the week",
		"weekends":                              "no time of the week",
		"Fri 15:00-Mon 08:00":                   "names no time zone",
		"Fri 15:00-Mon 08:00 Europe/Berlim":     "Europe/Berlim",
		"Fri 15:00-Mon 08:00 Local":             "another on every machine",
		"Fri 25:00-Mon 08:00 UTC":               "24:00",
		"Fri 15:60-Mon 08:00 UTC":               "24:00",
		"Freitag 15:00-Mon 08:00 UTC":           "Freitag 15:00",
		"Fri 15:00-08:00 UTC":                   "one form",
		"Fri 15:00-Fri 15:00 UTC":               "at the same time",
		"2026-02-30 12:00-2026-03-01 12:00 UTC": "no such day",
		"2026-03-02 12:00-2026-03-01 12:00 UTC": "ends before",
		"Fri 15:00-Mon 08:00 ../../etc/passwd":  "no time zone",
	} {
		if _, err := ParseWindow(text, deploy.Position{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// FuzzWindow: what parses has an end that lies after every moment in it, and neither panics.
func FuzzWindow(f *testing.F) {
	f.Add("Fri 15:00-Mon 08:00 Europe/Berlin", int64(1_790_000_000))
	f.Add("22:00-06:00 America/St_Johns", int64(1_800_000_000))
	f.Add("2026-12-23 12:00-2027-01-04 08:00 UTC", int64(1_798_000_000))
	f.Fuzz(func(t *testing.T, text string, at int64) {
		w, err := ParseWindow(text, deploy.Position{})
		if err != nil {
			return
		}
		now := time.Unix(at%(1<<34), 0)
		if until, holds := w.Holds(now); holds && !until.After(now) {
			t.Errorf("%q holds at %s until %s", text, now.UTC(), until.UTC())
		}
	})
}
