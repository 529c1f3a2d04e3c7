// Package keyfile keeps keys in files: whoever may read such a file has the keys, so nobody but its owner may, and a file is put
// in place whole or not at all.
package keyfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Source says where a key file comes from.
type Source int

const (
	// Owned is a file of our own: it is made on first start, and nobody but its owner may read it.
	Owned Source = iota
	// Existing is the same, but it has to be there.
	Existing
	// Mounted is a file that somebody else provides, such as a Secret: it is never made nor written, and its group may read it,
	// because that is how a Secret is mounted for a program that is not root.
	Mounted
)

// longest is more than many keys need. Unit: bytes.
const longest = 1 << 20

// Error is a key file that cannot be used, and what to do about it.
type Error struct{ Path, Problem string }

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("key file %s %s", e.Path, e.Problem) }

// Open returns what a file holds. An [Owned] one that is not there is made, with what fresh returns.
func Open(path string, source Source, fresh func() ([]byte, error)) ([]byte, error) {
	text, _, err := Read(path, source)
	if errors.Is(err, fs.ErrNotExist) && source == Owned {
		if err := put(path, fresh); err != nil {
			return nil, err
		}
		text, _, err = Read(path, source)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{path, missing(source)}
	}
	return text, err
}

func missing(source Source) string {
	if source == Mounted {
		return "is missing: mount the Secret that holds it"
	}
	return "is missing: restore it from its backup, or name the folder that it is in"
}

// Read returns what a file holds, and by what it is known again. It fails with [fs.ErrNotExist] if there is none, and with an
// [*Error] if others may read it, or it is too long.
func Read(path string, source Source) ([]byte, fs.FileInfo, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("key file: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("key file: %w", err)
	}
	if err := checkMode(path, info.Mode(), source); err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, longest+1))
	if err != nil {
		return nil, nil, fmt.Errorf("key file: %w", err)
	}
	if len(text) > longest {
		return nil, nil, &Error{path, "is too long to hold keys"}
	}
	return text, info, nil
}

func checkMode(path string, mode fs.FileMode, source Source) error {
	if !mode.IsRegular() {
		return &Error{path, "is no file"}
	}
	forbidden, remedy := fs.FileMode(0o077), "chmod 600"
	if source == Mounted {
		forbidden, remedy = 0o027, "set defaultMode to 0400"
	}
	if mode.Perm()&forbidden != 0 {
		return &Error{path, fmt.Sprintf("can be read or written by others (mode %04o): %s", mode.Perm(), remedy)}
	}
	return nil
}

// put makes a file. Of several that start at once one makes it, and the others use that.
func put(path string, fresh func() ([]byte, error)) error {
	text, err := fresh()
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of key files: %w", err)
	}
	written, err := writeBeside(path, text)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(written) }()
	if err := os.Link(written, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make key file: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// Replace puts other text in a file's place. The old file is whole until the new one is. Of two programs that replace a file at
// once the later one wins.
func Replace(path string, text []byte) error {
	written, err := writeBeside(path, text)
	if err != nil {
		return err
	}
	if err := os.Rename(written, path); err != nil {
		return errors.Join(fmt.Errorf("put key file in place: %w", err), os.Remove(written))
	}
	return syncFolder(filepath.Dir(path))
}

// writeBeside writes a file beside the path, so that it can be put in place whole.
func writeBeside(path string, text []byte) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".key-*") // with mode 0600
	if err != nil {
		return "", fmt.Errorf("write key file: %w", err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("write key file: %w", err), os.Remove(file.Name()))
	}
	return file.Name(), nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("keep key file: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("keep key file: %w", err)
	}
	return nil
}
