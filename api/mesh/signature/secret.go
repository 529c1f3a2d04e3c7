package signature

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
)

// Bounds of secrets: the length of a key in bytes is the standard's, and two are as many as a rotation needs.
const (
	ShortestKey = 24
	LongestKey  = 64
	MostSecrets = 2
	longestText = 1 << 10
)

// prefix is how secrets are told from other texts.
const prefix = "whsec_"

// hidden is what is printed of a secret.
const hidden = "[secret]"

// Secret is a key that both sides know. However it is printed, logged or encoded, it does not show.
type Secret struct {
	// key is behind a function, so that it does not show either where a Secret is in a field that fmt may not ask how to print:
	// behind a pointer it would, with some verbs.
	key func() []byte
}

// The ways in which a text holds no secrets. None of them says what the text is.
var (
	ErrNoSecret       = errors.New("there is no signing secret: give one, whsec_ and base64")
	ErrTooManySecrets = errors.New("there are more than two signing secrets: during a rotation give the new one, white space, and " +
		"the old one")
	ErrNotSecret = errors.New("a signing secret is whsec_ and then base64 of 24 to 64 random bytes: make one by " +
		"`echo whsec_$(openssl rand -base64 32)`")
)

// ParseSecrets reads one secret, or two during a rotation, the newest first, with white space between them. The same one twice
// counts once. A secret without whsec_ is read as well, as the standard's own libraries do.
func ParseSecrets(text []byte) ([]Secret, error) {
	if len(text) > longestText {
		return nil, ErrNotSecret
	}
	words := bytes.Fields(text)
	switch {
	case len(words) == 0:
		return nil, ErrNoSecret
	case len(words) > MostSecrets:
		return nil, ErrTooManySecrets
	}
	var secrets []Secret
	for _, word := range words {
		secret, err := parse(word)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(secrets, secret.same) {
			secrets = append(secrets, secret)
		}
	}
	return secrets, nil
}

func parse(word []byte) (Secret, error) {
	word = bytes.TrimPrefix(word, []byte(prefix))
	decoded := make([]byte, base64.StdEncoding.DecodedLen(len(word)))
	n, err := base64.StdEncoding.Strict().Decode(decoded, word)
	if err != nil || n < ShortestKey || n > LongestKey {
		return Secret{}, ErrNotSecret // err is left out: it is about what the text is
	}
	return Secret{func() []byte { return decoded[:n] }}, nil
}

func (s Secret) same(other Secret) bool { return bytes.Equal(s.bytes(), other.bytes()) }

func (s Secret) bytes() []byte {
	if s.key == nil {
		return nil
	}
	return s.key()
}

// String implements fmt.Stringer without the secret.
func (Secret) String() string { return hidden }

// GoString implements fmt.GoStringer without the secret.
func (Secret) GoString() string { return hidden }

// Format implements fmt.Formatter without the secret, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements slog.LogValuer without the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements encoding.TextMarshaler without the secret, which is how JSON and YAML are kept from showing it too.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
