package deploy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A fleet's variables are kept once, and each host has its own back.
func TestUndos(t *testing.T) {
	t.Parallel()
	vars := map[string]map[string]string{
		"web1": {"APP": "shop", "SLIPWAY_HOST": "web1", "ONLY": "here"}, "web2": {"APP": "shop", "SLIPWAY_HOST": "web2"}, "web3": {"APP": "other"},
	}
	migrate, quiet := Step{Name: "Migrate", Number: 2}, Step{Name: "Quiet", Number: 1}
	u := NewUndos([]UndoneStep{{migrate, []string{"web2"}}, {quiet, []string{"web1", "web2"}}}, vars)
	if diff := cmp.Diff(map[string]string{"APP": "shop"}, u.Vars); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"web2", "web1"}, u.Hosts()); diff != "" {
		t.Error(diff)
	}
	want := []Toggle{{Name: "Migrate", Step: &migrate, Vars: vars["web2"]}, {Name: "Quiet", Step: &quiet, Vars: vars["web2"]}}
	if diff := cmp.Diff(want, u.On("web2")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[1:], []Toggle{{Name: "Quiet", Step: &quiet, Vars: u.On("web2")[1].Vars}}); diff != "" {
		t.Error(diff)
	}
	if got := u.On("web1"); len(got) != 1 || !cmp.Equal(got[0].Vars, vars["web1"]) || len(u.On("web3")) != 0 {
		t.Errorf("%v, %v", got, u.On("web3"))
	}
}

// The newest whole counts, until it is said that every host has its part.
func TestHalfIntended(t *testing.T) {
	t.Parallel()
	intent := func(name string) LiveEntry {
		return LiveEntry{What: LiveUndos, State: RecordIntent, Undos: &Undos{Steps: []UndoneStep{{Step: Step{Name: name}}}}}
	}
	part, done := LiveEntry{What: LiveUndo, State: RecordIntent, Toggle: &Toggle{}}, LiveEntry{What: LiveUndos, State: RecordOK}
	for name, test := range map[string]struct {
		live []LiveEntry
		want string
	}{
		"nothing":              {nil, ""},
		"a part alone":         {[]LiveEntry{part}, ""},
		"the whole":            {[]LiveEntry{intent("a"), part}, "a"},
		"every part":           {[]LiveEntry{intent("a"), part, done}, ""},
		"the next attempt's":   {[]LiveEntry{intent("a"), done, intent("b")}, "b"},
		"without what it says": {[]LiveEntry{{What: LiveUndos, State: RecordIntent}}, ""},
	} {
		u, ok := HalfIntended(test.live)
		if ok != (test.want != "") || ok && u.Steps[0].Step.Name != test.want {
			t.Errorf("%s: %v, %t", name, u, ok)
		}
	}
}

// A part counts as confirmed once it is said after it that every host has its own.
func TestUnconfirmed(t *testing.T) {
	t.Parallel()
	part, done := LiveEntry{What: LiveUndo, State: RecordIntent, Keeper: "web1"}, LiveEntry{What: LiveUndos, State: RecordOK}
	undone := LiveEntry{What: LiveUndo, State: RecordOK}
	for name, test := range map[string]struct {
		live []LiveEntry
		want string
	}{
		"nothing":            {nil, ""},
		"a part":             {[]LiveEntry{part}, "web1"},
		"confirmed":          {[]LiveEntry{part, done}, ""},
		"undone":             {[]LiveEntry{part, done, undone}, ""},
		"the next attempt's": {[]LiveEntry{part, done, undone, part}, "web1"},
	} {
		if got := Unconfirmed(test.live); got != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
