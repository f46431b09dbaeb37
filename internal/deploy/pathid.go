package deploy

import (
	"fmt"
	"path"
)

// PathID is what tells one deploy path on one machine from others, by whatever names the two go.
type PathID struct {
	ID      string // Facts.ID; "" on a host that Slipway never saw
	Machine string // Facts.Machine
	Folder  string // Facts.Folder
	Path    string // as it is written
}

// PathID is the identity of the deploy path that was asked.
func (f Facts) PathID(deployPath string) PathID { return PathID{f.ID, f.Machine, f.Folder, deployPath} }

// Paths are the deploy paths of a deployment, by their IDs.
type Paths map[string][]namedPath

type namedPath struct {
	PathID
	host string
}

// Add adds a host's deploy path. The error has the cause and the hint where it cannot be told from one that was added before.
func (p Paths) Add(host string, id PathID) *Error {
	if id.ID == "" {
		return nil
	}
	for _, other := range p[id.ID] {
		if other.Machine == id.Machine {
			return id.confused(other)
		}
	}
	p[id.ID] = append(p[id.ID], namedPath{id, host})
	return nil
}

// confused says why two deploy paths of one ID, on what looks like one machine, are not two.
func (id PathID) confused(other namedPath) *Error {
	file := path.Join(id.Path, ".slipway/id")
	switch {
	case id.Folder == other.Folder || id.Folder == "" || other.Folder == "":
		return &Error{
			Cause: fmt.Errorf("is the same machine and deploy path as %s", other.host),
			Hint:  "name each host once in `hosts`, or give each its own `deploy_path`",
		}
	case id.Path != other.Path:
		return &Error{
			Cause: fmt.Errorf("%s has the ID of %s, the deploy path of %s: one was copied from the other", id.Path, other.Path, other.host),
			Hint:  "delete the copy's ID, " + file + " if that is the copy: the next deployment gives it one of its own",
		}
	}
	return &Error{
		Cause: fmt.Errorf("is another machine than %s and cannot be told from it: both were made from one image, with one ID, machine ID, host name and host key", other.host),
		Hint:  "delete " + file + " on one of them: the next deployment gives it one of its own",
	}
}
