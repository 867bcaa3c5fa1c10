package stack

import (
	"fmt"
	"io"
)

// Secret stands in a spec for a value that no spec may hold, for specs are compared,
// hashed and shown. Another version means another value.
type Secret struct {
	// Name is that of the write-only attribute with the value.
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Secrets are values by the names of their attributes. They are in memory only, as
// long as an apply takes, and do not print.
type Secrets map[string]string

// Format implements fmt.Formatter.
func (Secrets) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, secretText) }

// MarshalJSON keeps the values out of what is stored or sent.
func (Secrets) MarshalJSON() ([]byte, error) { return []byte("null"), nil }
