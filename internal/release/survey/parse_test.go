package survey

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
)

func TestParseFree(t *testing.T) {
	const header = "Filesystem     1024-blocks    Used Available Capacity Mounted on\n"
	for _, test := range []struct {
		name, df string
		want     int64
		fails    bool
	}{
		{"coreutils", header + "/dev/vda           65790824 7613712  54804188      13% /\n", 54804188, false},
		{"spaces in both names", header + "//nas/my share 100 60 40 60% /mnt/my share\n", 40, false},
		{"below zero", header + "/dev/vda 100 99 -4 105% /srv\n", 0, false},
		{"no number of inodes", header + "/dev/vda 0 0 0 - /srv\n", -1, false},
		{"BusyBox without inodes", header + "/dev/vda 0 0 0 0% /srv\n", -1, false},
		{"dashes", header + "none - - - - /srv\n", -1, false},
		{"no df", "", -1, false},
		{"only a header", header, -1, false},
		{"another language", header + "Fehler: etwas ging schief\n", 0, true},
		{"too long a number", header + "/dev/vda 1 1 99999999999999999999 1% /\n", 0, true},
	} {
		got, err := parseFree(test.df)
		if got != test.want || (err != nil) != test.fails {
			t.Errorf("%s: %d, %v", test.name, got, err)
		}
	}
}

const answer = "clock=1763710200\n\x00user=deploy\n\x00tool=tar /bin/tar\n\x00" +
	"space=\x00inodes=\x00current=none\x00release=20261121-073000-1a2b3c4-9f3c51 staged bad\x00end=1\x00"

func TestParseRefuses(t *testing.T) {
	site := release.Site{Root: "/srv/www"}
	if _, err := parse([]byte(answer), site, time.Unix(1763710200, 0)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":          "",
		"cut":            answer[:len(answer)-1],
		"no end":         strings.TrimSuffix(answer, "end=1\x00"),
		"a banner":       "Welcome to web1!\n" + answer,
		"a part twice":   "current=none\x00" + answer,
		"an odd part":    "weather=fine\x00" + answer,
		"no clock":       strings.Replace(answer, "1763710200", "", 1),
		"an odd current": strings.Replace(answer, "current=none", "current=socket", 1),
	} {
		if facts, err := parse([]byte(text), site, time.Now()); err == nil {
			t.Errorf("%s gives %+v", name, facts)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(answer))
	f.Add([]byte("history={}\x00current=link a\x00unwritable=.\x00format=1\x00"))
	f.Fuzz(func(t *testing.T, out []byte) {
		facts, err := parse(out, release.Site{Root: "/srv/www"}, time.Unix(0, 0))
		if err == nil && (facts.Current == "" || facts.User == "" && !strings.Contains(string(out), "user=\n\x00") && !strings.Contains(string(out), "user=\x00")) {
			t.Errorf("%q gives %+v", out, facts)
		}
	})
}

func TestParseLive(t *testing.T) {
	const whole = `{"at":"2026-11-21T07:30:00Z","what":"switch","state":"intent","target":"releases/{\"at\""}` + "\n"
	for name, test := range map[string]struct {
		text string
		want int
	}{
		"none":             {"", 0},
		"two":              {whole + whole, 2},
		"the last is torn": {whole + whole[:40], 1},
		"one is torn, and the next stands behind it": {whole[:40] + strings.ReplaceAll(whole, `\"at\"`, ""), 1},
		"all is NUL":      {whole + "\x00\x00\x00\n" + whole, 2},
		"nothing is said": {"{}\n" + whole, 1},
	} {
		if got := parseLive(test.text); len(got) != test.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestParseTry(t *testing.T) {
	for text, want := range map[string]deploy.StepFacts{
		"migrate-1-migrate/do-12\nabc 3\nexit 0   \n": {Folder: "migrate-1-migrate", Try: 12, Fingerprint: "abc", Attempt: 3, Status: "exit 0"},
		"prepare-2-a/undo-1\n\n\nrunning":             {Folder: "prepare-2-a", Undo: true, Try: 1, Running: true},
		"prepare-2-a/do-1\n- 1\n\n void":              {Folder: "prepare-2-a", Try: 1, Attempt: 1, Void: true},
	} {
		if got, err := parseTry(text); err != nil || got != want {
			t.Errorf("%q gives %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "a\n\n\n", "a/do-\n\n\n", "a/redo-1\n\n\n", "a/do-1\n\n"} {
		if got, err := parseTry(text); err == nil {
			t.Errorf("%q gives %+v", text, got)
		}
	}
}
