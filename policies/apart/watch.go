package apart

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// What the process of rules ends with when it ends itself.
const (
	exitDone   = 0
	exitFailed = 1
	exitSlow   = 3
	exitLarge  = 4
)

// look is how often the process of rules looks at itself.
const look = 10 * time.Millisecond

// beyond is what the process of rules may take beyond the memory of its [Program] until the system gives it no more: what it has
// before it has read any rules, and what it can take between two looks at itself. Unit: bytes.
const beyond = 64 << 20

// watch ends the process of rules once they take too long or too much: from inside, so that it also ends when nobody is left who
// would end it from outside.
type watch struct {
	most uint64 // bytes; 0 for any
	// until is when what is being done has to be done, in nanoseconds of Unix; 0 while nothing is.
	until atomic.Int64
}

// begin begins something that may take so long.
func (w *watch) begin(limit time.Duration) { w.until.Store(time.Now().Add(limit).UnixNano()) }

func (w *watch) end() { w.until.Store(0) }

// limit bounds the memory of this process as far as the system does, and looks after the rest until the process ends.
func (w *watch) limit(most uint64) {
	w.most = most
	debug.SetMemoryLimit(int64(most / 4 * 3)) //nolint:gosec // it is far from that many
	limitProcess(most)
	go func() {
		for range time.Tick(look) {
			w.look()
		}
	}()
}

func (w *watch) look() {
	if until := w.until.Load(); until != 0 && time.Now().UnixNano() > until {
		os.Exit(exitSlow)
	}
	if taken() > w.most {
		os.Exit(exitLarge)
	}
}

// taken is the memory that this process has now. Unit: bytes.
func taken() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
