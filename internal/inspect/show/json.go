package show

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/inspect"
)

// JSON is an answer as `--json` prints it (docs/json.md).
func JSON(answer any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if encoder.Encode(answer) != nil { // cannot fail: plain values only
		return "{}\n"
	}
	return out.String()
}

// Output is an answer as an output of the action, on one line: whole where that fits, else what is left of it after each of shorter.
func Output[Answer any](answer Answer, shorter ...func(*Answer)) string {
	for {
		text, err := json.Marshal(answer)
		if err != nil { // cannot be: plain values only
			return "{}"
		}
		if len(text) <= ci.MaxOutput-len("result=") || len(shorter) == 0 {
			return string(text)
		}
		shorter[0](&answer)
		shorter = shorter[1:]
	}
}

// StatusOutput is a status as the output result: where it is too long, less files, then what is kept, then hosts that are well, then all.
func StatusOutput(s inspect.Status) string {
	return Output(s,
		func(s *inspect.Status) {
			s.Hosts = append([]inspect.HostStatus{}, s.Hosts...)
			for i := range s.Hosts {
				if d := s.Hosts[i].Drift; d != nil {
					s.Hosts[i].Drift = &inspect.Drift{Compared: d.Compared, Count: d.Count, ArtifactOnly: d.ArtifactOnly, Skipped: d.Skipped}
				}
			}
		},
		func(s *inspect.Status) {
			for i := range s.Hosts {
				s.Hosts[i].Kept = nil
			}
		},
		func(s *inspect.Status) {
			s.Hosts = slices.DeleteFunc(s.Hosts, func(h inspect.HostStatus) bool { return !h.State.Bad() && h.State != inspect.StateUnreachable })
		},
		func(s *inspect.Status) { s.Hosts = nil },
	)
}

// HistoryOutput is a history as the output result: where it is too long, the newest 50 deployments, the newest 10, none.
func HistoryOutput(h inspect.History) string {
	newest := func(n int) func(*inspect.History) {
		return func(h *inspect.History) { h.Deployments = h.Deployments[:min(n, len(h.Deployments))] }
	}
	return Output(h, newest(50), newest(10), newest(0), func(h *inspect.History) { h.Unasked, h.Damaged = nil, nil })
}
