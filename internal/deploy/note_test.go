package deploy

import (
	"slices"
	"testing"
)

func TestReadNote(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		short   string
		applied []string
		nothing bool
	}{
		"slipway-note: 2 applied: shop.0042, shop.0043 ":        {short: "2 applied", applied: []string{"shop.0042", "shop.0043"}},
		"slipway-note: 1 applied: shop.0042":                    {short: "1 applied", applied: []string{"shop.0042"}},
		"slipway-note: 9 applied: a, b and 7 more":              {short: "9 applied", applied: []string{"a", "b and 7 more"}},
		"slipway-note: 1 applied":                               {short: "1 applied"},
		"slipway-note: nothing to apply":                        {short: "nothing to apply", nothing: true},
		"slipway-note: saved: /var/backups/db.sql, 12 MB":       {short: "saved: /var/backups/db.sql, 12 MB"},
		"slipway-note: after 1s 1 connection(s) are left: http": {short: "after 1s 1 connection(s) are left: http"},
	} {
		note, ok := ReadNote(line)
		if !ok || note.Short != want.short || !slices.Equal(note.Applied, want.applied) || note.Nothing != want.nothing {
			t.Errorf("%q: %+v, %v", line, note, ok)
		}
		if whole := noteMark + note.String(); whole != line && whole+" " != line {
			t.Errorf("%q is shown as %q", line, whole)
		}
	}
	for _, line := range []string{"", "slipway-note:", " slipway-note: x", "2 applied: a"} {
		if note, ok := ReadNote(line); ok {
			t.Errorf("%q: %+v", line, note)
		}
	}
}
