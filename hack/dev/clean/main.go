// Command clean forgets what `make run` has written besides the programs: data, certificates, identities, logs.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"lifeline.scot/hack/cluster/binaries"
	"lifeline.scot/hack/dev/folder"
)

func main() {
	if err := clean(); err != nil {
		fmt.Fprintln(os.Stderr, "make clean:", err)
		os.Exit(1)
	}
}

func clean() error {
	root, err := binaries.Root()
	if err != nil {
		return err
	}
	dir := filepath.Join(root, ".run")
	unlock, err := folder.Lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := forget(dir); err != nil {
		return err
	}
	fmt.Println("forgot the data, certificates and logs in .run; the built programs in .run/bin are kept (make clean-all)")
	return nil
}

// forget removes everything in the folder but the programs, and but the lock that this program holds.
func forget(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var failed []error
	for _, entry := range entries {
		if entry.Name() != "bin" && entry.Name() != folder.LockName {
			failed = append(failed, os.RemoveAll(filepath.Join(dir, entry.Name())))
		}
	}
	return errors.Join(failed...)
}
