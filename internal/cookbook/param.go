package cookbook

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Type is what a parameter takes.
type Type string

// The types of parameters.
const (
	String   Type = "string"
	Integer  Type = "integer"
	Boolean  Type = "boolean"
	Duration Type = "duration"
	List     Type = "list"
	Path     Type = "path"
)

// Where a path may lead.
const (
	InRelease = "release"  // a folder or file of the release, relative to it
	Absolute  = "absolute" // begins with /
	Anywhere  = "anywhere" // either, and also out of the release
)

// Param is a parameter of a recipe, a shell variable in its script.
type Param struct {
	Name        string
	Description string
	Type        Type     // "" is String
	OneOf       []string // of a String: all that it may be; none is any
	Where       string   // of a Path; "" is InRelease
	Default     Value
	Required    bool
}

// Value is what a parameter is given: a text, or a list of texts.
type Value struct {
	Text  string
	Items []string // of what was written as a list; nil is a text
}

// Text is a value that was written as a text.
func Text(text string) Value { return Value{Text: text} }

// empty reports whether nothing was given.
func (v Value) empty() bool { return v.Text == "" && len(v.Items) == 0 }

// Texts are the texts that a value is made of, for people and to look for variables in.
func (v Value) Texts() []string {
	if v.Items != nil {
		return v.Items
	}
	return []string{v.Text}
}

// String is the value for people.
func (v Value) String() string { return strings.Join(v.Texts(), " ") }

// live reports whether the host's shell is to put in a variable.
func (v Value) live() bool {
	return slices.ContainsFunc(v.Texts(), func(text string) bool {
		return slices.ContainsFunc(variable.FindAllString(text, -1), func(found string) bool { return !strings.HasPrefix(found, "$$") })
	})
}

// Takes says what the parameter takes, to follow "must be".
func (p Param) Takes() string {
	switch p.Type {
	case Integer:
		return "a whole number from 0 to 999999999"
	case Boolean:
		return "true or false"
	case Duration:
		return "a time like 90s, 5m or 1h30m, or a number of seconds"
	case List:
		return "a list, or words with spaces between them"
	case Path:
		switch p.Where {
		case Absolute:
			return "an absolute path"
		case Anywhere:
			return "a path"
		}
		return "a path inside the release"
	case String:
	}
	if len(p.OneOf) > 0 {
		return strings.Join(p.OneOf, " or ")
	}
	return "a text"
}

// The forms of numbers and times, which functions/values.sh has, too.
var (
	wholeNumber = lazyregexp.New(`^(0|[1-9][0-9]{0,8})$`)
	duration    = lazyregexp.New(`^((0|[1-9][0-9]{0,5})h)?((0|[1-9][0-9]{0,6})m)?((0|[1-9][0-9]{0,8})s)?$`)
)

// Accepts reports whether a value is what the parameter takes. Its variables have been put in.
func (p Param) Accepts(v Value) bool {
	switch {
	case v.empty() && v.Items == nil && p.Default.empty() && !p.Required:
		return true // as good as not given
	case v.Items != nil && p.Type != List, strings.ContainsRune(v.String(), 0):
		return false
	}
	switch p.Type {
	case Integer:
		return wholeNumber.MatchString(v.Text)
	case Boolean:
		return v.Text == "true" || v.Text == "false"
	case Duration:
		return wholeNumber.MatchString(v.Text) || v.Text != "" && duration.MatchString(v.Text)
	case List:
		return acceptsList(v, p.Required)
	case Path:
		return acceptsPath(v.Text, p.Where)
	case String:
	}
	return len(p.OneOf) == 0 || slices.Contains(p.OneOf, v.Text)
}

func acceptsList(v Value, required bool) bool {
	if v.Items == nil {
		return !required || strings.TrimSpace(v.Text) != ""
	}
	return (!required || len(v.Items) > 0) && !slices.ContainsFunc(v.Items, func(item string) bool { return item == "" || strings.ContainsAny(item, "\r\n") })
}

func acceptsPath(name, where string) bool {
	up := strings.Contains("/"+name+"/", "/../")
	switch {
	case name == "" || strings.ContainsFunc(name, unicode.IsControl):
		return false
	case where == Anywhere:
		return true
	case where == Absolute:
		return strings.HasPrefix(name, "/")
	}
	return !strings.HasPrefix(name, "/") && !up && path.Clean(name) != "."
}

// plain is a value without variables as the script has it.
func (p Param) plain(v Value) string {
	switch {
	case p.Type == Duration && v.Text != "":
		return seconds(v.Text)
	case v.Items != nil:
		return strings.Join(v.Items, "\n")
	case p.Type == List:
		return strings.Join(strings.Fields(v.Text), "\n")
	}
	return v.Text
}

// seconds is a duration, or a number of seconds, as a number of seconds.
func seconds(text string) string {
	if d, err := time.ParseDuration(text); err == nil && !wholeNumber.MatchString(text) {
		return strconv.FormatInt(int64(d/time.Second), 10)
	}
	return text
}

// assignment makes a value the shell variable of the parameter. What only the host knows is judged there: judged says that it calls
// a function of functions/values.sh.
func (p Param) assignment(v Value) (text string, judged bool) {
	text, kind := p.Name+"="+quote(p.plain(v))+"\n", p.kind()
	if kind == "" || !v.live() {
		return text, false
	}
	judge := p.Name + `=$(taken ` + p.Name + " " + kind + " " + quote(p.Takes()) + ` "$` + p.Name + `")` + "\n"
	if !p.Required && p.Default.empty() {
		judge = `[ -z "$` + p.Name + `" ] || ` + judge
	}
	return text + judge, true
}

// kind is the word by which functions/values.sh knows what a parameter takes; "" where it takes anything.
func (p Param) kind() string {
	switch {
	case p.Type == Path && p.Where == Anywhere, p.Type == List:
		return ""
	case p.Type == Path && p.Where == Absolute:
		return "absolute"
	case len(p.OneOf) > 0:
		return "word"
	case p.Type == String || p.Type == "":
		return ""
	}
	return string(p.Type)
}
