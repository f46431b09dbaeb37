package deploy

import "slices"

// Pair is something that is done for a while and taken back: a host is out of its balancer, a maintenance page is on. Journals
// keep it whole, so that whoever finds it left on can take it back.
type Pair struct {
	Name string            `json:"name"`           // tells it from the others of a journal
	For  string            `json:"for,omitempty"`  // the host that is drained; "" where it concerns none
	Step *Step             `json:"step,omitempty"` // Run does it, Undo takes it back; with the intent to do it alone
	Vars map[string]string `json:"vars,omitempty"` // likewise
}

// What a LiveEntry with a Pair says.
const (
	PairOn  = "on"
	PairOff = "off"
)

// OpenPairs are those that a journal says were, or may have been, done and not taken back, oldest first.
func OpenPairs(live []LiveEntry) []Pair {
	var open []Pair
	for _, entry := range live {
		if entry.Pair == nil {
			continue
		}
		if entry.What == PairOn && entry.State == "intent" {
			open = append(without(open, entry.Pair.Name), *entry.Pair)
		}
		if entry.What == PairOff && entry.State == "ok" {
			open = without(open, entry.Pair.Name)
		}
	}
	return open
}

func without(pairs []Pair, name string) []Pair {
	return slices.DeleteFunc(pairs, func(p Pair) bool { return p.Name == name })
}
