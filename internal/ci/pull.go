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

// readEvent reads the event that caused the run.
func readEvent(getenv func(string) string, event any) error {
	file, err := os.Open(getenv("GITHUB_EVENT_PATH"))
	if err == nil {
		defer file.Close()
		err = json.NewDecoder(io.LimitReader(file, maxEvent)).Decode(event)
	}
	if err != nil {
		return fmt.Errorf("GITHUB_EVENT_PATH: %w", err)
	}
	return nil
}

// Pull reads the pull request out of the event that caused the run.
func (f *Files) Pull() (Pull, error) {
	type side struct {
		Repo struct { // null where it was deleted
			Name string `json:"full_name"`
		}
	}
	var event struct {
		Number int
		Pull   struct{ Head, Base side } `json:"pull_request"`
	}
	if err := readEvent(f.getenv, &event); err != nil {
		return Pull{}, err
	}
	if event.Number < 1 {
		return Pull{}, errors.New("GITHUB_EVENT_PATH: the event is of no pull request")
	}
	return Pull{Number: event.Number, Fork: !strings.EqualFold(event.Pull.Head.Repo.Name, event.Pull.Base.Repo.Name)}, nil
}
