// Package secret keeps secret values from being printed: a Secret that every formatting path redacts, and a Redactor
// that takes known values out of text on its way out. It is a leaf and knows nothing of where secrets come from.
package secret

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what stands in the place of a secret.
const Redacted = "***"

// Secret is a value that must not be shown. Its zero value is an empty secret.
type Secret struct{ value string }

// New makes a secret of a value.
func New(value string) Secret { return Secret{value} }

// Reveal gives the value, to send it where it must go. Grep for it: these are all the places.
func (s Secret) Reveal() string { return s.value }

// IsEmpty reports whether there is no value.
func (s Secret) IsEmpty() bool { return s.value == "" }

// String is Redacted.
func (s Secret) String() string { return Redacted }

// GoString is Redacted, for %#v.
func (s Secret) GoString() string { return Redacted }

// Format prints Redacted whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// MarshalJSON is Redacted as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(Redacted) }

// MarshalText is Redacted, for YAML, XML and map keys.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue is Redacted, for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }
