// Package inspect answers questions about many hosts that change nothing: what runs where, what happened, what a deployment printed.
//
// It merges what the hosts say and judges it: values in, values out, without a clock or a connection. Asking is inspect/ask's work,
// showing inspect/show's. The types of the answers are what `--json` prints (docs/json.md), by their tags; within a format fields are
// only ever added.
package inspect

import "time"

// Format is the version of the answers' JSON.
const Format = 1

// Head begins every answer.
type Head struct {
	Format      int       `json:"format"`
	Command     string    `json:"command"` // status, history or logs
	App         string    `json:"app"`
	Environment string    `json:"environment"` // "" where the deploy file has none
	URL         string    `json:"url"`         // of the environment, for people; "" where nobody said one
	Asked       time.Time `json:"asked"`       // when, by the clock of the machine that asked; UTC
}

// Flag is what names the environment in a command that is to be copied: " -e production"; "" where there is none.
func (h Head) Flag() string {
	if h.Environment == "" {
		return ""
	}
	return " -e " + h.Environment
}

// Unasked is a host that could not be asked.
type Unasked struct {
	Host  string `json:"host"`
	Error string `json:"error" words:"foreign"` // why not, in one line
	Hint  string `json:"hint,omitempty"`
	Alike string `json:"-" words:"foreign"` // why not, less what is its own: the same of hosts that are silent for one reason
}
