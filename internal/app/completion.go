package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/app/cmdline"
	"github.com/slipway/slipway/internal/app/completion"
	"github.com/slipway/slipway/internal/config"
)

type completeCmd struct {
	Shell string `name:"shell" arg:"one" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints what the shell is to read.
func (c *completeCmd) Run(_ context.Context, a *app) error {
	script, err := completion.Script(c.Shell)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.env.Stdout, script)
	return err
}

// completeWord is the command by which those scripts ask, with the words that were typed. It is none that a person calls.
const completeWord = "__complete"

// complete prints the words that may stand in place of the last one, each with its help behind a tab.
func (a *app) complete(typed []string) error {
	var all []*cmdline.Command
	for _, name := range names() {
		c, _ := command(name)
		all = append(all, c)
	}
	words := completion.Words(all, typed, func(flag string) []string {
		if flag != "environment" && flag != "from" {
			return nil
		}
		return config.Environments(a.given, a.env.Files())
	})
	for _, word := range words {
		line := strings.TrimSuffix(word.Text+"\t"+word.Help, "\t")
		if _, err := fmt.Fprintln(a.env.Stdout, line); err != nil {
			return err
		}
	}
	return nil
}
