package page

import (
	"fmt"
	"strings"
	"time"
)

// Commits reads the times of commits as `git log --format='%H %cI'` prints them.
func Commits(text string) (map[string]time.Time, error) {
	commits := map[string]time.Time{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		name, date, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" {
			continue
		}
		made, err := time.Parse(time.RFC3339, date)
		if err != nil {
			return nil, fmt.Errorf("line %d of the commits is not as `git log --format='%%H %%cI'` prints it: %.80q", number, line)
		}
		commits[name] = made
	}
	return commits, nil
}
