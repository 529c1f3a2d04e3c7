package delivery

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"lifeline.scot/api/store"
)

// QueueOptions set up a Queue.
type QueueOptions struct {
	Database store.Database
	// Takes reports whether a partner takes events.
	Takes func(partner string) bool
	// Try is what is done with a delivery: [Courier.Try].
	Try func(ctx context.Context, id, round int64) (Again, error)
	// AtOnce is how many events are sent to one partner at the same time by this replica. Default: 4.
	AtOnce int
	// Doubtful reports whether a partner failed so lately that one event at a time is sent to it: [Breaker.Doubtful]. Default: none
	// is doubtful.
	Doubtful func(partner string) bool
	// TryTime bounds one Try. Default: 90 s.
	TryTime time.Duration
	// Rescue is after how long a delivery whose replica died is tried by another; longer than TryTime. It is looked for every 30 s.
	// Default: 2 minutes.
	Rescue time.Duration
	// Look is how often each lane is looked at for what was put off, and for what nobody told of. Default: 2 s.
	Look   time.Duration
	Logger *slog.Logger
}

func (o QueueOptions) withDefaults() QueueOptions {
	o.AtOnce = cmp.Or(max(o.AtOnce, 0), 4)
	o.TryTime = cmp.Or(max(o.TryTime, 0), 90*time.Second)
	o.Rescue = max(cmp.Or(max(o.Rescue, 0), 2*time.Minute), o.TryTime)
	o.Look = max(cmp.Or(max(o.Look, 0), fetchInterval), fetchCooldown)
	if o.Doubtful == nil {
		o.Doubtful = func(string) bool { return false }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Queue carries deliveries in River, each partner's in a queue of its own: a lane. Lanes are open here, and closed, as
// [Queue.Open] says.
type Queue struct {
	options  QueueOptions
	client   *river.Client[*sql.Tx]
	listener *pgxpool.Pool

	bell  *doorbell
	calls chan struct{}

	mu   sync.Mutex
	open map[string]lane
}

// lane is how a partner's queue is worked, if it is.
type lane struct {
	// width is how many events are sent at once.
	width   int
	closing bool
}

// shutTime is how long is waited at once for a lane to close.
const shutTime = 50 * time.Millisecond

// How River looks for what is to be done. It is told of new jobs as soon as they are committed, by PostgreSQL or by our own
// doorbell, and looks by itself for those that were put off.
const (
	fetchCooldown = 5 * time.Millisecond
	fetchInterval = 2 * time.Second
	// keepDone is for how long River keeps jobs that are done. What became of deliveries is kept by the store.
	keepDone = 10 * time.Minute
	// mostRescues is how often a job can be interrupted before River drops it. Then it is found as one that nobody carries.
	mostRescues = 1000
)

// NewQueue makes a queue beside a store, whose River tables have been made.
func NewQueue(ctx context.Context, o QueueOptions) (*Queue, error) {
	o = o.withDefaults()
	q := &Queue{options: o, open: map[string]lane{}, calls: make(chan struct{}, 1)}
	q.bell = newDoorbell(q.look)
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(o.Database.Write)
	if o.Database.Connect != nil {
		config, err := pgxpool.ParseConfig(o.Database.Connect.ConnString())
		if err != nil { // it may quote the password
			return nil, errors.New("prepare to listen for deliveries: DATABASE_URL cannot be read")
		}
		config.MinConns, config.MaxConns = 0, 1
		if q.listener, err = pgxpool.NewWithConfig(ctx, config); err != nil {
			return nil, errors.New("prepare to listen for deliveries: DATABASE_URL cannot be used")
		}
		driver = riverdatabasesql.NewWithPgxListener(o.Database.Write, q.listener)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{try: o.Try, rest: q.rest, time: o.TryTime, logger: o.Logger})
	var err error
	q.client, err = river.NewClient(driver, &river.Config{
		Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}},
		FetchCooldown: fetchCooldown, FetchPollInterval: o.Look,
		JobTimeout: o.TryTime, RescueStuckJobsAfter: o.Rescue,
		CompletedJobRetentionPeriod: keepDone, CancelledJobRetentionPeriod: keepDone, DiscardedJobRetentionPeriod: keepDone,
		Logger: slog.New(warningsOf(o.Logger.Handler())),
	})
	if err != nil {
		q.close()
		return nil, fmt.Errorf("set up the queue of deliveries: %w", err)
	}
	return q, nil
}

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

