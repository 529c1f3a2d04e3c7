package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrErased is a person whose key was destroyed: nothing of them can be read.
var ErrErased = errors.New("the person was erased: what was told of them cannot be read any more")

// ErrUnreadable is something that does not open: it was tampered with, belongs to another place or person, or was encrypted by
// a key that this vault does not have. Which of these it is cannot be told.
var ErrUnreadable = errors.New("encrypted data does not open: it was changed, moved, or encrypted by another key")

// KeyEncryptionKey wraps people's keys. A Tink client of a key management service is most of one.
type KeyEncryptionKey interface {
	tink.AEADWithContext
	// Current reports whether something was encrypted by the key that is used for encrypting now.
	Current(ciphertext []byte) bool
}

// Vault makes and opens people's keys. It keeps none in memory: an erasure holds from the next read on.
type Vault struct{ key KeyEncryptionKey }

// New returns a vault whose keys are wrapped by the key-encryption key.
func New(key KeyEncryptionKey) *Vault { return &Vault{key} }

// Key is the key of one person.
type Key struct {
	person string
	aead   tink.AEAD
	handle *keyset.Handle
}

// NewKey makes the key of a person, and returns it wrapped, as it is to be kept.
func (v *Vault) NewKey(ctx context.Context, person string) (*Key, []byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, fmt.Errorf("make a person's key: %w", err)
	}
	return v.keep(ctx, person, handle)
}

// Open opens a person's key that is kept wrapped. It fails with [ErrErased] if there is none any more.
func (v *Vault) Open(ctx context.Context, person string, wrapped []byte) (*Key, error) {
	if len(wrapped) == 0 {
		return nil, ErrErased
	}
	asked := &listening{KeyEncryptionKey: v.key}
	handle, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(wrapped)), asked, forKey.about(person))
	if err != nil {
		return nil, fmt.Errorf("open a person's key: %w", unreadable(ctx, err, asked.err))
	}
	return newKey(person, handle)
}

// Rewrap wraps a person's key by the key-encryption key that is used now. It reports false if that is so already.
func (v *Vault) Rewrap(ctx context.Context, person string, wrapped []byte) ([]byte, bool, error) {
	inner, err := keyset.NewBinaryReader(bytes.NewReader(wrapped)).ReadEncrypted()
	if err == nil && v.key.Current(inner.EncryptedKeyset) {
		return wrapped, false, nil
	}
	key, err := v.Open(ctx, person, wrapped)
	if err != nil {
		return nil, false, err
	}
	_, again, err := v.keep(ctx, person, key.handle)
	return again, err == nil, err
}

// Renew gives a person a new key for all that is encrypted from now on. What was encrypted before still opens, until it is
// encrypted anew.
func (v *Vault) Renew(ctx context.Context, person string, wrapped []byte) (*Key, []byte, error) {
	key, err := v.Open(ctx, person, wrapped)
	if err != nil {
		return nil, nil, err
	}
	handle, err := withNewPrimary(key.handle, aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, fmt.Errorf("renew a person's key: %w", err)
	}
	return v.keep(ctx, person, handle)
}

// Check returns something to keep beside the data, by which [Vault.Confirm] tells later whether it has the keys for it.
func (v *Vault) Check(ctx context.Context) ([]byte, error) {
	check, err := v.key.EncryptWithContext(ctx, []byte("lifeline"), forCheck.about())
	if err != nil {
		return nil, fmt.Errorf("write down which key is used: %w", err)
	}
	return check, nil
}

// Confirm reports whether the vault has the key that [Vault.Check] was made with, and whether it is the one used now. Data must
// not be written under keys that do not open what is there already.
func (v *Vault) Confirm(ctx context.Context, check []byte) (current bool, err error) {
	if _, err := v.key.DecryptWithContext(ctx, check, forCheck.about()); err != nil {
		return false, fmt.Errorf("the key-encryption key is not the one that this database was written with: %w",
			unreadable(ctx, err, err))
	}
	return v.key.Current(check), nil
}

