package cmdline

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/slipway/slipway/internal/yamlfile"
)

// ErrHelp says that the command's help was asked for.
var ErrHelp = pflag.ErrHelp

// UnknownFlag is a word that calls no flag. It is what a person typed, and may be a part of a secret.
type UnknownFlag struct {
	Word  string // with its dashes; "" where it is not even written as a flag is
	Meant string // what it should probably be; "" is nothing
}

func (e *UnknownFlag) Error() string { return "unknown flag " + e.Word }

// Unexpected is a word too many. It is what a person typed, and may be a part of a secret.
type Unexpected struct {
	Word  string
	Meant string // what it should probably be; "" is nothing
}

func (e *Unexpected) Error() string { return "unexpected argument " + e.Word }

// Parse fills in the command's target: what the words behind its name say, else what is given for a flag of this name, else the
// default. An error shows no value: but for UnknownFlag and Unexpected it says nothing of what was typed.
func (c *Command) Parse(words []string, given map[string]string) error {
	if err := c.forgotten(words); err != nil {
		return err
	}
	set := c.flagSet()
	for _, f := range c.Flags {
		if f.Default != "" {
			if err := (value{f}).Set(f.Default); err != nil {
				return err
			}
		}
	}
	if err := set.Parse(words); err != nil {
		return c.explain(err)
	}
	var missing []string
	for _, f := range c.Flags {
		if set.Changed(f.Name) {
			continue
		}
		if text := given[f.Name]; text != "" {
			if err := (value{f}).Set(text); err != nil {
				return err
			}
		} else if f.Required {
			missing = append(missing, f.usage())
		}
	}
	if len(missing) > 0 {
		return errors.New("missing flags: " + strings.Join(missing, ", "))
	}
	return c.argument(set.Args())
}

func (c *Command) flagSet() *pflag.FlagSet {
	set := pflag.NewFlagSet(c.Name, pflag.ContinueOnError)
	set.Usage = func() {}
	set.SetInterspersed(c.Argument == nil || !c.Argument.Rest)
	names := map[string]pflag.NormalizedName{}
	for _, f := range c.Flags {
		for _, alias := range f.Aliases {
			names[alias] = pflag.NormalizedName(f.Name)
		}
	}
	set.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if known, ok := names[name]; ok {
			return known
		}
		return pflag.NormalizedName(name)
	})
	for _, f := range c.Flags {
		if flag := set.VarPF(value{f}, f.Name, f.Short, f.Help); f.IsBool() {
			flag.NoOptDefVal = "true"
		}
	}
	return set
}

// forgotten refuses a flag that needs a value and has none. pflag would take the flag behind it for its value.
func (c *Command) forgotten(words []string) error {
	for i := 0; i < len(words) && words[i] != "--"; i++ {
		if !strings.HasPrefix(words[i], "-") && c.Argument != nil && c.Argument.Rest {
			return nil
		}
		f := c.Flag(words[i])
		if f == nil || f.IsBool() {
			continue
		}
		if i++; i == len(words) {
			return fmt.Errorf("--%s has no value", f.Name)
		}
		if len(words[i]) > 1 && words[i][0] == '-' {
			return fmt.Errorf("--%s has no value; one that begins with a dash is written --%[1]s=VALUE", f.Name)
		}
	}
	return nil
}

// explain is what pflag says, without the value.
func (c *Command) explain(err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return ErrHelp
	case errors.As(err, &invalid):
		return invalid.Unwrap()
	case !errors.As(err, &unknown):
		return &UnknownFlag{}
	case unknown.GetSpecifiedShortnames() != "":
		return &UnknownFlag{Word: "-" + unknown.GetSpecifiedName()}
	}
	names := []string{Help.Name}
	for _, f := range c.Flags {
		names = append(names, f.Name)
	}
	name := unknown.GetSpecifiedName()
	wrong := &UnknownFlag{Word: "--" + name}
	if meant := yamlfile.Suggest(name, names); meant != "" {
		wrong.Meant = "--" + meant
	}
	return wrong
}

// argument takes the words that belong to no flag.
func (c *Command) argument(words []string) error {
	f, most := c.Argument, 1
	switch {
	case f == nil:
		most = 0
	case f.Rest:
		f.field.Set(reflect.ValueOf(words))
		return nil
	case len(words) == 0 && f.Required:
		return fmt.Errorf("<%s> is missing: %s", f.Name, strings.TrimSuffix(f.Help, "."))
	case len(words) == 0 && f.Default == "":
		return nil
	case len(words) == 0:
		words = []string{f.Default}
	}
	if len(words) > most {
		return &Unexpected{Word: words[most]}
	}
	if f == nil {
		return nil
	}
	return value{f}.Set(words[0])
}

// value is a flag as pflag sees it.
type value struct{ *Flag }

func (v value) Type() string { return v.field.Kind().String() }

func (v value) String() string { return "" } // of help by pflag, which is not asked for

// Set takes a value. The error does not show it.
func (v value) Set(text string) error {
	if len(v.Enum) > 0 && !slices.Contains(v.Enum, text) {
		return fmt.Errorf("%s must be one of \"%s\"", v.title(), strings.Join(v.Enum, `","`))
	}
	switch v.field.Kind() {
	case reflect.Bool:
		switch strings.ToLower(text) {
		case "true", "1", "yes":
			v.field.SetBool(true)
		case "false", "0", "no":
			v.field.SetBool(false)
		default:
			return fmt.Errorf("%s must be true or false", v.title())
		}
	case reflect.Slice:
		v.field.Set(reflect.AppendSlice(v.field, reflect.ValueOf(list(text))))
	default:
		v.field.SetString(text)
	}
	return nil
}
