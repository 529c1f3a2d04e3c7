//go:build unix

package gobuild

import "syscall"

// attributes put the build in a process group of its own: a Ctrl-C at the terminal reaches the parent alone, which then
// ends the build by its context and says one line instead of two.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
