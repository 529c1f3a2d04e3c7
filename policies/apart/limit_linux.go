package apart

import (
	"os"
	"syscall"
)

// limitProcess has the system refuse this process memory beyond twice what it may take, in case it takes it at once, and end it
// before any other if memory runs out. Where it cannot be had, the watch alone limits it.
func limitProcess(most uint64) {
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: 2 * most, Max: 2 * most})
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0o600)
}
