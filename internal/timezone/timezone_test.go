package timezone

import (
	"testing"
	"time"
)

// What is embedded knows both offsets of a zone that has them, and no file that is none.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	zone, err := embedded("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for month, want := range map[time.Month]int{time.January: 3600, time.July: 7200} {
		if _, got := time.Date(2026, month, 1, 12, 0, 0, 0, zone).Zone(); got != want {
			t.Errorf("in %s %d seconds east of UTC, want %d", month, got, want)
		}
	}
	for _, name := range []string{"Europe/Berlun", "Europe", "../Europe/Berlin", ""} {
		if zone, err := embedded(name); err == nil {
			t.Errorf("%q is %v", name, zone)
		}
	}
}

// A zone has the name that it was asked for by, and what is none is an error.
func TestLoad(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"America/New_York": true, "UTC": true, "Asia/Atlantis": false, "/etc/passwd": false} {
		if zone, err := Load(name); (err == nil) != known || known && zone.String() != name {
			t.Errorf("%s: %v, %v", name, zone, err)
		}
	}
}
