package hostlist

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"web1":             "web1",
		"":                 "",
		"web[1:3]":         "web1 web2 web3",
		"web[08:10].x":     "web08.x web09.x web10.x",
		"web[0:1]":         "web0 web1",
		"[a:c]":            "a b c",
		"a[1:2]b[c:d]":     "a1bc a1bd a2bc a2bd",
		"u@[2001:db8::1]":  "u@[2001:db8::1]",
		"u@[::1]:22":       "u@[::1]:22",
		"[1:2:3]":          "[1:2:3]",
		"[1:]":             "[1:]",
		"[A:C]":            "[A:C]",
		"[1234567:123456]": "[1234567:123456]",
		"[5:5]":            "5",
	} {
		got, err := Expand(text)
		if diff := cmp.Diff(strings.Split(want, " "), got); err != nil || diff != "" {
			t.Errorf("%q: %v %s", text, err, diff)
		}
	}
	for _, text := range []string{"[3:1]", "[c:a]", "[01:2]", "[001:10]", "[0:1000]", "[0:99][0:10]", "[1:10][1:10][1:11]"} {
		if got, err := Expand(text); err == nil {
			t.Errorf("%q is %d names", text, len(got))
		}
	}
}

// FuzzExpand holds that a text stands for as many names as its bound allows, each once, and none with a range in it, but where the
// names themselves put one together.
func FuzzExpand(f *testing.F) {
	for _, text := range []string{"web[01:12].example.com", "a[1:2]b[c:d]", "u@[::1]:22", "[0:999]", "[[1:2]:3]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		names, err := Expand(text)
		if (err == nil) == (len(names) == 0) || len(names) > MostInRange {
			t.Fatalf("%q: %d names, %v", text, len(names), err)
		}
		if err == nil && len(rangePart.FindAllString(text, -1)) == 0 && !slices.Equal(names, []string{text}) {
			t.Errorf("%q has no range and stands for %s", text, fmt.Sprint(names))
		}
		slices.Sort(names)
		if len(slices.Compact(names)) != len(names) && len(rangePart.FindAllString(text, -1)) < 2 {
			t.Errorf("%q: a name twice", text)
		}
	})
}
