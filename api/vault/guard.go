package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Guard keeps key files shut by a key that never leaves where it is, such as a key management service: whoever has the files
// alone has no keys. It is asked when a file is opened, or has changed, and never for a person.
type Guard interface {
	// Wrap encrypts a secret of at most a few hundred bytes.
	Wrap(ctx context.Context, secret []byte) (Wrapped, error)
	// Unwrap decrypts what Wrap encrypted, by whichever key it did.
	Unwrap(ctx context.Context, w Wrapped) ([]byte, error)
}

// Wrapped is a secret as a guard gives it out, and has to have it back.
type Wrapped struct {
	// KeyID names the key that it was encrypted by.
	KeyID       string            `json:"keyId"`
	Ciphertext  []byte            `json:"ciphertext"`
	Annotations map[string][]byte `json:"annotations,omitempty"`
}

// Option is how key files are opened.
type Option func(*keyFile)

// GuardedBy has key files be shut by a guard, those that are made and those that are there. Nil is no guard.
func GuardedBy(g Guard) Option {
	return func(f *keyFile) {
		if f.door = nil; g != nil {
			f.door = guardDoor{g}
		}
	}
}

// Failing tells of key files that changed and cannot be opened by their guard. The keys there were are used meanwhile.
func Failing(told func(error)) Option { return func(f *keyFile) { f.failed = told } }

// door is how a key file is shut and opened again.
type door interface {
	shut(name string, handle *keyset.Handle) ([]byte, error)
	open(file guarded, name string) (*keyset.Handle, error)
}

// guardDoor asks a guard. What it opens is for everybody, whoever happens to be the first to need it: so the time that this takes
// is bounded by itself, and no request that ends ends it.
type guardDoor struct{ Guard }

// guardTime bounds one question to a guard.
const guardTime = 10 * time.Second

func (d guardDoor) shut(name string, handle *keyset.Handle) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), guardTime)
	defer cancel()
	return shut(ctx, d.Guard, name, handle)
}

func (d guardDoor) open(file guarded, name string) (*keyset.Handle, error) {
	ctx, cancel := context.WithTimeout(context.Background(), guardTime)
	defer cancel()
	return file.opened(ctx, d.Guard, name)
}

// guarded is a key file that is shut: a keyset encrypted by a key of its own, which the guard wrapped.
type guarded struct {
	Wrapped Wrapped         `json:"wrapped"`
	Keyset  json.RawMessage `json:"keyset"`
}

// shut writes down a keyset so that it takes the guard to read it.
func shut(ctx context.Context, g Guard, name string, handle *keyset.Handle) ([]byte, error) {
	own, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make the key of a key file: %w", err)
	}
	var secret, text bytes.Buffer
	if err := insecurecleartextkeyset.Write(own, keyset.NewBinaryWriter(&secret)); err != nil {
		return nil, errors.New("write down the key of a key file") // what Tink says may quote it
	}
	wrapped, err := g.Wrap(ctx, secret.Bytes())
	if err != nil {
		return nil, fmt.Errorf("have the key of a key file wrapped: %w", err)
	}
	primitive, err := aead.New(own)
	if err != nil {
		return nil, fmt.Errorf("use the key of a key file: %w", err)
	}
	if err := handle.WriteWithAssociatedData(keyset.NewJSONWriter(&text), primitive, []byte(name)); err != nil {
		return nil, errors.New("encrypt a keyset")
	}
	return json.Marshal(guarded{wrapped, text.Bytes()}) //nolint:wrapcheck // it cannot fail
}

// isShut reports whether a key file takes a guard to be read.
func isShut(text []byte) (file guarded, is bool) {
	err := json.Unmarshal(text, &file)
	return file, err == nil && len(file.Wrapped.Ciphertext) > 0 && len(file.Keyset) > 0
}

// opened reads a keyset that was shut.
func (g guarded) opened(ctx context.Context, by Guard, name string) (*keyset.Handle, error) {
	secret, err := by.Unwrap(ctx, g.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("have the key of a key file unwrapped: %w", err)
	}
	own, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(secret)))
	if err != nil {
		return nil, errDoesNotOpen
	}
	primitive, err := aead.New(own)
	if err != nil {
		return nil, errDoesNotOpen
	}
	return readShut(g.Keyset, primitive, name)
}

var errDoesNotOpen = errors.New("it does not open")

func readShut(text []byte, by tink.AEAD, name string) (*keyset.Handle, error) {
	handle, err := keyset.ReadWithAssociatedData(keyset.NewJSONReader(bytes.NewReader(text)), by, []byte(name))
	if err != nil {
		return nil, errDoesNotOpen
	}
	return handle, nil
}

// Shut has the key files of a folder be shut by a guard from now on: those that are not, and those that are, by the key that the
// guard uses now.
func Shut(folder string, g Guard) error {
	for _, name := range []string{PeopleKeyFile, IndexKeyFile} {
		f := &keyFile{path: filepath.Join(folder, name), source: Existing, door: guardDoor{g}, either: true}
		if err := f.change(func(now *keyset.Handle) (*keyset.Handle, error) { return now, nil }); err != nil {
			return err
		}
	}
	return nil
}
