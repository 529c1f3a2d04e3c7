// Package folder guards the folder that a run keeps its data in.
package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// LockName is the file in the folder that the lock is on.
const LockName = "lock"

// ErrInUse says that a run is using the folder.
var ErrInUse = errors.New("make run is up already in this folder: stop that one first, or use another clone")

// Lock makes the folder if need be, and makes sure that one program uses it at a time. The kernel takes the lock back when
// the program ends in any way.
func Lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for data: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, LockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the folder for data: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil
}

// FullError says that a disk has too little space left.
type FullError struct {
	Folder     string
	Left, Need uint64 // bytes
}

func (e *FullError) Error() string {
	return fmt.Sprintf("the disk is full: %d MB are left in %s, and %d MB are needed", e.Left>>20, e.Folder, e.Need>>20)
}

// CheckSpace returns a FullError when less than need bytes are left on the folder's disk.
func CheckSpace(dir string, need uint64) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return fmt.Errorf("ask how much space is left in %s: %w", dir, err)
	}
	if left := disk.Bavail * uint64(disk.Bsize); left < need {
		return &FullError{Folder: dir, Left: left, Need: need}
	}
	return nil
}