// Hide encrypts something that goes out and is to come back as it is, such as a position in a list that tells what may not be
// told. What it is about has to be said when it comes back.
func (v *Vault) Hide(ctx context.Context, text []byte, about ...string) ([]byte, error) {
	hidden, err := v.key.EncryptWithContext(ctx, text, forHiding.about(about...))
	if err != nil {
		return nil, fmt.Errorf("hide something: %w", err)
	}
	return hidden, nil
}

// Reveal decrypts what [Vault.Hide] encrypted. It fails with [ErrUnreadable] for anything else.
func (v *Vault) Reveal(ctx context.Context, hidden []byte, about ...string) ([]byte, error) {
	text, err := v.key.DecryptWithContext(ctx, hidden, forHiding.about(about...))
	if err != nil {
		return nil, fmt.Errorf("read what was hidden: %w", unreadable(ctx, err, err))
	}
	return text, nil
}

func (v *Vault) keep(ctx context.Context, person string, handle *keyset.Handle) (*Key, []byte, error) {
	if person == "" {
		return nil, nil, errors.New("name the person whose key it is")
	}
	var wrapped bytes.Buffer
	if err := handle.WriteWithContext(ctx, keyset.NewBinaryWriter(&wrapped), v.key, forKey.about(person)); err != nil {
		return nil, nil, fmt.Errorf("wrap a person's key: %w", err)
	}
	key, err := newKey(person, handle)
	return key, wrapped.Bytes(), err
}

func newKey(person string, handle *keyset.Handle) (*Key, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use a person's key: %w", err)
	}
	return &Key{person, primitive, handle}, nil
}

// Seal encrypts something for a place in a record of the person.
func (k *Key) Seal(record, field string, plaintext []byte) ([]byte, error) {
	place := Place{k.person, record, field}
	if err := place.check(); err != nil {
		return nil, err
	}
	ciphertext, err := k.aead.Encrypt(plaintext, forValue.about(place.Person, place.Record, place.Field))
	if err != nil {
		return nil, fmt.Errorf("encrypt a %s: %w", field, err)
	}
	return ciphertext, nil
}

// Unseal decrypts what was encrypted for that place. It fails with [ErrUnreadable] for anything else.
func (k *Key) Unseal(record, field string, ciphertext []byte) ([]byte, error) {
	plaintext, err := k.aead.Decrypt(ciphertext, forValue.about(k.person, record, field))
	if err != nil {
		return nil, fmt.Errorf("decrypt a %s: %w", field, ErrUnreadable)
	}
	return plaintext, nil
}

// listening remembers what a key-encryption key said: Tink passes it on as text alone.
type listening struct {
	KeyEncryptionKey
	err error
}

// DecryptWithContext implements tink.AEADWithContext.
func (l *listening) DecryptWithContext(ctx context.Context, ciphertext, associatedData []byte) ([]byte, error) {
	plaintext, err := l.KeyEncryptionKey.DecryptWithContext(ctx, ciphertext, associatedData)
	l.err = err
	return plaintext, err
}

// unreadable keeps a key management service that cannot be reached apart from data that does not open.
func unreadable(ctx context.Context, err, said error) error {
	var away *Unavailable
	switch {
	case errors.As(said, &away):
		return away
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return fmt.Errorf("%w (%w)", ErrUnreadable, err)
	}
}

// Unavailable is a key-encryption key that cannot be reached now: nothing is known of the data. A [KeyEncryptionKey] that asks a
// service returns it when that does not answer.
type Unavailable struct{ Cause error }

// Error implements error.
func (u *Unavailable) Error() string {
	return fmt.Sprintf("the key-encryption key cannot be reached now: %v", u.Cause)
}

// Unwrap returns the cause.
func (u *Unavailable) Unwrap() error { return u.Cause }
