package deploy

import "slices"

// Toggle is something that is done for a while and taken back: a host is out of its balancer, a maintenance page is on. Journals
// keep it whole, so that whoever finds it left on can take it back.
type Toggle struct {
	Name string            `json:"name"`           // tells it from the others of a journal
	For  string            `json:"for,omitempty"`  // the host that is drained; "" where it concerns none
	Step *Step             `json:"step,omitempty"` // Run does it, Undo takes it back; with the intent to do it alone
	Vars map[string]string `json:"vars,omitempty"` // likewise
}

// OpenToggles are those that a journal says were, or may have been, done and not taken back, oldest first.
func OpenToggles(live []LiveEntry) []Toggle {
	var open []Toggle
	for _, entry := range live {
		if entry.Toggle == nil {
			continue
		}
		if entry.What == ToggleOn && entry.State == RecordIntent {
			open = append(without(open, entry.Toggle.Name), *entry.Toggle)
		}
		if entry.What == ToggleOff && entry.State == RecordOK {
			open = without(open, entry.Toggle.Name)
		}
	}
	return open
}

// OpenUndos are the steps of migrate that a journal says are to be taken back, and are not yet, in the order in which that is to be
// done. The step of each is the one that ran, whole, and Undo is its script.
func OpenUndos(live []LiveEntry) []Toggle {
	var open []Toggle
	for _, entry := range live {
		if entry.What != LiveUndo || entry.Toggle == nil {
			continue
		}
		open = without(open, entry.Toggle.Name)
		if entry.State == RecordIntent {
			open = append(open, *entry.Toggle)
		}
	}
	return open
}

func without(pairs []Toggle, name string) []Toggle {
	return slices.DeleteFunc(pairs, func(p Toggle) bool { return p.Name == name })
}
