package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"lifeline.scot/api/vault"
)

// longestHidden bounds what may come back.
const longestHidden = 1024

// Hide returns a text that goes out and comes back so that nobody else can read it, or use it for something else than what it is
// about.
func (s *Store) Hide(ctx context.Context, text string, about ...string) (string, error) {
	hidden, err := s.vault.Hide(ctx, []byte(text), about...)
	return base64.RawURLEncoding.EncodeToString(hidden), unopened(err)
}

// Reveal returns the text that was hidden, and false for what never was.
func (s *Store) Reveal(ctx context.Context, hidden string, about ...string) (text string, was bool, err error) {
	raw, notOurs := base64.RawURLEncoding.Strict().DecodeString(hidden)
	if notOurs != nil || len(hidden) > longestHidden {
		return "", false, nil //nolint:nilerr // what is no such text was never hidden
	}
	shown, err := s.vault.Reveal(ctx, raw, about...)
	if errors.Is(err, vault.ErrUnreadable) {
		return "", false, nil
	}
	return string(shown), err == nil, unopened(err)
}

// unopened marks a key-encryption key that cannot be reached.
func unopened(err error) error {
	var away *vault.Unavailable
	if errors.As(err, &away) {
		return fmt.Errorf("%w (%w)", ErrUnavailable, err)
	}
	return err
}
