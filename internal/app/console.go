package app

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report"
	"github.com/slipway/slipway/internal/secret"
)

// console is where a command writes: the log, and in CI its annotations, files and masks.
type console struct {
	run     ci.Run
	options report.Options
}

// newConsole prepares the output of a command. Whatever may hold a secret is masked before anything else is printed.
func (a *app) newConsole(in ci.Inputs) *console {
	c := &console{run: ci.Detect(a.env.Getenv)}
	c.options = report.Options{
		Log: c.run.NewLog(a.env.Stdout, a.env.Getenv), Run: c.run, Redactor: a.redactor,
		Files: ci.NewFiles(a.env.Getenv), Width: a.env.Width, Color: a.env.Getenv("NO_COLOR") == "", LogLines: config.DefaultLogLines,
	}
	if a.env.Terminal && c.run.Platform == "" {
		c.options.Terminal = a.env.Stdout
	}
	c.mask(config.SecretsOf(in)...)
	return c
}

// mask hides values in the CI's log and in everything that Slipway prints.
func (c *console) mask(values ...secret.Secret) {
	c.options.Redactor.Add(values...)
	for _, value := range values {
		c.options.Log.Mask(value)
	}
}

// say prints a line that may hold what a host said.
func (c *console) say(format string, args ...any) {
	c.options.Log.Print(c.options.Redactor.String(ci.Clean(fmt.Sprintf(format, args...))))
}

// sayOwnMachine says what a person's machine does not keep: outside CI there is no run that the rules of allow could be held against.
func (c *console) sayOwnMachine(cfg *config.Config) {
	if c.run.Platform == "" && cfg.Allow.OfRun() {
		c.say("note       allow stops runs of CI, and of a person's machine only in times of not_on: whoever has the key may deploy to %s",
			cmp.Or(cfg.Environment, "the hosts"))
	}
}

// refuse says what is wrong with what people wrote.
func (c *console) refuse(err error) error {
	return errors.Join(exit(deploy.ExitBadInput), report.Problems(c.options, problems(err, deploy.Position{})), c.options.Files.SaveState(doneState, "true"))
}

// refused says why a command does not do what it was asked, in the log and in an annotation.
func (c *console) refused(code int, why, hint string) {
	c.options.Log.Annotate(ci.Annotation{Level: deploy.LevelError, Message: c.options.Redactor.String(ci.CleanText(why + "\n" + hint))})
	c.say("REFUSED (exit %d): %s", code, why)
	c.say("    hint     %s", hint)
}

// problems is err as what a person did wrong, at a position where it names none itself.
func problems(err error, at deploy.Position) deploy.Problems {
	var list deploy.Problems
	var failure *deploy.Error
	switch {
	case errors.As(err, &list):
		return list
	case errors.As(err, &failure):
		return deploy.Problems{{At: at, Message: failure.Cause.Error(), Hint: failure.Hint}}
	}
	return deploy.Problems{{At: at, Message: err.Error()}}
}

// over tells the post step that the deployment ended by itself and left nothing half done.
func (c *console) over(result deploy.Result) error {
	if result.Outcome == deploy.OutcomeCancelled || result.Outcome == deploy.OutcomePerson {
		return nil
	}
	return c.options.Files.SaveState(doneState, "true")
}
