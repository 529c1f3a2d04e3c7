package delivery

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Replicas is where replicas say that they live: the store.
type Replicas interface {
	// Beat counts on for a replica, and returns what all have counted.
	Beat(ctx context.Context, name string) (map[string]int64, error)
	// Bury forgets replicas.
	Bury(ctx context.Context, names ...string) error
}

// How it is looked after others.
const (
	// missedBeats make a replica dead.
	missedBeats = 4
	// betweenRounds is how often jobs of replicas are looked for of which nobody has ever heard, or that somebody buried and then
	// died.
	betweenRounds = time.Minute
	watchTime     = 10 * time.Second
)

// watch is when other replicas were last heard of, by the clock of this one: no clocks are compared.
type watch struct {
	mu    sync.Mutex
	heard map[string]heard
	// taken are the jobs of the dead that have been taken over here, by their ids.
	taken  map[int64]bool
	looked time.Time
	// last is when this one last said that it lives itself.
	last time.Time
}

type heard struct {
	beats int64
	at    time.Time
}

// hear notes what replicas have counted, and returns who lives, and who has not counted on for so long that it is dead. If this
// one could not say so itself for a while, the store was away for the others too, and they have all their time again.
func (w *watch) hear(beats map[string]int64, now time.Time, patience time.Duration) (alive map[string]bool, dead []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was, away := w.heard, !w.last.IsZero() && now.Sub(w.last) > patience/2
	w.last = now
	w.heard = make(map[string]heard, len(beats))
	alive = map[string]bool{}
	for name, n := range beats {
		last, known := was[name]
		if !known || last.beats != n || away {
			last = heard{n, now}
		}
		w.heard[name] = last
		if now.Sub(last.at) >= patience {
			dead = append(dead, name)
		} else {
			alive[name] = true
		}
	}
	return alive, dead
}

// isTime reports whether it is time to look for jobs that nobody works on.
func (w *watch) isTime(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return now.Sub(w.looked) >= betweenRounds
}

// isDone notes that it was looked for them.
func (w *watch) isDone(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looked = now
}

// beat says that this replica lives, and takes over what the dead had begun.
func (q *Queue) beat(ctx context.Context) error {
	if q.options.Replicas == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, watchTime)
	defer cancel()
	beats, err := q.options.Replicas.Beat(ctx, q.client.ID())
	if err != nil {
		return err
	}
	now := time.Now()
	alive, dead := q.watch.hear(beats, now, missedBeats*q.options.Beat)
	if !q.watch.isTime(now) && len(dead) == 0 {
		return nil
	}
	if err := q.takeOver(ctx, alive); err != nil {
		return fmt.Errorf("take over from who died: %w", err)
	}
	q.watch.isDone(now)
	return q.options.Replicas.Bury(ctx, dead...)
}

// takeOver puts a new job beside each that somebody has who does not live: River gives theirs to nobody else for minutes. It
// makes no difference if several do, or if the dead come back: who begins an attempt first has it.
func (q *Queue) takeOver(ctx context.Context, alive map[string]bool) error {
	q.watch.mu.Lock()
	defer q.watch.mu.Unlock()
	taken := map[int64]bool{}
	params := river.NewJobListParams().Kinds(job{}.Kind()).States(rivertype.JobStateRunning).
		OrderBy(river.JobListOrderByID, river.SortOrderAsc).First(mostSwept)
	for {
		page, err := q.client.JobList(ctx, params)
		if err != nil {
			return err //nolint:wrapcheck // by beat
		}
		var orphans []river.InsertManyParams
		for _, j := range page.Jobs {
			if n := len(j.AttemptedBy); n == 0 || alive[j.AttemptedBy[n-1]] {
				continue
			}
			taken[j.ID] = true
			if args, err := argsOf(j); err == nil && !q.watch.taken[j.ID] {
				args.After = j.ID
				orphans = append(orphans, river.InsertManyParams{Args: args, InsertOpts: &river.InsertOpts{Queue: j.Queue}})
			}
		}
		if len(orphans) > 0 {
			if _, err := q.client.InsertMany(ctx, orphans); err != nil {
				return err //nolint:wrapcheck // likewise
			}
		}
		if len(page.Jobs) < mostSwept {
			q.watch.taken = taken
			return nil
		}
		params = params.After(page.LastCursor)
	}
}

// watchOver beats until it is ended.
func (q *Queue) watchOver(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(q.options.Beat)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := q.beat(ctx); err != nil && ctx.Err() == nil {
				q.options.Logger.Warn("deliveries: it could not be looked after other replicas; it is tried again", "error", err)
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
