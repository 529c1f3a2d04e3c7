package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"
)

// lane is how a partner's queue is worked, if it is.
type lane struct {
	// width is how many events are sent at once.
	width   int
	closing bool
	// slots are taken by those that are being sent; closed ends when nothing more is begun.
	slots  chan struct{}
	closed chan struct{}
	// crew are the jobs that were fetched.
	crew *crew
}

// deep is how many times as many are fetched for a lane as are sent in it at once, so that looking for work costs little; none is
// decided about before it is its turn. enterTime is how long one of them waits for that before others may have it.
const (
	deep      = 8
	enterTime = 10 * time.Second
)

// shutTime is how long is waited at once for a lane to close.
const shutTime = 50 * time.Millisecond

// laneOf is the name of a partner's queue. River's names cannot have two hyphens in a row.
func laneOf(partner string) string {
	if !strings.Contains(partner, "--") {
		return "partner-" + partner
	}
	sum := sha256.Sum256([]byte(partner))
	return "partner_" + hex.EncodeToString(sum[:16])
}

// Open has these lanes open, and no others: the doubtful ones for one event at a time. A lane is closed once what is being sent
// in it has ended, which may take until Open is called again.
func (q *Queue) Open(ctx context.Context, partners []string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	wanted := map[string]int{}
	var errs []error
	for _, partner := range partners {
		name, width := laneOf(partner), q.options.AtOnce
		if q.options.Doubtful(partner) {
			width = 1
		}
		wanted[name] = width
		if _, open := q.open[name]; open {
			continue
		}
		fetched := width
		if width > 1 { // one that finds out how a partner is has no others with it
			fetched *= deep
		}
		q.open[name] = lane{width: width, slots: make(chan struct{}, width), closed: make(chan struct{}), crew: newCrew()}
		if err := q.client.Queues().Add(name, river.QueueConfig{MaxWorkers: fetched}); err != nil {
			delete(q.open, name)
			errs = append(errs, fmt.Errorf("open a lane: %w", err))
		}
	}
	for name, is := range q.open {
		if is.closing || is.width != wanted[name] {
			errs = append(errs, q.shut(ctx, name))
		}
	}
	return errors.Join(errs...)
}

// rest closes a lane in which was found out that nothing more is to be sent. Nothing more is begun in it from now on;
// [Queue.Open] does the rest. It is called by whoever is at work in the lane, and waits for nobody: River's Stop waits for
// them, and for its own lock meanwhile.
func (q *Queue) rest(name string) {
	if !q.toClose(name) {
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		atOnce, cancel := context.WithCancel(context.Background())
		cancel()
		_ = q.client.Queues().Remove(atOnce, name) // whatever it says, Open sees to it that it is closed
		q.toClose(name)                            // it may have been opened again before this came to it
	}()
	soon := time.NewTimer(shutTime)
	defer soon.Stop()
	select {
	case <-ended:
	case <-soon.C:
	}
}

// toClose has a lane closed by the next [Queue.Open], and reports whether it was open.
func (q *Queue) toClose(name string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	is, open := q.open[name]
	if !open || is.closing {
		return false
	}
	q.open[name] = is.ending()
	return true
}

// ending is the lane when nothing more is begun in it.
func (l lane) ending() lane {
	if !l.closing {
		l.closing = true
		close(l.closed)
	}
	return l
}

// shut closes a lane, or goes on with closing it.
func (q *Queue) shut(ctx context.Context, name string) error {
	q.open[name] = q.open[name].ending()
	soon, cancel := context.WithTimeout(ctx, shutTime)
	defer cancel()
	err := q.client.Queues().Remove(soon, name)
	var unknown *river.QueueNotFoundError
	switch {
	case err == nil, errors.As(err, &unknown):
		delete(q.open, name)
		return nil
	case soon.Err() != nil: // something is being sent in it
		return nil
	default:
		return fmt.Errorf("close a lane: %w", err)
	}
}

// enter waits until something may be sent in a lane; false if somebody else is to look at it again, since the lane is closed, or
// it took too long. Whoever leaves lets the next one in, and then waits to end with others if it is done.
func (q *Queue) enter(ctx context.Context, name string) (leave func(done bool), may bool) {
	q.mu.Lock()
	is, open := q.open[name]
	q.mu.Unlock()
	if !open || is.closing {
		return nil, false
	}
	is.crew.begin()
	leave = func(done bool) {
		<-is.slots
		is.crew.end(ctx, done, is.closed)
	}
	select {
	case is.slots <- struct{}{}:
		return leave, true
	default:
	}
	enough := time.NewTimer(enterTime)
	defer enough.Stop()
	select {
	case is.slots <- struct{}{}:
		return leave, true
	case <-is.closed:
	case <-enough.C:
	case <-ctx.Done():
	}
	is.crew.end(ctx, false, nil)
	return nil, false
}

// endLanes has nothing more be begun in any lane.
func (q *Queue) endLanes() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for name, is := range q.open {
		q.open[name] = is.ending()
	}
}
