package vault

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// FileKey is a key-encryption key in a file.
type FileKey struct{ file *keyFile }

// OpenFileKey opens the key file. An [Owned] one that is missing is made.
func OpenFileKey(path string, source Source, options ...Option) (*FileKey, error) {
	file, err := openKeyFile(path, source, aead.AES256GCMKeyTemplate(), options)
	if err != nil {
		return nil, err
	}
	key := &FileKey{file}
	if _, err := key.primitive(); err != nil {
		return nil, &KeyFileError{Path: path, Problem: "holds keys that do not encrypt: is it the file of the blind index?"}
	}
	return key, nil
}

// primitive is what encrypts with the keys that the file holds now.
func (k *FileKey) primitive() (tink.AEAD, error) {
	handle, err := k.file.load()
	if err != nil {
		return nil, &Unavailable{err}
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use the key-encryption key: %w", err)
	}
	return primitive, nil
}

// EncryptWithContext implements tink.AEADWithContext.
func (k *FileKey) EncryptWithContext(_ context.Context, plaintext, associatedData []byte) ([]byte, error) {
	primitive, err := k.primitive()
	if err != nil {
		return nil, err
	}
	return primitive.Encrypt(plaintext, associatedData)
}

// DecryptWithContext implements tink.AEADWithContext.
func (k *FileKey) DecryptWithContext(_ context.Context, ciphertext, associatedData []byte) ([]byte, error) {
	primitive, err := k.primitive()
	if err != nil {
		return nil, err
	}
	return primitive.Decrypt(ciphertext, associatedData)
}

// tinkPrefix is how Tink begins what it encrypted: a version, then the id of the key.
const (
	tinkVersion   = 1
	tinkPrefixLen = 5
)

// Current implements KeyEncryptionKey.
func (k *FileKey) Current(ciphertext []byte) bool {
	handle, err := k.file.load()
	if err != nil {
		return false
	}
	primary, err := handle.Primary()
	return err == nil && len(ciphertext) > tinkPrefixLen && ciphertext[0] == tinkVersion &&
		binary.BigEndian.Uint32(ciphertext[1:tinkPrefixLen]) == primary.KeyID()
}

// Rotate adds a key that wraps from now on; the earlier ones still open what they wrapped.
func (k *FileKey) Rotate() error { return k.file.rotate(aead.AES256GCMKeyTemplate()) }

// Prune drops every key but the one that wraps now. What earlier ones wrapped and nobody wrapped again is lost for good.
func (k *FileKey) Prune() error { return k.file.prune() }
