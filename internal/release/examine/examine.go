// Package examine asks a host what only a look before the first deployment wants to know: which other tool deployed there, and
// whether the deploy user may run by sudo what the steps run so.
//
// It reads and changes nothing. It must not know what a finding means for a deployment.
package examine

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/step"
)

//go:embed examine.sh
var script string

// Answer is what a host says.
type Answer struct {
	Tool    string   // the other tool whose layout lies at the deploy path: "Capistrano"; "" is none that is known
	NoSudo  bool     // there are commands to be run by sudo, and no sudo
	Allowed []string // the commands that may be run by sudo
	Denied  []Denied // those that may not
}

// Denied is a command that the deploy user may not run by sudo.
type Denied struct {
	Command string // as the step runs it: "sudo -n systemctl restart site.service"
	Rule    string // the line of sudoers that allows it
}

// Ask asks a host. steps are those that it runs, each with the variables that it sees there.
func Ask(site release.Site, steps []deploy.Step, vars map[string]string, answer *Answer) release.Operation {
	args := []string{site.Root}
	for _, s := range steps {
		environment, err := step.Environment(step.Instance{Step: s, Vars: vars})
		if err != nil {
			return release.Invalid("examine", err)
		}
		if s.Rights != "" {
			args = append(args, environment+"environment\n"+s.Rights)
		}
	}
	read := func(a release.Answer) (err error) {
		*answer, err = parse(a.Text)
		return err
	}
	return release.Operation{Name: "examine", Script: script, Args: args, Read: read, Limit: 1 << 20}
}

// parse reads the records that examine.sh prints.
func parse(text []byte) (answer Answer, err error) {
	ended := false
	for record := range bytes.SplitSeq(bytes.TrimSuffix(text, []byte{0}), []byte{0}) {
		key, value, _ := strings.Cut(string(record), "=")
		switch key {
		case "tool":
			answer.Tool = value
		case "nosudo":
			answer.NoSudo = true
		case "allowed":
			answer.Allowed = append(answer.Allowed, value)
		case "denied":
			command, rule, _ := strings.Cut(value, "\n")
			answer.Denied = append(answer.Denied, Denied{command, rule})
		case "end":
			ended = true
		default:
			return Answer{}, fmt.Errorf("its answer has an unknown part %.40q", key)
		}
	}
	if !ended {
		return Answer{}, fmt.Errorf("its answer is cut short")
	}
	return answer, nil
}
