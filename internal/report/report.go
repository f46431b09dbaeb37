// Package report shows a deployment to people: events become the live log (or, in a terminal, a live view), annotations,
// the job's summary and the action's outputs.
//
// The rules of its output: a verdict is one line of at most 100 columns and stands outside groups; what hosts printed is
// prefixed with the host, cleaned and redacted, and never torn; no time stamps (CI adds its own); of more than eight hosts
// only counts and exceptions are named; the block that says what failed comes last.
//
// It sees events and no hosts: it must not know how anything is run.
package report

import (
	"io"

	"slipway/internal/ci"
	"slipway/internal/deploy"
	"slipway/internal/secret"
)

// Options say where a report goes.
type Options struct {
	Out      io.Writer        // the log, unless Commands is set
	Run      ci.Run           // for the header and the summary
	Commands *ci.Commands     // groups and annotations; nil: a plain log
	Files    *ci.Files        // outputs and summary; nil: none
	Redactor *secret.Redactor // nil: no secrets
	Terminal bool             // Out is a terminal: a live view
	Color    bool             // in a terminal; set it from NO_COLOR
	Width    int              // of the terminal, in columns; 0 is 100
	LogLines int              // live lines of a step per host; 0 is 500
}

// Reporter takes the events of one deployment.
type Reporter struct{ options Options }

// New makes a Reporter. Close must be called, also when there was no Finished event.
func New(options Options) *Reporter { return &Reporter{options: options} }

// Emit takes an event. It may be called concurrently, and never waits for anything but the log.
func (r *Reporter) Emit(event deploy.Event) {}

// Close ends the report. Its error says which of the CI's files could not be written.
func (r *Reporter) Close() error { return nil }

// Problems reports mistakes in what a person wrote, found before any host was contacted: a line and an annotation for
// each, a summary, and the outputs of a run that ended with exit 2.
func Problems(options Options, problems deploy.Problems) error { return nil }
