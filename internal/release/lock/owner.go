package lock

import (
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Who is an owner for people: "run https://... attempt 2 by anna, 3m (deploy)", or "(deploy shard 2/5)". The age is now, by the reader's clock, less
// what the owner's clock said: a clock in the future makes none.
func Who(owner deploy.LockOwner, now time.Time) string {
	who := "an owner that left no name"
	switch {
	case owner.RunURL != "":
		who = "run " + owner.RunURL
	case owner.Deployment != "":
		who = "deployment " + string(owner.Deployment)
	}
	if owner.Attempt > 1 {
		who += fmt.Sprintf(" attempt %d", owner.Attempt)
	}
	if owner.Actor != "" {
		who += " by " + owner.Actor
	}
	if age := now.Sub(owner.Since); !owner.Since.IsZero() && age >= 0 {
		who += ", " + Age(age)
	}
	what := owner.Command
	if owner.Shard != "" {
		what = deploy.Joined(" ", what, "shard "+owner.Shard)
	}
	if what != "" {
		who += " (" + what + ")"
	}
	return who
}

// Age is a duration in its largest unit: "45s", "3m", "2h", "4d".
func Age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return fmt.Sprintf("%dd", d/day)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
