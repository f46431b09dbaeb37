package deploy

// Replaced is what a deployment replaces: what the first host that ran a release of Slipway's ran before it.
type Replaced struct {
	Release ReleaseID // "" where no host ran one
	Commit  string    // that it was built of: full, or its first digits; "" is not known
}

// Shipped is which merges a deployment brought into service, or took out of it. It is zero where nobody looked.
type Shipped struct {
	From, To string // commits of what was live before and of what is live now: full, or their first digits; "" is not known
	First    bool   // no release was live before: In is the commit's own alone
	In, Out  Merges // what is live now and was not before; the other way round
	Unknown  string // why it is not known; "" where it is
}

// IsZero reports whether nobody looked.
func (s Shipped) IsZero() bool {
	return s.To == "" && s.From == "" && s.Unknown == ""
}

// Merges are commits, and the pull requests that brought them.
type Merges struct {
	Commits int
	Pulls   []Pull // the newest commit's first
	Alone   int    // commits that no pull request brought
	Unread  int    // commits of which nobody asked whose they are
	Unknown string // why the pull requests are not known; "" where they are
}

// Pull is a pull request.
type Pull struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	Author string `json:"author"`
	URL    string `json:"url"`
}
