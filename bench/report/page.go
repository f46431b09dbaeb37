package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// What a run writes stands between these lines of the page; all else on it is written by people.
const (
	begin = "<!-- What `make bench` measured last: it replaces all of this down to the end mark. -->\n"
	end   = "<!-- end of what `make bench` measured -->\n"
)

// Write puts the report into the page benchmarks.md of a folder, and its plot beside it.
func (r *Report) Write(docs string) error {
	page := filepath.Join(docs, "benchmarks.md")
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	const plot = "images/benchmarks.svg"
	written, err := replace(string(text), r.Markdown(plot))
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	if err := os.WriteFile(filepath.Join(docs, plot), []byte(r.SVG()), 0o644); err != nil {
		return err
	}
	return os.WriteFile(page, []byte(written), 0o644)
}

// replace puts other text between the markers of a page.
func replace(page, text string) (string, error) {
	before, rest, opened := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		return "", errors.New("the lines are missing between which the results stand: bring them back from the history")
	}
	return before + begin + "\n" + text + "\n" + end + after, nil
}
