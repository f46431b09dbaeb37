package deploy

import (
	"strings"
	"testing"
)

func TestPaths(t *testing.T) {
	t.Parallel()
	first := PathID{ID: "a", Machine: "m", Folder: "1:2", Path: "/srv/site"}
	for name, test := range map[string]struct {
		second      PathID
		cause, hint string // "" is none: they are two
	}{
		"two":                {PathID{"b", "m", "1:3", "/srv/other"}, "", ""},
		"not there yet":      {PathID{"", "m", "", "/srv/site"}, "", ""},
		"another machine":    {PathID{"a", "n", "1:2", "/srv/site"}, "", ""},
		"one by two names":   {PathID{"a", "m", "1:2", "/srv/site"}, "is the same machine and deploy path as web1", "name each host once"},
		"one by a link":      {PathID{"a", "m", "1:2", "/srv/link"}, "is the same machine and deploy path as web1", "name each host once"},
		"made this moment":   {PathID{"a", "m", "", "/srv/site"}, "is the same machine and deploy path as web1", "name each host once"},
		"a copy":             {PathID{"a", "m", "1:3", "/srv/copy"}, "/srv/copy has the ID of /srv/site, the deploy path of web1: one was copied", "/srv/copy/.slipway/id"},
		"of one image":       {PathID{"a", "m", "9:2", "/srv/site"}, "is another machine than web1 and cannot be told from it: both were made from one image", "delete /srv/site/.slipway/id on one"},
		"a copy with spaces": {PathID{"a", "m", "1:3", "/srv/a copy/"}, "/srv/a copy/ has the ID", "/srv/a copy/.slipway/id"},
	} {
		paths := Paths{}
		if err := paths.Add("web1", first); err != nil {
			t.Fatal(err)
		}
		err := paths.Add("web2", test.second)
		switch {
		case test.cause == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.cause != "" && (err == nil || !strings.HasPrefix(err.Cause.Error(), test.cause) || !strings.Contains(err.Hint, test.hint)):
			t.Errorf("%s: %v, want %q and %q", name, err, test.cause, test.hint)
		}
	}
}

// What is confused with any of several is found.
func TestPathsSeveral(t *testing.T) {
	t.Parallel()
	paths := Paths{}
	for _, machine := range []string{"m", "n", "o"} {
		if err := paths.Add(machine, PathID{ID: "a", Machine: machine, Folder: "1:2", Path: "/srv/site"}); err != nil {
			t.Errorf("%s: %v", machine, err)
		}
	}
	if err := paths.Add("again", PathID{ID: "a", Machine: "n", Folder: "1:2", Path: "/srv/site"}); err == nil || !strings.HasSuffix(err.Cause.Error(), "as n") {
		t.Errorf("got %v", err)
	}
}
