package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

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

// keyFile is a keyset in a file, as JSON: who can read the file has the keys, unless a guard keeps it shut. It is read again when
// it changes, so that replicas learn of a rotation by another.
type keyFile struct {
	path   string
	source Source
	// door keeps the file shut; nil where nothing does. either is to read a file that is not shut all the same.
	door   door
	either bool
	mu     sync.Mutex
	seen   fs.FileInfo
	handle *keyset.Handle
	// asking is whether a guard is being asked for what the file has become; later is when it is asked again if it gave no answer.
	asking bool
	later  time.Time
	// failed is told that it gave none.
	failed func(error)
}

// untilAsked is how long it goes on with the keys it has before a guard that gave no answer is asked again.
const untilAsked = 10 * time.Second

// same reports whether a file is the one that was read.
func same(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// openKeyFile reads a key file, and makes an owned one that is not there, with one new key.
func openKeyFile(path string, source Source, template *tinkpb.KeyTemplate, options []Option) (*keyFile, error) {
	f := &keyFile{path: path, source: source}
	for _, option := range options {
		option(f)
	}
	_, err := keyfile.Open(path, source, func() ([]byte, error) {
		handle, err := keyset.NewHandle(template)
		if err != nil {
			return nil, err
		}
		return f.textOf(handle)
	})
	if err != nil {
		return nil, err
	}
	if _, err := f.load(); err != nil {
		return nil, err
	}
	return f, nil
}

// load returns the keyset of the file as it is now. One that is kept shut is opened beside, and the keys there were are used
// until that is done: they still open what they wrapped.
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
	if f.handle == nil || f.door == nil {
		return f.loadNow()
	}
	if !f.asking && !time.Now().Before(f.later) {
		f.asking = true
		go f.loadBeside()
	}
	return f.handle, nil
}

// loadNow reads the file while nobody else may.
func (f *keyFile) loadNow() (*keyset.Handle, error) {
	handle, seen, err := f.fromFile()
	if err != nil {
		return nil, err
	}
	f.handle, f.seen = handle, seen
	return handle, nil
}

// loadBeside reads the file while others go on.
func (f *keyFile) loadBeside() {
	handle, seen, err := f.fromFile()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asking = false; err == nil {
		f.handle, f.seen = handle, seen
		return
	}
	if f.later = time.Now().Add(untilAsked); f.failed != nil {
		f.failed(err)
	}
}

func (f *keyFile) fromFile() (*keyset.Handle, fs.FileInfo, error) {
	text, seen, err := keyfile.Read(f.path, f.source)
	if err != nil {
		return nil, nil, err
	}
	handle, err := f.read(text)
	return handle, seen, err
}

// read reads the keyset that the file holds.
func (f *keyFile) read(text []byte) (*keyset.Handle, error) {
	file, is := isShut(text)
	switch {
	case is && f.door == nil:
		return nil, &KeyFileError{Path: f.path, Problem: "is kept shut by a key management service: name its plugin with --keys-kms"}
	case is:
		handle, err := f.door.open(file, filepath.Base(f.path))
		if errors.Is(err, errDoesNotOpen) {
			return nil, &KeyFileError{Path: f.path, Problem: "was changed, or is another file: restore it from its backup"}
		}
		return handle, err
	case f.door != nil && !f.either:
		return nil, &KeyFileError{Path: f.path, Problem: "is not kept shut: run `api keys shut`, or leave --keys-kms out"}
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil { // what Tink says may quote the file
		return nil, &KeyFileError{Path: f.path, Problem: "holds no Tink keyset in JSON: restore it from its backup"}
	}
	return handle, nil
}

// textOf is a keyset as it is kept.
func (f *keyFile) textOf(handle *keyset.Handle) ([]byte, error) {
	if f.door != nil {
		return f.door.shut(filepath.Base(f.path), handle)
	}
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
	text, err := f.textOf(next)
	if err != nil {
		return err
	}
	if err := keyfile.Replace(f.path, text); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err = f.loadNow()
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
