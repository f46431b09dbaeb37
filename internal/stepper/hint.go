package stepper

import (
	"errors"
	"fmt"
	"strings"

	"slipway/internal/deploy"
)

// hintUnseen says what to do about a step whose host was lost for good: first what the loss itself asks for.
func (r *Stepper) hintUnseen(host string, s deploy.Step, err error) string {
	hint := fmt.Sprintf("once %s can be reached, re-run the job: it goes on with what became of the step; "+
		"or say it yourself: `%s done` or `... rerun`", host, r.resolveCommand(host, s))
	var known *deploy.Error
	if errors.As(err, &known) && known.Hint != "" {
		return known.Hint + "; " + hint
	}
	return hint
}

// resolveCommand is what a person types to say what became of a step, less the word.
func (r *Stepper) resolveCommand(host string, s deploy.Step) string {
	return fmt.Sprintf("slipway resolve --deployment %s --host %s --step %q", r.Deployment, host, s.Name)
}

// hintFor knows the causes that the last lines of a failing command give away.
func (r *Stepper) hintFor(host string, tail []string) string {
	text := strings.Join(tail, "\n")
	switch {
	case strings.Contains(text, "No space left on device"):
		return "free space on the host, or lower keep_releases"
	case strings.Contains(text, "Disk quota exceeded"):
		return "raise the deploy user's quota (`quota -s` on the host says which), or lower keep_releases"
	case strings.Contains(text, "Permission denied") && r.Fleet.On(host).Facts.NoExec:
		return "the deploy path is mounted noexec: name the interpreter (`sh bin/x`), or mount it with exec"
	case strings.Contains(text, "Permission denied"):
		return "the deploy user may not do this (docs/secure-hosts.md), or the file lost its x bit before it was packed"
	case strings.Contains(text, "command not found"), strings.Contains(text, ": not found"):
		return "PATH of a step is /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; name the command by its path"
	}
	return ""
}
