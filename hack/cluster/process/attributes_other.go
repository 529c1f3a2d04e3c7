//go:build unix && !linux

package process

import "syscall"

// attributes on systems other than Linux cannot tie the child's life to its parent's: only an orderly end stops both.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