// Takes implements store.Carrier.
func (q *Queue) Takes(partner string) bool { return q.options.Takes(partner) }

// Carry implements store.Carrier.
func (q *Queue) Carry(ctx context.Context, tx *sql.Tx, due ...store.Delivery) error {
	all := make([]river.InsertManyParams, len(due))
	for i, d := range due {
		all[i] = river.InsertManyParams{
			Args: job{Delivery: d.ID, Round: d.Round}, InsertOpts: &river.InsertOpts{Queue: laneOf(d.Partner)},
		}
	}
	_, err := q.client.InsertManyTx(ctx, tx, all)
	if err == nil {
		q.bell.carried(tx, all)
	}
	return err
}

// Ended is told that a transaction has ended in which something may have been handed over: see [store.Store.CarryBy].
func (q *Queue) Ended(tx *sql.Tx) {
	q.bell.ended(tx)
}

// Calls is received from when something was committed here for a lane in which nobody is at work.
func (q *Queue) Calls() <-chan struct{} { return q.calls }

// look has what was committed be looked for at once. PostgreSQL has told River of it. In SQLite to hand it over once more does
// so, and changes nothing else: what is in the queue is not put there twice, and what was settled meanwhile is found to be
// settled.
func (q *Queue) look(ctx context.Context, carried []river.InsertManyParams) {
	q.mu.Lock()
	atWork := slices.DeleteFunc(slices.Clone(carried), func(p river.InsertManyParams) bool {
		is, open := q.open[p.InsertOpts.Queue]
		return !open || is.closing
	})
	q.mu.Unlock()
	if len(atWork) < len(carried) {
		select {
		case q.calls <- struct{}{}:
		default: // somebody is called already
		}
	}
	if q.listener != nil || len(atWork) == 0 {
		return
	}
	if _, err := q.client.InsertMany(ctx, atWork); err != nil {
		q.options.Logger.Warn("deliveries: what was committed is found a little later", "error", err)
	}
}

// laneOf is the name of a partner's queue. River's names cannot have two hyphens in a row.
func laneOf(partner string) string {
	if !strings.Contains(partner, "--") {
		return "partner-" + partner
	}
	sum := sha256.Sum256([]byte(partner))
	return "partner_" + hex.EncodeToString(sum[:16])
}

// Start begins to work, in the lanes that are opened, until Stop is called: the end of ctx does not cut off what is being sent.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the queue of deliveries: %w", err)
	}
	q.bell.start(context.WithoutCancel(ctx))
	return nil
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
		if err := q.client.Queues().Add(name, river.QueueConfig{MaxWorkers: width}); err != nil {
			errs = append(errs, fmt.Errorf("open a lane: %w", err))
			continue
		}
		q.open[name] = lane{width: width}
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
	is.closing = true
	q.open[name] = is
	return true
}

// shut closes a lane, or goes on with closing it.
func (q *Queue) shut(ctx context.Context, name string) error {
	is := q.open[name]
	is.closing = true
	q.open[name] = is
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

// stopTime is how long what is being sent may take when the program ends.
const stopTime = 5 * time.Second

// Stop lets what is being sent end, and then ends it.
func (q *Queue) Stop() error {
	defer q.close()
	q.bell.stop()
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if q.client.Stop(ctx) == nil {
		return nil
	}
	ctx, cancel = context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := q.client.StopAndCancel(ctx); err != nil {
		return fmt.Errorf("stop the queue of deliveries: %w", err)
	}
	return nil
}

func (q *Queue) close() {
	if q.listener != nil {
		q.listener.Close()
	}
}

// worker does what a job says.
type worker struct {
	river.WorkerDefaults[job]
	try    func(ctx context.Context, id, round int64) (Again, error)
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
	again, err := w.try(ctx, j.Args.Delivery, j.Args.Round)
	if again.Rests { // before this ends, since the next is begun then
		w.rest(j.Queue)
	}
	switch {
	case err != nil:
		w.logger.Warn("a delivery could not be looked at; it is tried again", "delivery", j.Args.Delivery, "error", err)
		return river.JobSnooze(storeAway)
	case again.Done:
		return nil
	default:
		return river.JobSnooze(min(max(time.Until(again.At), 0), math.MaxInt64/2))
	}
}
