package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"

	"lifeline.scot/api/keyfile"
)

// Source says where a key file comes from.
type Source = keyfile.Source

// The sources; see package keyfile.
const (
	Owned    = keyfile.Owned
	Existing = keyfile.Existing
	Mounted  = keyfile.Mounted
)

// KeyFileError is a key file that cannot be used, and what to do about it.
type KeyFileError = keyfile.Error

// keyFile is a keyset in a file, as JSON that is not encrypted: who can read the file has the keys. It is read again when it
// changes, so that replicas learn of a rotation by another.
type keyFile struct {
	path   string
	source Source
	mu     sync.Mutex
	seen   fs.FileInfo
	handle *keyset.Handle
}

// same reports whether a file is the one that was read.
func same(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// openKeyFile reads a key file, and makes an owned one that is not there, with one new key.
func openKeyFile(path string, source Source, template *tinkpb.KeyTemplate) (*keyFile, error) {
	_, err := keyfile.Open(path, source, func() ([]byte, error) {
		handle, err := keyset.NewHandle(template)
		if err != nil {
			return nil, err
		}
		return textOf(handle)
	})
	if err != nil {
		return nil, err
	}
	f := &keyFile{path: path, source: source}
	if _, err := f.load(); err != nil {
		return nil, err
	}
	return f, nil
}

// load returns the keyset of the file as it is now.
func (f *keyFile) load() (*keyset.Handle, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if f.handle != nil && same(f.seen, info) {
		return f.handle, nil
	}
	text, seen, err := keyfile.Read(f.path, f.source)
	if err != nil {
		return nil, err
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil { // what Tink says may quote the file
		return nil, &KeyFileError{Path: f.path, Problem: "holds no Tink keyset in JSON: restore it from its backup"}
	}
	f.handle, f.seen = handle, seen
	return handle, nil
}

// textOf is a keyset as it is kept.
func textOf(handle *keyset.Handle) ([]byte, error) {
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return nil, errors.New("write down a keyset") // what Tink says may quote it
	}
	return text.Bytes(), nil
}

// change replaces the keyset of an owned file. The old file is whole until the new one is. Of two programs that change a file at
// once the later one wins, so rotate by one command at a time.
func (f *keyFile) change(to func(*keyset.Handle) (*keyset.Handle, error)) error {
	if f.source == Mounted {
		return &KeyFileError{Path: f.path, Problem: "is mounted: change the Secret that it comes from"}
	}
	now, err := f.load()
	if err != nil {
		return err
	}
	next, err := to(now)
	if err != nil {
		return err
	}
	text, err := textOf(next)
	if err != nil {
		return err
	}
	if err := keyfile.Replace(f.path, text); err != nil {
		return err
	}
	_, err = f.load()
	return err
}

// rotate adds a key that is used from now on.
func (f *keyFile) rotate(template *tinkpb.KeyTemplate) error {
	return f.change(func(now *keyset.Handle) (*keyset.Handle, error) { return withNewPrimary(now, template) })
}

// prune drops every key but the one that is used now.
func (f *keyFile) prune() error {
	return f.change(func(now *keyset.Handle) (*keyset.Handle, error) {
		manager := keyset.NewManagerFromHandle(now)
		for i := range now.Len() {
			entry, err := now.Entry(i)
			if err != nil {
				return nil, fmt.Errorf("drop old keys: %w", err)
			}
			if entry.IsPrimary() {
				continue
			}
			if err := manager.Delete(entry.KeyID()); err != nil {
				return nil, fmt.Errorf("drop old keys: %w", err)
			}
		}
		return manager.Handle()
	})
}

func withNewPrimary(handle *keyset.Handle, template *tinkpb.KeyTemplate) (*keyset.Handle, error) {
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(template)
	if err != nil {
		return nil, fmt.Errorf("add a key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("use the new key: %w", err)
	}
	return manager.Handle()
}
