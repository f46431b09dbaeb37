package plan

import (
	"fmt"
	"strings"
	"time"
)

// tolerableSkew is how far a host's clock may be off before people hear of it. Nothing of Slipway's own depends on it.
const tolerableSkew = 5 * time.Minute

// ClocksOff warns of hosts whose clocks are off: steps that use TLS may fail on them, and on no other host.
func (s *Schedule) ClocksOff() (warnings []string) {
	for _, h := range s.Hosts {
		if skew := h.Facts.ClockSkew; skew.Abs() > tolerableSkew {
			warnings = append(warnings, fmt.Sprintf("%s: its clock is %s; steps that use TLS or signed requests may fail there until it is set (NTP)",
				h.Name, ahead(skew)))
		}
	}
	return warnings
}

func ahead(skew time.Duration) string {
	direction := "ahead of"
	if skew < 0 {
		direction = "behind"
	}
	return strings.TrimSuffix(skew.Abs().Round(time.Minute).String(), "0s") + " " + direction + " this runner's"
}
