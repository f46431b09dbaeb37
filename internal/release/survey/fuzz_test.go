package survey

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
)

// The record of an activation: a whole line is read, whatever stands before it.
func FuzzParseLive(f *testing.F) {
	const whole = `{"at":"2026-11-21T07:30:00Z","what":"switch","state":"intent","release":"20261121-073000-1a2b3c4-9f3c51"}` + "\n"
	f.Add("")
	f.Add(whole[:40])
	f.Add("\x00\x00" + whole)
	f.Add(`{"at":1,"what":[]}`)
	f.Fuzz(func(t *testing.T, before string) {
		entries := parseLive(before + "\n" + whole)
		if len(entries) == 0 || entries[len(entries)-1].What != "switch" {
			t.Errorf("%q hides the line behind it: %+v", before, entries)
		}
		for _, entry := range entries {
			if entry.What == "" {
				t.Errorf("%q gives %+v", before, entry)
			}
		}
	})
}

func FuzzParseTry(f *testing.F) {
	f.Add("migrate-1-migrate/do-12\nabc 3\nexit 0   \n")
	f.Add("prepare-2-a/undo-1\n\n\nrunning")
	f.Add("a\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		try, err := parseTry(text)
		if err == nil && (try.Folder != text[:strings.IndexAny(text+"/", "/\n")] || try.Fingerprint == "-") {
			t.Errorf("%q is %+v", text, try)
		}
		_, _, _ = try.Phase(), try.Number(), try.Slug()
		_ = try.Of(deploy.Step{Name: "Migrate"})
	})
}

func FuzzParseFree(f *testing.F) {
	f.Add("Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 65790824 7613712 54804188 13% /\n")
	f.Add("none - - - - /srv\n")
	f.Fuzz(func(t *testing.T, df string) {
		if free, err := parseFree(df); free < -1 || err != nil && free != 0 {
			t.Errorf("%q: %d, %v", df, free, err)
		}
	})
}

// The history: damage is an error, and never a shorter history.
func FuzzParseHistory(f *testing.F) {
	const whole = `{"at":"2026-11-20T07:30:00Z","release":"20261121-073000-1a2b3c4-9f3c51","outcome":"activated"}` + "\n"
	f.Add(whole)
	f.Add(whole[:20])
	f.Add("{}\n")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := parseHistory(text, release.Site{Root: "/srv/www"})
		if err == nil && len(entries) != strings.Count(text, "\n")+min(1, len(text[strings.LastIndex(text, "\n")+1:])) {
			t.Errorf("%q has %d entries", text, len(entries))
		}
		for _, entry := range entries {
			if _, err := json.Marshal(entry); err != nil {
				t.Errorf("%+v: %v", entry, err)
			}
		}
	})
}

// What a host keeps of past deployments: whatever it prints, a journal has its own parts, and a line that cannot be read hides no other.
func FuzzParsePast(f *testing.F) {
	const whole = `{"at":"2026-11-20T07:30:00Z","release":"20261121-073000-1a2b3c4-9f3c51","outcome":"activated"}`
	f.Add("history=" + whole + "\n\x00journal=412\x00begun=1795246200\n\x00outcome=activated\x00ended=1795246221\n\x00end=1\x00")
	f.Add("journal=412\x00failed={\"at\":1,\"what\":\"verify\"}\x00try=a/do-1\n\n\n\x00try=half\x00odd=x\x00end=1\x00")
	f.Add("begun=1\x00")
	f.Fuzz(func(t *testing.T, text string) {
		past, err := parsePast([]byte(text))
		if err != nil {
			return
		}
		for _, j := range past.Journals {
			if !j.Ended.IsZero() && j.Ended.Unix() <= 0 {
				t.Errorf("%q gives %+v", text, j)
			}
		}
		if strings.ContainsRune(text, 0) {
			return
		}
		past, err = parsePast([]byte("history=" + text + "\n" + whole + "\n\x00end=1\x00"))
		if n := len(past.History); err != nil || n == 0 || past.History[n-1].Outcome != "activated" {
			t.Errorf("%q hides the line behind it: %+v, %v", text, past, err)
		}
	})
}

// Drift: whatever a host says, in whatever pieces, is read or refused, and no more is listed than there is.
func FuzzDrift(f *testing.F) {
	f.Add("staged 1\n1 81a4 3 5 5 ./a\n2 81a4 3 4 4 ./a\n4 - - - - ./a\n1 end 0\ncompared 1\n", 7)
	f.Add("missing ./a\ncompared 1\n", 1)
	f.Add("staged x\n", 3)
	f.Fuzz(func(t *testing.T, text string, piece int) {
		piece = max(1, piece)
		var found Differences
		output, err := Drift(release.Site{}, "", func(string) bool { return false }, &found).Output()
		for rest := text; err == nil && rest != ""; {
			n := min(piece, len(rest))
			_, err = output.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		if err = output.End(err); err == nil && (!strings.HasSuffix(text, "\n") || len(found.List) > found.Count || len(found.List) > mostDifferences) {
			t.Errorf("%q gives %+v", text, found)
		}
	})
}
