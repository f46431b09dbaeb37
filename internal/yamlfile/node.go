// Package yamlfile reads YAML with the position of every value, and reports all mistakes of a file at once.
//
// Terms: a Node is a value with its place in a file; Decode fills tagged structs from a Node; a problem is one mistake
// with its place. The package must not know which keys exist: the structs that are decoded into say so.
package yamlfile

import (
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// Kind is what a value is.
type Kind int

// The kinds of values. A Number or Boolean keeps its text as written: 1.10 stays 1.10.
const (
	Null Kind = iota
	Text
	Number
	Boolean
	List
	Map
)

// String is the kind for people.
func (k Kind) String() string {
	return [...]string{"nothing", "text", "a number", "true or false", "a list", "a map"}[k]
}

// Node is a value and where it was written.
type Node struct {
	Kind    Kind
	Text    string // of Text, Number and Boolean
	At      deploy.Position
	Items   []*Node // of List
	Entries []Entry // of Map, in the order of the text, each key once

	starts []deploy.Position // of a block of lines: where each line of Text begins
}

// Entry is a key of a map and its value.
type Entry struct {
	Key   string
	At    deploy.Position // of the key
	Value *Node
}

// Get is the value of a key, nil when the map has none or the node is no map.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, entry := range n.Entries {
		if entry.Key == key {
			return entry.Value
		}
	}
	return nil
}

// NewText is a value that was not written in YAML: an input, whose text begins at the position.
func NewText(text string, at deploy.Position) *Node {
	n := &Node{Kind: Text, Text: text, At: at}
	for i := range strings.Count(text, "\n") + 1 {
		start := deploy.Position{File: at.File, Line: at.Line + i, Column: 1}
		if i == 0 {
			start.Column = max(at.Column, 1)
		}
		n.starts = append(n.starts, start)
	}
	return n
}

// NewMap is a map that was not written in YAML.
func NewMap(at deploy.Position, entries ...Entry) *Node {
	return &Node{Kind: Map, At: at, Entries: entries}
}

// NewList is a list that was not written in YAML.
func NewList(at deploy.Position, items ...*Node) *Node {
	return &Node{Kind: List, At: at, Items: items}
}

// Inside is where a line and column of the value's text, both from 1, stand in the file. Where the text's lines are not
// the file's (folded or quoted text), it is where the value begins.
func (n *Node) Inside(line, column int) deploy.Position {
	if line < 1 || line > len(n.starts) {
		return n.At
	}
	at := n.starts[line-1]
	at.Column += max(column, 1) - 1
	return at
}

// Merge lays one map over another: maps merge key by key, anything else replaces. Neither is changed; either may be nil.
func Merge(under, over *Node) *Node {
	switch {
	case under == nil:
		return over
	case over == nil:
		return under
	case under.Kind != Map || over.Kind != Map:
		return over
	}
	merged := &Node{Kind: Map, At: over.At}
	for _, entry := range under.Entries {
		if top := over.Get(entry.Key); top != nil {
			continue
		}
		merged.Entries = append(merged.Entries, entry)
	}
	for _, entry := range over.Entries {
		entry.Value = Merge(under.Get(entry.Key), entry.Value)
		merged.Entries = append(merged.Entries, entry)
	}
	return merged
}

// MovedTo is a copy of the node all of whose places are one: what a word like a preset's name brings in stands, for
// people, where the word stands.
func (n *Node) MovedTo(at deploy.Position) *Node {
	moved := &Node{Kind: n.Kind, Text: n.Text, At: at}
	for _, item := range n.Items {
		moved.Items = append(moved.Items, item.MovedTo(at))
	}
	for _, entry := range n.Entries {
		moved.Entries = append(moved.Entries, Entry{Key: entry.Key, At: at, Value: entry.Value.MovedTo(at)})
	}
	return moved
}
