package yamlfile

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Value is one scalar of a struct that Decode fills. T is string (text only), Scalar, int, bool or time.Duration.
type Value[T any] struct {
	V    T
	Node *Node // where it was written; nil when it was not, and V is the default
}

// Scalar is text that may also be written as a number or as true and false, and is then kept as written.
type Scalar string

// Given reports whether the value was written.
func (v Value[T]) Given() bool { return v.Node != nil }

// At is where the value was written.
func (v Value[T]) At() deploy.Position {
	if v.Node == nil {
		return deploy.Position{}
	}
	return v.Node.At
}

func (v *Value[T]) setDefault(text string) {
	var ignored Decoder
	kind := Number
	switch any(v.V).(type) {
	case string, Scalar, time.Duration:
		kind = Text
	case bool:
		kind = Boolean
	}
	v.decode(&ignored, &Node{Kind: kind, Text: text}, "default", Field{})
	v.Node = nil
}

func (v *Value[T]) decode(d *Decoder, n *Node, what string, f Field) {
	before := len(d.Problems)
	switch target := any(&v.V).(type) {
	case *string:
		if d.kind(n, Text, what, quoteHint(n)) {
			*target = n.Text
		}
	case *Scalar:
		if n.Kind == List || n.Kind == Map {
			d.Problem(n.At, "", "%s must be text, not %s", what, n.Kind)
		}
		*target = Scalar(n.Text)
	case *int:
		decodeInt(d, n, what, f, target)
	case *bool:
		if d.kind(n, Boolean, what, booleanHint(n)) {
			*target = strings.EqualFold(n.Text, "true")
		}
	case *time.Duration:
		decodeDuration(d, n, what, f, target)
	default:
		panic(fmt.Sprintf("yamlfile: no value can be %T", v.V))
	}
	if len(d.Problems) > before {
		return
	}
	v.Node = n
	checkText(d, n, what, f)
}

func quoteHint(n *Node) string {
	if n.Kind == Number || n.Kind == Boolean {
		return "put it in quotes: " + strconv.Quote(n.Text)
	}
	return ""
}

func booleanHint(n *Node) string {
	if slices.Contains([]string{"yes", "no", "on", "off", "true", "false"}, strings.ToLower(n.Text)) {
		return "write true or false, without quotes"
	}
	return ""
}

func checkText(d *Decoder, n *Node, what string, f Field) {
	if len(f.Enum) > 0 && !slices.Contains(f.Enum, n.Text) {
		hint := DidYouMean(n.Text, f.Enum)
		d.Problem(n.At, hint, "%s must be %s, not `%s`", what, strings.Join(f.Enum, " or "), n.Text)
	}
	if f.Pattern != "" && !matches(f.Pattern, n.Text) {
		d.Problem(n.At, f.Say, "%s cannot be %s", what, strconv.Quote(n.Text))
	}
}

func decodeInt(d *Decoder, n *Node, what string, f Field, target *int) {
	number, err := strconv.Atoi(n.Text)
	if n.Kind != Number || err != nil {
		d.Problem(n.At, "", "%s must be a whole number, not %s", what, orQuoted(n))
		return
	}
	least, leastErr := strconv.Atoi(f.Min)
	most, mostErr := strconv.Atoi(f.Max)
	if (leastErr == nil && number < least) || (mostErr == nil && number > most) {
		d.Problem(n.At, "", "%s must be from %s to %s, not %d", what, f.Min, f.Max, number)
		return
	}
	*target = number
}

// DurationPattern is how a time is written: numbers with units, as in 90s or 1h30m.
const DurationPattern = `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`

func decodeDuration(d *Decoder, n *Node, what string, f Field, target *time.Duration) {
	duration, err := time.ParseDuration(n.Text)
	switch {
	case n.Kind == Number, n.Kind == Text && isWhole(n.Text):
		d.Problem(n.At, fmt.Sprintf("is it %ss or %sm?", n.Text, n.Text), "%s needs a unit", what)
		return
	case n.Kind != Text, err != nil, !matches(DurationPattern, n.Text):
		d.Problem(n.At, "", "%s must be a time like 90s, 5m or 1h30m, not %s", what, orQuoted(n))
		return
	}
	least, leastErr := time.ParseDuration(f.Min)
	most, mostErr := time.ParseDuration(f.Max)
	if (leastErr == nil && duration < least) || (mostErr == nil && duration > most) {
		d.Problem(n.At, "", "%s must be from %s to %s, not %s", what, f.Min, f.Max, n.Text)
		return
	}
	*target = duration
}

func isWhole(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}

func orQuoted(n *Node) string {
	if n.Kind == List || n.Kind == Map {
		return n.Kind.String()
	}
	return strconv.Quote(n.Text)
}

// patterns has the patterns of tags that were asked for, compiled.
var patterns sync.Map // string -> *regexp.Regexp

func matches(pattern, text string) bool {
	compiled, ok := patterns.Load(pattern)
	if !ok {
		compiled, _ = patterns.LoadOrStore(pattern, regexp.MustCompile(pattern))
	}
	return compiled.(*regexp.Regexp).MatchString(text)
}
