package ci

import (
	"cmp"
	"strings"
)

func drone() platform {
	return platform{
		name: "drone",
		here: func(getenv func(string) string) bool { return getenv("DRONE") == "true" },
		run:  droneRun,
	}
}

// droneRun goes by the variables of https://docs.drone.io/pipeline/environment/reference. A build has its number within the repository
// and no attempts: one that is started again is a build with a number of its own, and does not say which it repeats.
func droneRun(getenv func(string) string) Run {
	run := Run{
		Platform:   "drone",
		Repository: getenv("DRONE_REPO"),
		RunID:      getenv("DRONE_BUILD_NUMBER"),
		RunNumber:  getenv("DRONE_BUILD_NUMBER"),
		Attempt:    1,
		Job:        getenv("DRONE_STAGE_NAME"),
		Step:       getenv("DRONE_STEP_NAME"),
		Actor:      getenv("DRONE_COMMIT_AUTHOR"), // whom the commit names: whoever pushes may write another
		Ref:        getenv("DRONE_COMMIT_REF"),
		SHA:        getenv("DRONE_COMMIT_SHA"),
		Event:      getenv("DRONE_BUILD_EVENT"),
		URL:        getenv("DRONE_BUILD_LINK"),
		Workspace:  cmp.Or(getenv("DRONE_WORKSPACE"), getenv("DRONE_WORKSPACE_BASE")),
	}
	if host := getenv("DRONE_SYSTEM_HOST"); host != "" {
		run.Server = cmp.Or(getenv("DRONE_SYSTEM_PROTO"), "https") + "://" + host
	}
	if trigger := getenv("DRONE_BUILD_TRIGGER"); !strings.HasPrefix(trigger, "@") { // @hook, @cron: nobody says who pushed
		run.TriggeringActor = trigger
	}
	switch run.Event {
	case "promote", "rollback", "custom":
		run.Dispatched = true
	}
	proposedTo(&run)
	return run
}
