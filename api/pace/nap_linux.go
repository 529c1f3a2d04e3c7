package pace

import (
	"syscall"
	"time"
)

// nap has the kernel wake this thread after a while, or earlier when a signal comes, without the runtime's timers.
func nap(while time.Duration) {
	ts := syscall.NsecToTimespec(int64(while))
	_ = syscall.Nanosleep(&ts, nil) // whoever naps looks at the time again
}
