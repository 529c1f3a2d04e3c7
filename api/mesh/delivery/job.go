package delivery

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// job names a delivery.
type job struct {
	Delivery int64 `json:"delivery"`
	Round    int64 `json:"round"`
}

// Kind implements river.JobArgs.
func (job) Kind() string { return "deliver" }

// InsertOpts implements river.JobArgsWithInsertOpts: a delivery that is in the queue is not put there twice.
func (job) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		MaxAttempts: mostRescues,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning,
			rivertype.JobStateScheduled,
		}},
	}
}

// worker does what a job says.
type worker struct {
	river.WorkerDefaults[job]
	try    func(ctx context.Context, id, round int64) (Again, error)
	enter  func(ctx context.Context, lane string) (leave func(done bool), may bool)
	rest   func(lane string)
	time   time.Duration
	logger *slog.Logger
}

// Timeout implements river.Worker.
func (w *worker) Timeout(*river.Job[job]) time.Duration { return w.time }

// NextRetry implements river.Worker: what was under way when its replica died is tried at once. River's own pauses grow with how
// often that happened, and it says nothing of the partner.
func (w *worker) NextRetry(*river.Job[job]) time.Time { return time.Now().Add(time.Second) }

// storeAway is how long is waited while the store cannot be reached or written to.
const storeAway = 10 * time.Second

// Work implements river.Worker. It never fails: River would keep why in the job, and count it.
func (w *worker) Work(ctx context.Context, j *river.Job[job]) error {
	leave, may := w.enter(ctx, j.Queue)
	if !may {
		return river.JobSnooze(0)
	}
	done := false
	defer func() { leave(done) }()
	again, err := w.try(ctx, j.Args.Delivery, j.Args.Round)
	if again.Rests { // before this ends, since the next is begun then
		w.rest(j.Queue)
	}
	switch {
	case err != nil:
		w.logger.Warn("a delivery could not be looked at; it is tried again", "delivery", j.Args.Delivery, "error", err)
		return river.JobSnooze(storeAway)
	case again.Done:
		done = true
		return nil
	default:
		return river.JobSnooze(min(max(time.Until(again.At), 0), math.MaxInt64/2))
	}
}
