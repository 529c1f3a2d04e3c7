//go:build !race

package apart

import "syscall"

// limitProcess has the system give this process no more memory than it may take and what is beyond that, in case it takes it at
// once. Without that it could have all that its container may, which ends every program in it. Where it cannot be had, the watch
// alone limits it.
func limitProcess(most uint64) {
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: most + beyond, Max: most + beyond})
}
