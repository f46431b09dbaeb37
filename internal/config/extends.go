package config

import (
	"errors"
	"io/fs"
	"path"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// extended is a deploy file of a tree, laid over the one that it extends, if it extends one. Each value keeps its place in its own file;
// of says which tree that is, behind its name.
func (l *loader) extended(own *yamlfile.Node, tree fs.FS, of string) *yamlfile.Node {
	written := own.Get("extends")
	if written == nil || written.Kind != yamlfile.Text || written.Text == "" {
		return own // what is no text, decoding refuses
	}
	base := l.base(written, tree, of)
	if base == nil {
		return own
	}
	merged := over(base, own)
	under, top := base.Get("environments"), own.Get("environments")
	if under == nil || top == nil || under.Kind != yamlfile.Map || top.Kind != yamlfile.Map {
		return merged
	}
	environments := yamlfile.Merge(under, top)
	for i, entry := range environments.Entries {
		environments.Entries[i].Value = over(under.Get(entry.Key), top.Get(entry.Key))
	}
	for i, entry := range merged.Entries {
		if entry.Key == "environments" {
			merged.Entries[i].Value = environments
		}
	}
	return merged
}

// base reads the file that the deploy file extends. Nil: it cannot be had.
func (l *loader) base(written *yamlfile.Node, tree fs.FS, of string) *yamlfile.Node {
	name := l.env.Inside(written.Text)
	if !path.IsAbs(written.Text) {
		name = path.Join(path.Dir(path.Clean(l.file)), written.Text)
	}
	refuse := func(at deploy.Position, hint, format string, args ...any) *yamlfile.Node {
		l.problem(at, hint, format, args...)
		return nil
	}
	switch {
	case !fs.ValidPath(name):
		return refuse(written.At, "give a path in this repository, relative to the deploy file, as in ../common.yml", "`%s` lies outside the working directory", written.Text)
	case name == path.Clean(l.file):
		return refuse(written.At, "name the file that several share", "the deploy file extends itself")
	}
	text, err := fs.ReadFile(tree, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse(written.At, "the path is relative to the deploy file", "there is no file `%s`%s", name, of)
	case err != nil:
		return refuse(written.At, "", "%s", unreadable(name, err))
	}
	base := l.parse(name+of, text)
	if again := base.Get("extends"); again != nil {
		return refuse(again.At, "one level is all: write what they share into one file", "%s extends this file, and it extends another", l.file+of)
	}
	return base
}

// over lays one layer over another: maps merge, all else replaces. The hosts of the upper one replace those of the lower,
// whether they are written out or in a file.
func over(under, top *yamlfile.Node) *yamlfile.Node {
	if top.Get("hosts") != nil || top.Get("hosts_from") != nil {
		under = lacking(under, "hosts", "hosts_from")
	}
	return yamlfile.Merge(under, top)
}

// lacking is a map without some of its keys; what is no map stays as it is.
func lacking(n *yamlfile.Node, keys ...string) *yamlfile.Node {
	if n == nil || n.Kind != yamlfile.Map {
		return n
	}
	left := *n
	left.Entries = slices.DeleteFunc(slices.Clone(n.Entries), func(e yamlfile.Entry) bool { return slices.Contains(keys, e.Key) })
	return &left
}
