package yamlfile

import (
	"fmt"
	"reflect"

	"github.com/slipway/slipway/internal/deploy"
)

// Dict is a map whose keys are the user's own, in the order of the text.
type Dict[T any] struct {
	Pairs []Pair[T]
	Node  *Node // nil when it was not written
}

// Pair is one entry of a Dict.
type Pair[T any] struct {
	Key   string
	At    deploy.Position // of the key
	Value T
}

// Keys are the keys, in the order of the text.
func (d Dict[T]) Keys() []string {
	keys := make([]string, len(d.Pairs))
	for i, pair := range d.Pairs {
		keys[i] = pair.Key
	}
	return keys
}

// OneOrMore is a list that may be written as its only item.
type OneOrMore[T any] struct {
	Items []T
	Node  *Node // nil when it was not written
}

func (d *Dict[T]) decodeAll(decoder *Decoder, n *Node, what string, f Field) {
	if !decoder.kind(n, Map, what, "") {
		return
	}
	d.Node = n
	d.Pairs = make([]Pair[T], len(n.Entries))
	for i, entry := range n.Entries {
		d.Pairs[i].Key, d.Pairs[i].At = entry.Key, entry.At
		decoder.value(entry.Value, reflect.ValueOf(&d.Pairs[i].Value).Elem(), "`"+entry.Key+"`", f)
	}
}

func (l *OneOrMore[T]) decodeAll(d *Decoder, n *Node, what string, f Field) {
	l.Node = n
	items := []*Node{n}
	if n.Kind == List {
		items = n.Items
	}
	l.Items = make([]T, len(items))
	for i, item := range items {
		name := what
		if n.Kind == List {
			name = fmt.Sprintf("item %d of %s", i+1, what)
		}
		d.value(item, reflect.ValueOf(&l.Items[i]).Elem(), name, f)
	}
}
