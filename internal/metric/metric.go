// Package metric finds a value in a JSON answer and says whether it is what a deploy file demands of it.
//
// A path is a singular query of RFC 9535, names and indexes alone, whose `$.` may be left out: data.result[0].value[1]. So there is
// one value or none, and finding it takes no longer than reading the answer. A value is a number, a number in a string, as
// Prometheus writes them, a text, true or false. There is none where the path leads nowhere, to null, or to NaN, which is what
// Prometheus answers for 0/0.
//
// It is pure: it must not know who is asked, how often, or what a failure means.
package metric

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/theory/jsonpath"

	"github.com/slipway/slipway/internal/deploy"
)

// errSeveral says that a path may lead to several values.
var errSeveral = errors.New("it may lead to several values")

// parse reads a path.
func parse(path string) (*jsonpath.Path, error) {
	whole := path
	switch {
	case strings.HasPrefix(path, "["):
		whole = "$" + path
	case !strings.HasPrefix(path, "$"):
		whole = "$." + path
	}
	query, err := jsonpath.Parse(whole)
	if err != nil {
		why, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), jsonpath.ErrPathParse.Error()+": "), " at position ") // of whole
		return nil, errors.New(why)
	}
	if query.Query().Singular() == nil {
		return nil, errSeveral
	}
	return query, nil
}

// Check says what is wrong with a path; nil is nothing.
func Check(path string) error {
	_, err := parse(path)
	return err
}

// Absent says that an answer has no value.
type Absent struct{ Why string }

func (e *Absent) Error() string { return "no value: " + e.Why }

// Beyond says that a value is not what it must be.
type Beyond struct {
	Value    string // for people
	Wanted   string // "below 0.01"
	NoNumber bool   // it is a text, true or false, and a number is wanted
}

func (e *Beyond) Error() string { return "value " + e.Value + ", wanted " + e.Wanted }

// Judge finds the value in an answer. It is an *Absent or a *Beyond where the value is missing or not as it must be, any other error
// where the answer is no JSON. The value is given in either case, as the answer has it.
func Judge(m deploy.Metric, answer []byte) (value string, err error) {
	query, err := parse(m.Path)
	if err != nil {
		return "", fmt.Errorf("`%s` is no path: %w", m.Path, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return "", fmt.Errorf("the answer is no JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return "", errors.New("the answer is no JSON: more follows behind it")
	}
	found := query.Select(document)
	if len(found) == 0 {
		return "", &Absent{fmt.Sprintf("`%s` is not in the answer", m.Path)}
	}
	value, err = text(found[0])
	number, numeric := numberOf(value)
	switch {
	case err != nil:
		return "", err
	case numeric && math.IsNaN(number):
		return "", &Absent{fmt.Sprintf("`%s` is %s", m.Path, value)}
	case !holds(m, value, number, numeric):
		return value, &Beyond{Value: Short(m, value), Wanted: Wanted(m), NoNumber: !numeric && m.Equals == ""}
	}
	return value, nil
}

// Short is a value for people: of a number four digits, or its whole ones, where these say as much of its limits.
func Short(m deploy.Metric, value string) string {
	number, numeric := numberOf(value)
	short := strconv.FormatFloat(number, 'g', 4, 64)
	if math.Abs(number) >= 1e4 {
		short = strconv.FormatFloat(number, 'f', 0, 64)
	}
	if !numeric || m.Equals != "" || len(short) >= len(value) {
		return value
	}
	rounded, _ := numberOf(short)
	atLimit := m.Above != nil && rounded == *m.Above || m.Below != nil && rounded == *m.Below
	if atLimit || holds(m, short, rounded, true) != holds(m, value, number, true) {
		return value
	}
	return short
}

// text is a value as the answer has it. A list or an object is none that can be compared: the path is wrong.
func text(found any) (string, error) {
	switch found := found.(type) {
	case string:
		return found, nil
	case json.Number:
		return found.String(), nil
	case bool:
		return strconv.FormatBool(found), nil
	case nil:
		return "", &Absent{"it is null"}
	case []any:
		return "", errors.New("the path leads to a list, and not to a value")
	}
	return "", errors.New("the path leads to an object, and not to a value")
}

// numberOf reads a number. One that is too large for its type is infinite.
func numberOf(text string) (number float64, ok bool) {
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil || errors.Is(err, strconv.ErrRange)
}

func holds(m deploy.Metric, value string, number float64, numeric bool) bool {
	if m.Equals != "" {
		wanted, ok := numberOf(m.Equals)
		return value == m.Equals || ok && numeric && number == wanted
	}
	return numeric && (m.Above == nil || number > *m.Above) && (m.Below == nil || number < *m.Below)
}

// Wanted is what a value must be, for people: "above 10 and below 20".
func Wanted(m deploy.Metric) string {
	var all []string
	if m.Above != nil {
		all = append(all, "above "+strconv.FormatFloat(*m.Above, 'g', -1, 64))
	}
	if m.Below != nil {
		all = append(all, "below "+strconv.FormatFloat(*m.Below, 'g', -1, 64))
	}
	if m.Equals != "" {
		all = append(all, m.Equals)
	}
	return strings.Join(all, " and ")
}
