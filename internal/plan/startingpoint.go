package plan

import (
	"fmt"
	"slices"
	"strings"
)

// StartingPoint says what the fleet runs now: "3 hosts, all on 20261119-101500-77aa001-02be44".
func (s *Schedule) StartingPoint() string {
	serving := s.Serving()
	var releases []string
	lost, without := 0, 0
	for _, h := range serving {
		switch before := h.Before.String(); {
		case s.nothingLive(h) != "":
			lost++
			without++
		case h.Before.None():
			without++
		case !slices.Contains(releases, before):
			releases = append(releases, before)
		}
	}
	hosts := fmt.Sprintf("%d hosts", len(serving))
	if len(serving) == 1 {
		hosts = "1 host"
	}
	runs := "all on "
	if len(serving) == 1 {
		runs = "on "
	} else if without > 0 {
		runs = fmt.Sprintf("%d on ", len(serving)-without)
	}
	switch {
	case without == len(serving) && lost > 0:
		return hosts + ", nothing live"
	case without == len(serving):
		return hosts + ", first deployment"
	case len(releases) == 1:
		runs += releases[0]
	default:
		runs = strings.TrimPrefix(runs, "all ") + fmt.Sprintf("%d different releases", len(releases))
	}
	if without > 0 {
		runs += fmt.Sprintf(", %d with none", without)
	}
	return hosts + ", " + runs
}
