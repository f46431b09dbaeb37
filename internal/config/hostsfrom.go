package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// What a file of hosts may hold.
const (
	longestHostsFile = 1 << 20 // bytes
	mostHosts        = 5000    // of one environment, wherever they are written
)

// withHosts puts the hosts of the file that hosts_from names in the place of that key. Where a command goes to no hosts, the file
// may be missing: the step that writes it has not run.
func (l *loader) withHosts(settings *yamlfile.Node) *yamlfile.Node {
	written := settings.Get("hosts_from")
	if written == nil || written.Kind != yamlfile.Text || written.Text == "" {
		return settings // what is no text, decoding refuses
	}
	if own := settings.Get("hosts"); own != nil {
		l.problem(written.At, "keep one of the two", "`hosts` and `hosts_from` stand side by side")
		return lacking(settings, "hosts_from")
	}
	hosts := l.hostsFile(written)
	if hosts == nil {
		return settings
	}
	settings = lacking(settings, "hosts_from")
	settings.Entries = append(settings.Entries, yamlfile.Entry{Key: "hosts", At: written.At, Value: hosts})
	return settings
}

// hostsFile reads a file of hosts. Nil: it cannot be had.
func (l *loader) hostsFile(written *yamlfile.Node) *yamlfile.Node {
	refuse := func(hint, format string, args ...any) *yamlfile.Node {
		l.problem(written.At, hint, format, args...)
		return nil
	}
	name := path.Clean(l.env.Inside(written.Text))
	if !fs.ValidPath(name) {
		return refuse("have it written below the working directory"+below(l.env.Dirs), "`%s` lies outside the working directory", written.Text)
	}
	text, err := l.readBounded(name, longestHostsFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !l.remote():
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return refuse("an earlier step of the job writes it: did it run, and into this folder?", "there is no file `%s`", name)
	case err != nil:
		return refuse("", "%s", unreadable(name, err))
	}
	node, problems := yamlfile.ParseJSON(name, text)
	l.problems = append(l.problems, problems...)
	switch {
	case node == nil:
		return nil
	case node.Kind != yamlfile.List:
		return refuse("an array of user@host texts, or of objects with `address`, `name`, `roles` and so on", "`%s` must be a JSON array, not %s", name, node.Kind)
	case len(node.Items) == 0:
		return refuse("the step that wrote it found none: look at its filter", "`%s` names no hosts", name)
	case len(node.Items) > mostHosts:
		return refuse("", "`%s` has %d hosts: more than %d are not taken", name, len(node.Items), mostHosts)
	}
	l.elements[name] = node.Items
	return node
}

// readBounded reads a file of the working directory that may not be longer than so many bytes.
func (l *loader) readBounded(name string, most int64) ([]byte, error) {
	file, err := l.files.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("it is longer than %s", deploy.Size(most))
	}
	return text, err
}

// elements are what stands in files of hosts, by their names. Programs wrote them, often in one line: what is wrong in one is told by
// the number of the element, too.
type elements map[string][]*yamlfile.Node

// numbered is a problem's message with the number of the element that it is about.
func (e elements) numbered(p deploy.Problem) string {
	number, items := 0, e[p.At.File]
	for number < len(items) && !before(p.At, items[number].At) {
		number++
	}
	if number == 0 || strings.HasPrefix(p.Message, fmt.Sprintf("item %d of ", number)) {
		return p.Message
	}
	return fmt.Sprintf("element %d: %s", number, p.Message)
}

func before(a, b deploy.Position) bool {
	return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
}
