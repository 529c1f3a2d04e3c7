//go:build !linux

package pace

import "time"

// nap sleeps for a while. Where timers of the runtime are exact to a microsecond nothing else is needed.
func nap(while time.Duration) { time.Sleep(while) }
