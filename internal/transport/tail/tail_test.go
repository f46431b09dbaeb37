package tail

import (
	"strings"
	"testing"
)

func TestTailBeginsWithAWholeLine(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("x", 99) + "\n"
	for name, test := range map[string]struct{ written, want string }{
		"short":          {"cut me not\nlast\n", "cut me not\nlast\n"},
		"just enough":    {strings.Repeat("y", Size-1) + "\n", strings.Repeat("y", Size-1) + "\n"},
		"cut in a line":  {strings.Repeat(line, 200), strings.Repeat(line, Size/len(line))},
		"one long line":  {strings.Repeat("z", 2*Size) + "\n", TooLong},
		"end not ended":  {strings.Repeat("z", 2*Size) + "\nend", "end"},
		"in many writes": {strings.Repeat("ab\n", 5*Size), strings.Repeat("ab\n", Size/3)},
	} {
		for _, size := range []int{7, 1000, len(test.written)} {
			var kept Tail
			for rest := test.written; rest != ""; {
				n := min(size, len(rest))
				kept.Add([]byte(rest[:n]))
				rest = rest[n:]
			}
			if got := kept.String(); got != test.want {
				t.Errorf("%s, writes of %d: %d bytes, want %d", name, size, len(got), len(test.want))
			}
		}
	}
}
