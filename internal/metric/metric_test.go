package metric_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/metric"
)

func ptr(number float64) *float64 { return &number }

// prometheus is an answer of Prometheus's API to an instant query, with a value.
func prometheus(value string) string {
	return `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1764468000.123,` + value + `]}]}}`
}

const (
	instant = "data.result[0].value[1]"
	empty   = `{"status":"success","data":{"resultType":"vector","result":[]}}`
)

func TestJudge(t *testing.T) {
	t.Parallel()
	below, between := deploy.Metric{Path: instant, Below: ptr(0.01)}, deploy.Metric{Path: instant, Above: ptr(1), Below: ptr(2)}
	equals := func(text string) deploy.Metric { return deploy.Metric{Path: instant, Equals: text} }
	at := func(path string) deploy.Metric { return deploy.Metric{Path: path, Above: ptr(0)} }
	for name, test := range map[string]struct {
		metric        deploy.Metric
		answer, value string
		err           string // "" is none
	}{
		"a number in a string": {below, prometheus(`"0.002"`), "0.002", ""},
		"a number":             {below, prometheus(`0.002`), "0.002", ""},
		"not below itself":     {below, prometheus(`"0.01"`), "0.01", "value 0.01, wanted below 0.01"},
		"between":              {between, prometheus(`"1.5"`), "1.5", ""},
		"under both":           {between, prometheus(`"1"`), "1", "value 1, wanted above 1 and below 2"},
		"over both":            {between, prometheus(`"2"`), "2", "value 2, wanted above 1 and below 2"},
		"infinite":             {below, prometheus(`"+Inf"`), "+Inf", "value +Inf, wanted below 0.01"},
		"too large":            {below, prometheus(`1e999`), "1e999", "value +Inf, wanted below 0.01"},
		"0/0":                  {below, prometheus(`"NaN"`), "", "no value: `data.result[0].value[1]` is NaN"},
		"no series":            {below, empty, "", "no value: `data.result[0].value[1]` is not in the answer"},
		"null":                 {below, prometheus(`null`), "", "no value: it is null"},
		"a list":               {below, prometheus(`[1]`), "", "the path leads to a list, and not to a value"},
		"an object":            {below, prometheus(`{}`), "", "the path leads to an object, and not to a value"},
		"a text":               {below, prometheus(`"low"`), "low", "value low, wanted below 0.01"},
		"equals a text":        {equals("ok"), prometheus(`"ok"`), "ok", ""},
		"another text":         {equals("ok"), prometheus(`"no"`), "no", "value no, wanted ok"},
		"equals a number":      {equals("1"), prometheus(`"1.0"`), "1.0", ""},
		"equals true":          {equals("true"), prometheus(`true`), "true", ""},
		"equals NaN":           {equals("NaN"), prometheus(`"NaN"`), "", "no value: `data.result[0].value[1]` is NaN"},
		"a page":               {below, "<html>", "", "the answer is no JSON: invalid character '<' looking for beginning of value"},
		"nothing":              {below, "", "", "the answer is no JSON: EOF"},
		"two answers":          {below, prometheus(`1`) + "{}", "", "the answer is no JSON: more follows behind it"},
		"from the root":        {at("$.a"), `{"a":1}`, "1", ""},
		"a list's last":        {at("[-1]"), `[0,3]`, "3", ""},
		"a name in quotes":     {at("['a.b']"), `{"a.b":1}`, "1", ""},
		"a bare value":         {at("$"), `5`, "5", ""},
	} {
		value, err := metric.Judge(test.metric, []byte(test.answer))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if value != test.value || got != test.err {
			t.Errorf("%s: %q, %q\nwanted %q, %q", name, value, got, test.value, test.err)
		}
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	m := deploy.Metric{Above: ptr(0), Below: ptr(0.01)}
	for value, want := range map[string]string{
		"0.06281438437088084": "0.06281", "0.0099999999": "0.0099999999", "0.0100000001": "0.0100000001", "0.002": "0.002", "12": "12",
		"1.7e-300": "1.7e-300", "+Inf": "+Inf", "low": "low", "123456.789": "123457", "1e300": "1e300",
	} {
		if got := metric.Short(m, value); got != want {
			t.Errorf("%s: %s, wanted %s", value, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		instant:                    "",
		"$":                        "",
		"a['b c'].d":               "",
		"":                         "unexpected eof",
		"a..b":                     "several values",
		"a[*]":                     "several values",
		"a[0,1]":                   "several values",
		"a[?@.b == 1]":             "several values",
		"a-b":                      "invalid",
		"a[0":                      "unexpected",
		"a[999999999999999999999]": "out of range",
	} {
		if err := metric.Check(path); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, wanted %q", path, err, want)
		}
	}
}

// FuzzJudge reads any answer with any path: there is a value or none, and it never panics.
func FuzzJudge(f *testing.F) {
	f.Add(instant, prometheus(`"0.002"`))
	f.Add(instant, empty)
	f.Add("$['a'][-1]", `{"a":[1,{"b":null}]}`)
	f.Add("a.b", `{"a":{"b":1e999}}`)
	f.Fuzz(func(t *testing.T, path, answer string) {
		m := deploy.Metric{Path: path, Below: ptr(1)}
		value, err := metric.Judge(m, []byte(answer))
		var absent *metric.Absent
		var beyond *metric.Beyond
		switch {
		case metric.Check(path) != nil && err == nil:
			t.Fatalf("%q is no path, and led to %q", path, value)
		case errors.As(err, &absent) && value != "":
			t.Fatalf("absent, and %q", value)
		case errors.As(err, &beyond) && beyond.Value != metric.Short(m, value):
			t.Fatalf("%q and %q", beyond.Value, value)
		}
	})
}
