package delivery

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"lifeline.scot/api/store"
)

// Replicas is where replicas say that they live: the store.
type Replicas interface {
	// Beat counts on for a replica, and returns what all have counted.
	Beat(ctx context.Context, name string) (map[string]store.Heartbeat, error)
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
	// mostFreed is how many jobs are read and freed at once.
	mostFreed = 500
)

// watch is when other replicas were last heard of, by the clock of this one: no clocks of replicas are compared. Of the time
// before this one started, the clock of the store tells: one that is killed again and again, each time before it has watched
// the others for long enough, would never find out that they are dead.
type watch struct {
	mu     sync.Mutex
	heard  map[string]heard
	looked time.Time
	// last is when this one last said that it lives itself.
	last time.Time
}

type heard struct {
	beats int64
	at    time.Time
}

// hear notes what replicas have counted, and returns who has not counted on for so long that it is dead. If this one could not
// say so itself for a while, the store was away for the others too, and they have all their time again.
func (w *watch) hear(beats map[string]store.Heartbeat, now time.Time, patience time.Duration) (dead []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was, first, away := w.heard, w.last.IsZero(), !w.last.IsZero() && now.Sub(w.last) > patience/2
	w.last = now
	w.heard = make(map[string]heard, len(beats))
	for name, b := range beats {
		last, known := was[name]
		switch {
		case first: // the store may have been away for them until now: each has the time to say something
			last = heard{b.Beats, now.Add(-min(b.Age, patience/2))}
		case !known || last.beats != b.Beats || away:
			last = heard{b.Beats, now}
		}
		w.heard[name] = last
		if now.Sub(last.at) >= patience {
			dead = append(dead, name)
		}
	}
	return dead
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
	dead := q.watch.hear(beats, now, missedBeats*q.options.Beat)
	if !q.watch.isTime(now) && len(dead) == 0 {
		return nil
	}
	if err := q.takeOver(ctx, dead); err != nil {
		return fmt.Errorf("take over from who died: %w", err)
	}
	q.watch.isDone(now)
	return q.options.Replicas.Bury(ctx, dead...)
}

// takeOver frees the jobs that somebody has who does not live: River would give them to nobody else for minutes. They are freed
// as they are, and not put there once more: what dies again and again does not make more of them. If the dead come back it
// makes no difference: who begins an attempt first has it.
func (q *Queue) takeOver(ctx context.Context, dead []string) error {
	taken, err := q.taken(ctx)
	if err != nil {
		return err
	}
	// Only after the jobs were read it is asked who there is: whoever has one of them said before it took it that it lives.
	known, err := q.options.Replicas.Beat(ctx, q.client.ID())
	if err != nil {
		return err //nolint:wrapcheck // by beat
	}
	for _, name := range dead {
		delete(known, name)
	}
	orphans := slices.DeleteFunc(taken, func(j *rivertype.JobRow) bool {
		n := len(j.AttemptedBy)
		if n == 0 {
			return true
		}
		_, lives := known[j.AttemptedBy[n-1]]
		return lives
	})
	for some := range slices.Chunk(orphans, mostFreed) {
		if err := q.free(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// taken are the jobs that anybody has.
func (q *Queue) taken(ctx context.Context) (all []*rivertype.JobRow, err error) {
	params := river.NewJobListParams().Kinds(job{}.Kind()).States(rivertype.JobStateRunning).
		OrderBy(river.JobListOrderByID, river.SortOrderAsc).First(mostFreed)
	for {
		page, err := q.client.JobList(ctx, params)
		if err != nil {
			return nil, err //nolint:wrapcheck // by beat
		}
		all = append(all, page.Jobs...)
		if len(page.Jobs) < mostFreed {
			return all, nil
		}
		params = params.After(page.LastCursor)
	}
}

// free makes jobs available that are still under way for the same time. River has no call for it.
func (q *Queue) free(ctx context.Context, jobs []*rivertype.JobRow) error {
	places, args := make([]string, len(jobs)), make([]any, 0, 2*len(jobs))
	for i, j := range jobs {
		places[i] = fmt.Sprintf("(CAST($%d AS BIGINT), CAST($%d AS INTEGER))", 2*i+1, 2*i+2)
		args = append(args, j.ID, j.Attempt)
	}
	_, err := q.options.Database.Write.ExecContext(ctx, `UPDATE river_job SET state = 'available'
		WHERE state = 'running' AND (id, attempt) IN (VALUES `+strings.Join(places, ", ")+`)`, args...)
	return err //nolint:wrapcheck // by beat
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
