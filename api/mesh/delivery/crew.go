package delivery

import (
	"context"
	"sync"
	"time"
)

// crew are the jobs of a lane that River has given out. It looks for more as soon as one of them ends, which costs the database
// as much for one as for many: they end together, half of them at a time, unless that takes long.
type crew struct {
	mu sync.Mutex
	// under are under way, over wait for others to end.
	under, over int
	// leave is closed when those that are over may go.
	leave chan struct{}
}

// endTime is how long a job that is over waits at most for others.
const endTime = time.Second

func newCrew() *crew { return &crew{leave: make(chan struct{})} }

func (c *crew) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.under++
}

// end ends a job: at once, or together with others when as many are over as are under way, or a lane is closed, or it was waited
// for long enough.
func (c *crew) end(ctx context.Context, together bool, closed <-chan struct{}) {
	leave := c.isOver(together)
	if leave == nil {
		return
	}
	enough := time.NewTimer(endTime)
	defer enough.Stop()
	select {
	case <-leave:
		return
	case <-closed:
	case <-enough.C:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leave == leave { // otherwise the others have just left, and this one with them
		c.over--
	}
}

// isOver notes that a job is over, and lets all go that wait if they are enough. It returns what to wait for, if anything.
func (c *crew) isOver(waits bool) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	leave := c.leave
	if c.under--; waits {
		c.over++
	}
	if c.under <= c.over {
		c.over, c.leave = 0, make(chan struct{})
		close(leave)
		return nil
	}
	if !waits {
		return nil
	}
	return leave
}
