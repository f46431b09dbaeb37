package ci

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Pull is the pull request that a run is for.
type Pull struct {
	Number int
	Fork   bool // its commits are another repository's, so that the run's token may only read
}

// maxEvent is how large the file of an event may be, in bytes: GitHub sends none of more than 25 MB.
const maxEvent = 25 << 20

// Pull reads the pull request out of the event that caused the run (GITHUB_EVENT_PATH).
func (f *Files) Pull() (Pull, error) {
	file, err := os.Open(f.getenv("GITHUB_EVENT_PATH"))
	if err != nil {
		return Pull{}, fmt.Errorf("GITHUB_EVENT_PATH: %w", err)
	}
	defer file.Close()
	type side struct {
		Repo struct { // null where it was deleted
			Name string `json:"full_name"`
		}
	}
	var event struct {
		Number int
		Pull   struct{ Head, Base side } `json:"pull_request"`
	}
	if err := json.NewDecoder(io.LimitReader(file, maxEvent)).Decode(&event); err != nil {
		return Pull{}, fmt.Errorf("GITHUB_EVENT_PATH: %w", err)
	}
	if event.Number < 1 {
		return Pull{}, errors.New("GITHUB_EVENT_PATH: the event is of no pull request")
	}
	return Pull{Number: event.Number, Fork: !strings.EqualFold(event.Pull.Head.Repo.Name, event.Pull.Base.Repo.Name)}, nil
}
