package deploy

// Back is what a rollback goes back over, and where else it may go.
type Back struct {
	Over     []ReleaseID // releases that went live after its own, newest first; none where its own is newer than what is live
	Instead  []ReleaseID // that it may go to as well, newest first
	From, To string      // commits of what is live and of its own release: full, or their first digits; "" is not known
	Commits  Commits
	Applied  Applied
}

// Commits is how two commits differ. Both numbers are 0 where they do not, and where it is not known.
type Commits struct {
	Gone    int    // that what is live has, and the release to go back to has not
	New     int    // the other way round: the two have diverged
	Unknown string // why it is not known; "" where it is
}

// Applied is what steps of migrate did since a release first went live. No rollback takes it back.
type Applied struct {
	What    []string // in their own words, oldest first: "shop.0042"
	Unknown []string // what may have done more, or why nobody can tell
}
