package lock_test

import (
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/lock"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want deploy.LockState
		bad  bool
	}{
		"never taken":    {"", deploy.LockState{}, false},
		"held":           {"12 held 7.3\n{\"attempt\":2}\n", deploy.LockState{Generation: 12, Beat: "7.3", Owner: deploy.LockOwner{Attempt: 2}}, false},
		"given back":     {"12 released \n\n", deploy.LockState{Generation: 12, Released: true}, false},
		"owner cut off":  {"1 held 7.3\n{\"attempt\":2", deploy.LockState{Generation: 1, Beat: "7.3"}, false},
		"beat of words":  {"1 held a b\n\n", deploy.LockState{Generation: 1, Beat: "a b"}, false},
		"something else": {"Welcome to web1!\n", deploy.LockState{}, true},
		"no generation":  {"0 held -\n\n", deploy.LockState{}, true},
		"no number":      {"x held -\n\n", deploy.LockState{}, true},
		"no such state":  {"1 maybe -\n\n", deploy.LockState{}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := lock.Parse(test.text)
			if got != test.want || (err != nil) != test.bad {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestWho(t *testing.T) {
	t.Parallel()
	now := anna.Since.Add(3 * time.Minute)
	again := anna
	again.Attempt = 2
	for want, got := range map[string]string{
		"run https://ci/412 by anna, 3m (deploy)":           lock.Who(anna, now),
		"run https://ci/412 attempt 2 by anna, 4d (deploy)": lock.Who(again, now.Add(96*time.Hour)),
		"run https://ci/412 by anna (deploy)":               lock.Who(anna, now.Add(-time.Hour)), // a clock in the future
		"deployment 413-deploy-b by ben (deploy)":           lock.Who(ben, now),
		"an owner that left no name":                        lock.Who(deploy.LockOwner{}, now),
	} {
		if got != want {
			t.Errorf("got %q, wanted %q", got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "1 held x\n{}\n", "2 released \n\n", "0 held\n", "1 held"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		state, err := lock.Parse(text)
		if err != nil && state != (deploy.LockState{}) {
			t.Errorf("%q is an error and %+v", text, state)
		}
		if err == nil && text != "" && state.Generation < 1 {
			t.Errorf("%q has no generation", text)
		}
	})
}
