package hostlist

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// MostInRange is how many names one text with ranges may stand for.
const MostInRange = 1000

// rangePart is a range in a name, as Ansible writes them: [01:12], [a:f]. An IPv6 address in brackets has two colons or more.
var rangePart = lazyregexp.New(`\[(?:(\d{1,6}):(\d{1,6})|([a-z]):([a-z]))\]`)

// HasRange reports whether a text stands for several names.
func HasRange(text string) bool { return rangePart.MatchString(text) }

// Expand gives the names that a text with ranges stands for, in order, the last range counting fastest: web[01:03] is web01, web02,
// web03. A range that begins with a zero keeps its width. A text without a range stands for itself.
func Expand(text string) ([]string, error) {
	names := []string{""}
	rest := text
	for {
		at := rangePart.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		before, written := rest[:at[0]], rangePart.FindStringSubmatch(rest)
		steps, err := steps(written)
		if err != nil {
			return nil, err
		}
		if len(names)*len(steps) > MostInRange {
			return nil, fmt.Errorf("`%s` stands for more than %d hosts", text, MostInRange)
		}
		var longer []string
		for _, name := range names {
			for _, step := range steps {
				longer = append(longer, name+before+step)
			}
		}
		names, rest = longer, rest[at[1]:]
	}
	for i := range names {
		names[i] += rest
	}
	return names, nil
}

// steps are what one range counts through: of rangePart's groups the two that matched.
func steps(written []string) ([]string, error) {
	if from, to := written[3], written[4]; from != "" {
		if from > to {
			return nil, fmt.Errorf("the range `%s` counts down: write it as [%s:%s]", written[0], to, from)
		}
		var letters []string
		for c := from[0]; c <= to[0]; c++ {
			letters = append(letters, string(rune(c)))
		}
		return letters, nil
	}
	from, to := written[1], written[2]
	first, _ := strconv.Atoi(from) // six digits at the most
	last, _ := strconv.Atoi(to)
	width := 0
	if strings.HasPrefix(from, "0") && len(from) > 1 {
		width = len(from)
	}
	switch {
	case first > last:
		return nil, fmt.Errorf("the range `%s` counts down: write it as [%s:%s]", written[0], to, from)
	case width > 0 && len(to) != width:
		return nil, fmt.Errorf("the ends of the range `%s` are not of one width: with a zero in front, write both with %d digits", written[0], max(width, len(to)))
	case last-first >= MostInRange:
		return nil, fmt.Errorf("the range `%s` stands for more than %d hosts", written[0], MostInRange)
	}
	var numbers []string
	for n := first; n <= last; n++ {
		numbers = append(numbers, fmt.Sprintf("%0*d", width, n))
	}
	return numbers, nil
}
