package process

import (
	"fmt"
	"sync"
	"time"
)

const (
	// The pause before a program is started again doubles from firstPause to longestPause; a run that lasts for
	// steadyRun starts over with firstPause.
	firstPause   = time.Second
	longestPause = 30 * time.Second
	steadyRun    = time.Minute
)

// Kept is a program that is started again whenever it ends.
type Kept struct {
	say  func(line string)
	stop chan struct{}
	once sync.Once
	done chan struct{} // closed when nothing will start the program any more

	mu      sync.Mutex
	current *Process
}

// Keep starts the program again whenever it ends, from now until Stop. say is told each time, in one line.
func Keep(running *Process, say func(line string)) *Kept {
	k := &Kept{say: say, stop: make(chan struct{}), done: make(chan struct{}), current: running}
	go k.watch()
	return k
}

// Name is what the program is called.
func (k *Kept) Name() string { return k.running().Name() }

// Pid is the process id of the run that is on, or of the last one.
func (k *Kept) Pid() int { return k.running().Pid() }

// Stop ends the program for good, as Process.Stop does. Stopping twice is fine.
func (k *Kept) Stop(grace time.Duration) error {
	k.once.Do(func() { close(k.stop) })
	<-k.done
	return k.running().Stop(grace)
}

func (k *Kept) running() *Process {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current
}

func (k *Kept) watch() {
	defer close(k.done)
	pause, since := firstPause, time.Now()
	for {
		select {
		case <-k.stop:
			return
		case <-k.running().Done():
		}
		if time.Since(since) > steadyRun {
			pause = firstPause
		}
		if !k.again(k.running().how(), pause) {
			return
		}
		pause, since = min(2*pause, longestPause), time.Now()
	}
}

// again starts the program after the pause; false when it was stopped meanwhile.
func (k *Kept) again(how string, pause time.Duration) bool {
	program := k.running().program
	for {
		k.say(fmt.Sprintf("%s ended %s; it is started again in %s", program.Name, how, pause))
		select {
		case <-k.stop:
			return false
		case <-time.After(pause):
		}
		next, err := Start(program)
		if err == nil {
			k.mu.Lock()
			k.current = next
			k.mu.Unlock()
			return true
		}
		how, pause = "and cannot be started: "+err.Error(), longestPause
	}
}
