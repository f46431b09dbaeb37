package stepper

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// hintUnseen says what to do about a step whose host was lost for good: first what the loss itself asks for.
func (r *Stepper) hintUnseen(host string, s deploy.Step, err error) string {
	hint := fmt.Sprintf("once %s can be reached, re-run the job: it goes on with what became of the step; "+
		"or say it yourself: `%s done` or `... rerun`", host, r.resolveCommand(host, s))
	var told *deploy.Error
	if errors.As(err, &told) && told.Hint != "" {
		return told.Hint + "; " + hint
	}
	return hint
}

// resolveCommand is what a person types to say what became of a step, less the word.
func (r *Stepper) resolveCommand(host string, s deploy.Step) string {
	return fmt.Sprintf("slipway resolve --deployment %s --host %s --step %q", r.Deployment, host, s.Name)
}

// known is a cause that the last lines of a failing command give away: the first that fits counts.
type known struct {
	says   []string // any of them
	noexec bool     // only where the deploy path is mounted so
	hint   string
	fault  deploy.Fault
}

func knownCauses() []known {
	return []known{
		{says: []string{"No space left on device"}, fault: deploy.FaultHost, hint: "free space on the host, or lower keep_releases"},
		{
			says: []string{"Disk quota exceeded"}, fault: deploy.FaultHost,
			hint: "raise the deploy user's quota (`quota -s` on the host says which), or lower keep_releases",
		},
		{
			says: []string{"Permission denied"}, noexec: true, fault: deploy.FaultHost,
			hint: "the deploy path is mounted noexec: name the interpreter (`sh bin/x`), or mount it with exec",
		},
		{
			says: []string{"Permission denied"},
			hint: "the deploy user may not do this (docs/secure-hosts.md), or the file lost its x bit before it was packed",
		},
		{
			says:  []string{"sudo: a password is required", "sudo: a terminal is required", "sudo: no tty present", "sudo: sorry, you must have a tty"},
			fault: deploy.FaultHost,
			hint:  "let the deploy user run this one command without a password (NOPASSWD in sudoers, and no requiretty for it: docs/secure-hosts.md)",
		},
		{
			says: []string{"Failed to connect to bus", "Failed to connect to user scope bus"}, fault: deploy.FaultHost,
			hint: "`systemctl --user` needs the user's own manager: `loginctl enable-linger` for the deploy user, and XDG_RUNTIME_DIR in `vars`",
		},
		{
			says: []string{"[[: not found", "source: not found", "declare: not found", "Syntax error: \"(\" unexpected"}, fault: deploy.FaultContent,
			hint: "that is bash, and a step runs with sh: write `[ ]` and `.`, or set the step's `shell: bash -eu`",
		},
		{
			says: []string{"command not found", ": not found"},
			hint: "PATH of a step is /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; name the command by its path",
		},
	}
}

// explain is the hint of what a failing command printed last, and whose fault it was; nothing where it gives nothing away.
func (r *Stepper) explain(host string, tail []string) (hint string, fault deploy.Fault) {
	text := strings.Join(tail, "\n")
	for _, cause := range knownCauses() {
		fits := slices.ContainsFunc(cause.says, func(words string) bool { return strings.Contains(text, words) })
		if fits && (!cause.noexec || r.Fleet.On(host).Facts.NoExec) {
			return cause.hint, cause.fault
		}
	}
	return "", ""
}
