package app

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
)

// inputs are the flags of a command that takes the action's inputs.
type inputs struct {
	ci.Inputs
}

// complete makes whole what flags and inputs say together, once they stand in their fields.
func (in *inputs) complete(command string, a *app) error {
	in.Command, in.Given, in.Plugin = command, a.given.Given, maps.Clone(a.given.Plugin)
	given := a.values()
	for doc, value := range in.All() {
		if *value == given[doc.Name] {
			continue
		}
		delete(in.Plugin, doc.Name)
		if !doc.File {
			continue
		}
		if err := a.readFlag(doc, value); err != nil {
			return fmt.Errorf("--%s: %w", doc.Name, err)
		}
	}
	for _, value := range in.All() {
		*value = strings.TrimPrefix(*value, "\ufeff") // as editors of Windows begin a file
	}
	a.redactor.Add(config.SecretsOf(in.Inputs)...)
	return nil
}

// readFlag takes the value of a flag from the file that it names, so that no secret need stand in an argument list. A private
// key may also be named by its path alone: no key looks like one.
func (a *app) readFlag(doc ci.InputDoc, value *string) error {
	path, named := strings.CutPrefix(*value, "@")
	if !named {
		if doc.Name != "ssh_key" && doc.Name != "from_ssh_key" || strings.ContainsAny(*value, "\r\n") || !a.isFile(path) {
			return nil
		}
	}
	text, err := os.ReadFile(a.home(path))
	if err != nil {
		var failed *fs.PathError
		if doc.Secret && errors.As(err, &failed) {
			return fmt.Errorf("the file after @ cannot be read: %w", failed.Err) // what stands there may be no path, but a secret
		}
		return err
	}
	*value = string(text)
	return nil
}

func (a *app) isFile(path string) bool {
	info, err := os.Stat(a.home(path))
	return err == nil && info.Mode().IsRegular()
}

// home is a path as the shell would have it: ~ is the home folder, also in --ssh_key=~/.ssh/id, which a shell leaves alone.
func (a *app) home(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(a.env.Getenv("HOME"), rest)
	}
	return a.path(path)
}

// here is a path from the working directory as this process opens it: a deployment of the demo has a working directory of its own.
func (a *app) here(name string) string {
	if own, err := os.Getwd(); err != nil || own == a.env.Dir || name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.env.Dir, name)
}

// path is where a file lies that an input names.
func (a *app) path(name string) string {
	name = config.Env{Dirs: a.dirs(ci.Detect(a.env.Getenv))}.Inside(name)
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.env.Dir, name)
}
