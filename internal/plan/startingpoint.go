package plan

import (
	"fmt"
	"slices"
)

// StartingPoint says what the fleet runs now: "3 hosts, all on 20261119-101500-77aa001-02be44".
func (s *Schedule) StartingPoint() string {
	serving := s.Serving()
	var releases []string
	lost, without := 0, 0
	for _, h := range serving {
		switch live := h.live(); {
		case s.nothingLive(h) != "":
			lost++
			without++
		case live.None():
			without++
		case !slices.Contains(releases, live.String()):
			releases = append(releases, live.String())
		}
	}
	hosts := fmt.Sprintf("%d hosts", len(serving))
	if len(serving) == 1 {
		hosts = "1 host"
	}
	where := fmt.Sprintf("%d different releases", len(releases))
	if len(releases) == 1 {
		where = releases[0]
	}
	switch {
	case without == len(serving) && lost > 0:
		return hosts + ", nothing live"
	case without == len(serving):
		return hosts + ", first deployment"
	case without > 0:
		return fmt.Sprintf("%s, %d on %s, %d with none", hosts, len(serving)-without, where, without)
	case len(serving) > 1 && len(releases) == 1:
		return hosts + ", all on " + where
	}
	return hosts + ", on " + where
}
