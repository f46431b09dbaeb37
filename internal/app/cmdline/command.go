// Package cmdline reads the command line. The flags of a command, and its argument, are the fields of a struct, whose tags say what a
// person must know of them; pflag reads the words. Neither looks up a method by its name: a program that does keeps every method that it
// is made of, called or not, and is a fifth larger.
//
// Tags of a field, which is a string, a bool or a list of strings:
//
//	name         of the flag; what has none is no flag
//	flag:"-"     not a flag
//	short        its one letter
//	aliases      other names, with commas
//	help         one sentence
//	group        key of the heading that it stands under
//	placeholder  what stands for its value in the help
//	default      what the field holds where nothing is given
//	fallback     what holds then in words, for the help only
//	enum         the only values, with commas
//	of           the commands that have it, with commas; without the tag all do
//	required     it must be given
//	hidden       it is taken, and not listed
//	arg          it is the command's argument, a word without a flag: "one", "optional", or "rest", all words from the first on
package cmdline

import (
	"reflect"
	"slices"
	"strings"
)

// Command is one command, as people write and read it.
type Command struct {
	Name, Group, Help string
	Detail            string // what its help says beyond Help
	Flags             []*Flag
	Argument          *Flag // nil: it takes none
}

// Flag is a flag of a command, or its argument.
type Flag struct {
	Name, Short, Help, Group string
	Aliases, Of, Enum        []string
	Default, Fallback        string
	Required, Hidden         bool
	Rest                     bool // an argument that takes all words from the first on

	placeholder string
	isArgument  bool
	field       reflect.Value
}

// Help is the flag that every command has, and the program itself.
var Help = &Flag{Name: "help", Short: "h", Help: "Show context-sensitive help.", field: reflect.ValueOf(false)}

// New is a command that fills in a target, a pointer to a struct. Where the target has a method Help, that is the detail.
func New(name, group, help string, target any) *Command {
	c := &Command{Name: name, Group: group, Help: help}
	if more, ok := target.(interface{ Help() string }); ok {
		c.Detail = more.Help()
	}
	c.read(reflect.ValueOf(target).Elem())
	return c
}

// read takes the fields of a struct, and those of the structs that it embeds in their place.
func (c *Command) read(of reflect.Value) {
	for i := range of.NumField() {
		field := of.Type().Field(i)
		if field.Anonymous {
			c.read(of.Field(i))
			continue
		}
		name, tag := field.Tag.Get("name"), field.Tag
		if name == "" || tag.Get("flag") == "-" {
			continue
		}
		f := &Flag{
			Name: name, Short: tag.Get("short"), Help: tag.Get("help"), Group: tag.Get("group"),
			Aliases: list(tag.Get("aliases")), Of: list(tag.Get("of")), Enum: list(tag.Get("enum")),
			Default: tag.Get("default"), Fallback: tag.Get("fallback"), placeholder: tag.Get("placeholder"), field: of.Field(i),
		}
		_, f.Required = tag.Lookup("required")
		_, f.Hidden = tag.Lookup("hidden")
		if kind := tag.Get("arg"); kind != "" {
			f.Required, f.Rest, f.isArgument = kind == "one", kind == "rest", true
			c.Argument = f
			continue
		}
		c.Flags = append(c.Flags, f)
	}
}

// list is what stands between commas, without the blanks around it.
func list(text string) (all []string) {
	if text == "" {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		all = append(all, strings.TrimSpace(part))
	}
	return all
}

// IsBool reports whether the flag needs no value.
func (f *Flag) IsBool() bool { return f.field.Kind() == reflect.Bool }

// Flag is the one that a word calls, as --name or -n; nil if it calls none.
func (c *Command) Flag(word string) *Flag {
	for _, f := range c.Flags {
		if f.Called(word) {
			return f
		}
	}
	return nil
}

// Called reports whether a word calls the flag, by one of its names or its letter.
func (f *Flag) Called(word string) bool {
	name, long := strings.CutPrefix(word, "--")
	if !long {
		return f.Short != "" && word == "-"+f.Short
	}
	return name == f.Name || slices.Contains(f.Aliases, name)
}
