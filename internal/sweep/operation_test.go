//go:build linux

package sweep

import (
	"fmt"
	"strings"
)

// operation is a moment at which a fault can be put.
type operation struct {
	place string // a host's name, a host's name with "-step" (what its steps do), "runner-line", "runner-file"
	kind  string // the kinds of sshtest and of the relay; "step", "line", "file"
	what  string // for people
	kill  func() // ends the command that is spoken to; nil where there is none
}

// moment names an operation of a deployment: the n-th of its place, from 1.
type moment struct {
	place string
	n     int
}

func (m moment) String() string { return fmt.Sprintf("%s-%d", m.place, m.n) }

// host is the name of the host that a moment is of, "" for the runner's.
func (m moment) host() string {
	if name, _, _ := strings.Cut(m.place, "-"); name != "runner" {
		return name
	}
	return ""
}

// counted is an operation with its name.
type counted struct {
	moment
	operation
}

func (c counted) String() string { return fmt.Sprintf("%s (%s %s)", c.moment, c.kind, c.what) }
