// Package outlook asks hosts what recipes can tell of their steps before these run, such as the migrations that are pending.
//
// Terms: a step's preview is a script of its recipe that changes nothing; it runs in the release that is live, since the new one is not
// on the host, and is given the names of the files that the new one has. The package must not know what a deployment does with a step.
package outlook

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/secret"
)

// maxFiles is how long the list of files may be that a host is sent, in bytes: that of a hundred thousand files.
const maxFiles = 8 << 20

// Outlook is what is known of a step before it runs.
type Outlook struct {
	Note    string // what it would do, in the recipe's words; "" where nobody said
	Unknown string // why that is not known; "" where it is, or where the recipe tells nothing
}

// Question is what the hosts are asked.
type Question struct {
	Steps   []deploy.Step
	Vars    map[string]map[string]string // by host
	Secrets map[string]secret.Secret
	Next    content.Manifest // of the new release
}

// Ask asks the first host of each step that has a preview. The answers are in the order of the steps.
func Ask(ctx context.Context, hosts *fleet.Fleet, q Question) []Outlook {
	if !slices.ContainsFunc(q.Steps, func(s deploy.Step) bool { return s.Preview != "" }) {
		return make([]Outlook, len(q.Steps))
	}
	files := list(q.Next)
	return fanout.Do(q.Steps, func(s deploy.Step) Outlook {
		if s.Preview == "" || len(s.Hosts) == 0 {
			return Outlook{}
		}
		return q.ask(ctx, hosts.On(s.Hosts[0]), s, files)
	})
}

// ask asks one host.
func (q Question) ask(ctx context.Context, h *fleet.Host, s deploy.Step, files string) Outlook {
	if !h.Connected() {
		return Outlook{Unknown: h.Name + " cannot be asked"}
	}
	if len(files) > maxFiles {
		return Outlook{Unknown: "the release has too many files to name them all to " + h.Name}
	}
	vars := map[string]string{}
	maps.Copy(vars, q.Vars[h.Name])
	vars["SLIPWAY_RELEASE_PATH"] = h.Site().Current()
	secrets := map[string]secret.Secret{}
	for _, name := range s.Secrets {
		if value := q.Secrets[name]; !value.IsEmpty() { // plan demands none
			secrets[name] = value
		}
	}
	defer h.Lease(ctx)()
	var told step.Told
	err := h.Do(ctx, step.Preview(h.Site(), step.Instance{Step: s, Vars: vars, Secrets: secrets}, files, &told))
	switch {
	case err != nil:
		return Outlook{Unknown: strings.Join(deploy.CausesOf(err), ", ")}
	case told.Nothing:
		return Outlook{Unknown: "nothing is live on " + h.Name}
	}
	return read(told)
}

// read is the last note of a preview, or why there is none.
func read(told step.Told) Outlook {
	last, said := "", ""
	for _, line := range told.Lines {
		if note, ok := deploy.ReadNote(line); ok {
			said = note.String()
		} else if strings.TrimSpace(line) != "" {
			last = line
		}
	}
	switch {
	case told.Status.OK() && said != "":
		return Outlook{Note: said}
	case told.Status.OK():
		return Outlook{Unknown: "its recipe did not say"}
	case last == "":
		return Outlook{Unknown: told.Status.String()}
	}
	return Outlook{Unknown: told.Status.String() + ": " + strings.TrimSpace(last)}
}

// list is the paths of all files and links, a line each.
func list(m content.Manifest) string {
	var b strings.Builder
	for member := range m.Members() {
		if member.Kind != content.Dir {
			b.WriteString(member.Path + "\n")
		}
	}
	return b.String()
}
