package survey

import "strconv"

// member is what is known of a path of a release: as it was once the prepare steps were through, as it is, and whether its content is
// that of the artifact.
type member struct {
	path    string
	was, is *listed // nil where it is not there
	hashed  hashed
}

// listed is a line of a list of what a release holds.
type listed struct {
	mode, size, modified, changed string
}

// hashed is what comparing a content with the artifact's has shown.
type hashed int

const (
	unhashed hashed = iota // it is not one of the artifact's
	asInArtifact
	otherContent
)

// take reads a line of driftprepared.sh, of what and its fields.
func (m *member) take(what string, fields []string) {
	l := &listed{fields[0], fields[1], fields[2], fields[3]}
	switch what {
	case "1":
		m.is = l
	case "2":
		m.was = l
	case "3":
		m.is, m.was = l, l
	case "4":
		m.hashed = otherContent
	case "5":
		m.hashed = asInArtifact
	}
}

// difference says how the member is not as it was; "" where it is. staged is when the artifact lay there complete: whoever changed it
// between that and the record of the steps was a step.
func (m *member) difference(staged int64) string {
	switch {
	case m.was == nil && m.is == nil:
		return "" // it lies behind a link, or a step has removed it
	case m.was == nil:
		if m.is.folder() { // what lies in it counts
			return ""
		}
		return "added"
	case m.is == nil:
		return "missing"
	case m.was.kind() != m.is.kind():
		return "kind"
	case m.otherContent(staged):
		if m.was.link() {
			return "target"
		}
		return "changed"
	case m.was.mode != m.is.mode:
		return "rights"
	}
	return ""
}

func (m *member) otherContent(staged int64) bool {
	switch {
	case m.was.size != m.is.size:
		return true
	case m.hashed == asInArtifact:
		return false // it was written anew, as it was
	case m.was.modified != m.is.modified:
		return true
	case m.hashed == unhashed:
		return false
	}
	// Its content is not the artifact's, and its size and time are those that it had: a step made it so, unless nothing touched it
	// between its unpacking and the record.
	touched, err := strconv.ParseInt(m.was.changed, 10, 64)
	return err == nil && (touched < staged || touched == staged && m.was.changed != m.is.changed)
}

// kind is the digits of the mode that stand before those of the rights.
func (l *listed) kind() string {
	const rights = 3
	return l.mode[:max(0, len(l.mode)-rights)]
}

func (l *listed) folder() bool { return l.kind() == "4" }
func (l *listed) link() bool   { return l.kind() == "a" }
