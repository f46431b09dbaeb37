package ci

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Files are the files by which an action gives outputs, state and a summary to the runner. go-githubactions is not used
// here: its delimiter is always the same, so that a value could forge further outputs, and it panics when a file cannot be
// written.
type Files struct {
	getenv func(string) string
	dotenv dotenv
}

// MaxSummary is how large the summary of a step may be, in bytes; GitHub drops a larger one whole.
const MaxSummary = 1 << 20

// MaxOutput is how long one output may be, in bytes: the runners of Gitea and Forgejo, and act, read lines of at most
// 64 KiB, the name included.
const MaxOutput = 64<<10 - 512

// NewFiles finds the files by GITHUB_OUTPUT, GITHUB_STATE and GITHUB_STEP_SUMMARY, and that of the outputs as variables, for CIs without
// outputs, by SLIPWAY_DOTENV. Where one is not named, writing to it does nothing.
func NewFiles(getenv func(string) string) *Files {
	return &Files{getenv: getenv, dotenv: dotenv{path: getenv(dotenvFile)}}
}

var outputName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// SetOutput gives one output. Invalid UTF-8 in the value becomes U+FFFD, as the runner would read it.
func (f *Files) SetOutput(name, value string) error {
	return errors.Join(f.set("GITHUB_OUTPUT", name, value), f.dotenv.set(name, value))
}

// SaveState gives a value to the post step, where it is STATE_<name>.
func (f *Files) SaveState(name, value string) error { return f.set("GITHUB_STATE", name, value) }

func (f *Files) set(variable, name, value string) error {
	if !outputName.MatchString(name) {
		return fmt.Errorf("%s: %q is no name of an output", variable, name)
	}
	value = strings.ToValidUTF8(value, "\uFFFD")
	if !strings.ContainsAny(value, "\r\n") {
		return f.append(variable, name+"="+value+"\n")
	}
	delimiter := randomToken()
	for strings.Contains(value, delimiter) {
		delimiter = randomToken()
	}
	return f.append(variable, name+"<<"+delimiter+"\n"+value+"\n"+delimiter+"\n")
}

// AppendSummary adds Markdown to the job's summary. It refuses what GitHub would drop.
func (f *Files) AppendSummary(markdown string) error {
	if len(markdown) > MaxSummary {
		return fmt.Errorf("GITHUB_STEP_SUMMARY: %d bytes are more than GitHub takes (%d)", len(markdown), MaxSummary)
	}
	return f.append("GITHUB_STEP_SUMMARY", markdown)
}

func (f *Files) append(variable, text string) error {
	path := f.getenv(variable)
	if path == "" {
		return nil
	}
	return writeTo(variable, path, os.O_APPEND, text)
}

// writeTo writes a text to the file that a variable names: at its end, or in the place of what it holds, as the flag says.
func writeTo(variable, path string, flag int, text string) error {
	file, err := os.OpenFile(path, flag|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("%s: %w", variable, err)
	}
	if _, err := file.WriteString(text); err != nil {
		_ = file.Close()
		return fmt.Errorf("%s: %w", variable, err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("%s: %w", variable, err)
	}
	return nil
}
