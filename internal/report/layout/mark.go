package layout

// Tone is how loud a word is.
type Tone int

// The tones.
const (
	Quiet Tone = iota
	Good
	Bad
	Warn
	Strong
)

// Mark is the word of a line that decides it, for a terminal to paint. The zero Mark is none.
type Mark struct {
	At   int // in bytes
	Word string
	Tone Tone
}
