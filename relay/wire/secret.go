package wire

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
)

// Secret is a password or a login. It may stand in logs, messages and JSON like any other value: whatever writes it writes "***".
// Only Reveal returns its bytes. The zero value is no secret.
//
// The text is behind a pointer, since package fmt does not ask an unexported field how it wants to be printed. It prints the address
// then, and reflect.DeepEqual compares the text all the same.
type Secret struct{ text *string }

// NewSecret returns text as a secret. An empty text is none.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// IsSet reports whether there is a secret.
func (s Secret) IsSet() bool { return s.text != nil }

// Reveal returns the secret's bytes, nil if there is none. They are for the wire only.
func (s Secret) Reveal() []byte {
	if s.text == nil {
		return nil
	}
	return []byte(*s.text)
}

// Equal reports whether two secrets have one text, or both none.
func (s Secret) Equal(other Secret) bool { return s.sameAs(other) == 1 }

// sameAs is Equal as a number. Texts of any length are compared by their sums, so that the time tells nothing of them.
func (s Secret) sameAs(other Secret) int {
	a, b := sha256.Sum256(s.Reveal()), sha256.Sum256(other.Reveal())
	return subtle.ConstantTimeCompare(a[:], b[:])
}

// hidden is what is written in the place of a secret.
const hidden = "***"

func (s Secret) String() string {
	if s.text == nil {
		return ""
	}
	return hidden
}

// Format implements fmt.Formatter, so that no verb and no flag shows the text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) } // fmt collects the error itself

// MarshalText implements encoding.TextMarshaler, for JSON, TOML and package slog.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Credentials are the login and the password of a modem, as its server knows them or as they came. Each may be missing.
type Credentials struct{ Login, Secret Secret }

// Asked reports whether a modem with these credentials has to prove who it is.
func (c Credentials) Asked() bool { return c.Login.IsSet() || c.Secret.IsSet() }

// Equal reports whether both are the same.
func (c Credentials) Equal(other Credentials) bool {
	return c.Login.Equal(other.Login) && c.Secret.Equal(other.Secret)
}

// Admits reports whether what a modem sent is what c asks for; what is missing in c is not asked for. The time that it takes tells
// neither how much of a text is right nor which of the two is wrong.
func (c Credentials) Admits(sent Credentials) bool {
	return c.Login.admits(sent.Login)&c.Secret.admits(sent.Secret) == 1
}

// admits returns 1 if sent is right or nothing is asked for, else 0.
func (s Secret) admits(sent Secret) int {
	asked := 0
	if s.IsSet() {
		asked = 1
	}
	return subtle.ConstantTimeSelect(asked, s.sameAs(sent), 1)
}

// Pretend compares what a caller sent with credentials that nobody has. It takes the time that Admits takes, for a caller that no
// modem is.
func Pretend(sent Credentials) { _ = nobody.Admits(sent) }

var nobody = Credentials{NewSecret("nobody"), NewSecret("nobody")}
