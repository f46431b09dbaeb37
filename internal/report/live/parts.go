package live

import (
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

// partTexts are the parts of an activation with their times; several verifications become one count.
func partTexts(spans []deploy.Span) []string {
	var parts []string
	verified, tookVerify, at := 0, time.Duration(0), -1
	for _, span := range spans {
		if span.Outcome == deploy.NotRun {
			continue
		}
		if span.Part == deploy.PartVerify {
			if verified++; verified == 1 {
				at = len(parts)
				parts = append(parts, "")
			}
			tookVerify += span.Duration
			parts[at] = span.Step + " " + layout.Seconds(span.Duration)
			continue
		}
		text := span.Step + " " + layout.Seconds(span.Duration)
		if !span.Note.IsZero() {
			text += " (" + span.Note.String() + ")"
		}
		parts = append(parts, text)
	}
	if verified > 1 {
		parts[at] = fmt.Sprintf("verify %d/%d %s", verified, verified, layout.Seconds(tookVerify))
	}
	return parts
}
