package deploy

import "fmt"

// Shard is what one of several jobs does that make one deployment together: it prepares a part of the hosts, or it goes on with all of them
// once they are prepared. The zero value is a deployment that one job makes.
type Shard struct {
	Number int  // of the part, from 1; 0 is no part
	Of     int  // how many parts there are; 0 where the job that goes on does not say
	Rest   bool // goes on with all hosts
}

// IsPart reports whether the job prepares a part of the hosts, and does nothing else.
func (s Shard) IsPart() bool { return s.Number > 0 }

// Given reports whether several jobs make the deployment.
func (s Shard) Given() bool { return s.IsPart() || s.Rest }

// Takes reports whether the host at a place, from 0, in the order of all hosts is in the part.
func (s Shard) Takes(place int) bool { return place%s.Of == s.Number-1 }

// String is the shard as the input has it: "2/5", "rest/5", "rest"; "" where there is none.
func (s Shard) String() string {
	switch {
	case s.IsPart():
		return fmt.Sprintf("%d/%d", s.Number, s.Of)
	case s.Rest && s.Of > 0:
		return fmt.Sprintf("rest/%d", s.Of)
	case s.Rest:
		return "rest"
	}
	return ""
}

// Claim is the release ID that the first of several jobs has named for all of them. The zero value is none.
type Claim struct {
	Attempt int // of the CI run
	Release ReleaseID
	Content Digest // of the artifact
}
