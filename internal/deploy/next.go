package deploy

// Next is what to do now.
type Next struct {
	Text    string // one line; it ends before the command, where there is one
	Command string // to be pasted; "" where none is enough
}

// IsZero reports whether nothing is to be done.
func (n Next) IsZero() bool { return n == Next{} }

// String is the advice in one line.
func (n Next) String() string {
	if n.Command == "" {
		return n.Text
	}
	return n.Text + " `" + n.Command + "`"
}
