package deploy

import (
	"maps"
	"slices"
)

// Undos is everything that a deployment is to take back of migrate, on all its hosts. One host keeps it whole before any writes down its
// own part, so that whoever finds only some of the parts can write the others.
type Undos struct {
	Steps []UndoneStep                 `json:"steps"`          // in the order in which they are taken back
	Vars  map[string]string            `json:"vars,omitempty"` // that all hosts have in common: a fleet's would be too long else
	Own   map[string]map[string]string `json:"own,omitempty"`  // the others, by host
}

// UndoneStep is a step that is to be taken back, and where.
type UndoneStep struct {
	Step  Step     `json:"step"`
	Hosts []string `json:"hosts"`
}

// NewUndos is what is to be taken back with the variables that each host has.
func NewUndos(steps []UndoneStep, vars map[string]map[string]string) Undos {
	u := Undos{Steps: steps, Own: map[string]map[string]string{}}
	hosts := u.Hosts()
	u.Vars = maps.Clone(vars[hosts[0]])
	maps.DeleteFunc(u.Vars, func(name, value string) bool {
		return slices.ContainsFunc(hosts, func(host string) bool { had, has := vars[host][name]; return !has || had != value })
	})
	for _, host := range hosts {
		u.Own[host] = maps.Clone(vars[host])
		maps.DeleteFunc(u.Own[host], func(name, _ string) bool { _, shared := u.Vars[name]; return shared })
	}
	return u
}

// Hosts are those that take something back, each once.
func (u Undos) Hosts() (hosts []string) {
	for _, s := range u.Steps {
		hosts = append(hosts, slices.DeleteFunc(slices.Clone(s.Hosts), func(host string) bool { return slices.Contains(hosts, host) })...)
	}
	return hosts
}

// On is a host's part, in order.
func (u Undos) On(host string) (part []Toggle) {
	vars := map[string]string{}
	maps.Copy(vars, u.Vars)
	maps.Copy(vars, u.Own[host])
	for _, s := range u.Steps {
		if slices.Contains(s.Hosts, host) {
			part = append(part, Toggle{Name: s.Step.Name, Step: &s.Step, Vars: vars})
		}
	}
	return part
}

// Undoing are the hosts on which a journal says that something of migrate is to be taken back, or was; none where it says nothing of it.
func Undoing(live []LiveEntry) (hosts []string) {
	for _, entry := range live {
		if entry.What == LiveUndos && entry.State == RecordOK {
			hosts = entry.Hosts
		}
	}
	return hosts
}

// Unconfirmed is the host that keeps the whole of which a journal has a part, where nobody wrote down yet that every host has its own; ""
// where it is confirmed, and where there is none.
func Unconfirmed(live []LiveEntry) (keeper string) {
	for _, entry := range live {
		switch {
		case entry.What == LiveUndo && entry.State == RecordIntent:
			keeper = entry.Keeper
		case entry.What == LiveUndos && entry.State == RecordOK:
			keeper = ""
		}
	}
	return keeper
}

// HalfIntended is what a journal keeps whole of which not every host has its part, or nobody knows; ok is false where there is none.
func HalfIntended(live []LiveEntry) (u Undos, ok bool) {
	for _, entry := range live {
		if entry.What != LiveUndos {
			continue
		}
		if ok = entry.State == RecordIntent && entry.Undos != nil; ok {
			u = *entry.Undos
		}
	}
	return u, ok
}
