package delivery

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

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
	// Replicas is where replicas say that they live; nil where there is no other, ever.
	Replicas Replicas
	// Beat is how often this replica says that it lives. Who has not said so for four times as long is dead, and what it had begun
	// is tried by another. Default: 2 s.
	Beat time.Duration
	// Look is how often each lane is looked at for what was put off, and for what nobody told of. Default: 2 s.
	Look   time.Duration
	Logger *slog.Logger
}

func (o QueueOptions) withDefaults() QueueOptions {
	o.AtOnce = cmp.Or(max(o.AtOnce, 0), 4)
	o.TryTime = cmp.Or(max(o.TryTime, 0), 90*time.Second)
	o.Beat = cmp.Or(max(o.Beat, 0), 2*time.Second)
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
	// called is when each lane was last called for.
	called map[string]time.Time

	watch watch
	// watching ends the watch over other replicas, and waits for that.
	watching func()
}

// How River looks for what is to be done. It is told of new jobs as soon as they are committed, by PostgreSQL or by our own
// doorbell, and looks by itself for those that were put off.
const (
	// Within fetchCooldown of the last word of a lane it is told of no other: it has to be short.
	fetchCooldown = 5 * time.Millisecond
	fetchInterval = 2 * time.Second
	// keepDone is for how long River keeps jobs that are done. What became of deliveries is kept by the store.
	keepDone = time.Minute
	// mostRescues is how often a job can be interrupted before River drops it. Then it is found as one that nobody carries.
	mostRescues = 1000
	// stuckFor is after how long beyond its time River itself takes a job for lost: those of replicas that died are taken over long
	// before.
	stuckFor = 30 * time.Second
)

// oneProcess is SQLite with one program at work in it, which tells itself what there is to do: [Queue.look]. River would write
// a row for each job that says so, and look for such rows twenty times a second.
type oneProcess struct{ *riversqlite.Driver }

// SupportsListener implements riverdriver.Driver.
func (oneProcess) SupportsListener() bool { return false }

// SupportsListenNotify implements riverdriver.Driver.
func (oneProcess) SupportsListenNotify() bool { return false }

// NewQueue makes a queue beside a store, whose River tables have been made.
func NewQueue(ctx context.Context, o QueueOptions) (*Queue, error) {
	o = o.withDefaults()
	q := &Queue{
		options: o, open: map[string]lane{}, called: map[string]time.Time{}, calls: make(chan struct{}, 1), watching: func() {},
	}
	q.bell = newDoorbell(q.look)
	var driver riverdriver.Driver[*sql.Tx] = oneProcess{riversqlite.New(o.Database.Write)}
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
	river.AddWorker(workers, &worker{try: o.Try, enter: q.enter, rest: q.rest, time: o.TryTime, logger: o.Logger})
	var err error
	q.client, err = river.NewClient(driver, &river.Config{
		Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}},
		FetchCooldown: fetchCooldown, FetchPollInterval: o.Look,
		JobTimeout: o.TryTime, RescueStuckJobsAfter: o.TryTime + stuckFor,
		CompletedJobRetentionPeriod: keepDone, CancelledJobRetentionPeriod: keepDone, DiscardedJobRetentionPeriod: keepDone,
		Logger: slog.New(warningsOf(o.Logger.Handler())),
	})
	if err != nil {
		q.close()
		return nil, fmt.Errorf("set up the queue of deliveries: %w", err)
	}
	return q, nil
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
// so, of one of them for each lane, and changes nothing else: what is in the queue is not put there twice, and what was settled
// meanwhile is found to be settled.
func (q *Queue) look(ctx context.Context, carried []river.InsertManyParams) {
	q.mu.Lock()
	calls, now := false, time.Now()
	seen := map[string]bool{}
	atWork := slices.DeleteFunc(slices.Clone(carried), func(p river.InsertManyParams) bool {
		name := p.InsertOpts.Queue
		if seen[name] {
			return true
		}
		seen[name] = true
		is, open := q.open[name]
		if open && !is.closing {
			return false
		}
		if now.Sub(q.called[name]) >= betweenLanes { // otherwise somebody is about to look anyway, or it rests
			q.called[name], calls = now, true
		}
		return true
	})
	q.mu.Unlock()
	if calls {
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

// Start begins to work, in the lanes that are opened, until Stop is called: the end of ctx does not cut off what is being sent.
func (q *Queue) Start(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if err := q.beat(ctx); err != nil { // before anything is begun: who has never said that it lives is dead
		return fmt.Errorf("say that this replica lives: %w", err)
	}
	if err := q.client.Start(ctx); err != nil {
		return fmt.Errorf("start the queue of deliveries: %w", err)
	}
	q.bell.start(ctx)
	q.watching = q.watchOver(ctx)
	return nil
}

// stopTime is how long what is being sent may take when the program ends.
const stopTime = 5 * time.Second

// Stop lets what is being sent end, and then ends it.
func (q *Queue) Stop() error {
	defer q.close()
	q.endLanes()
	q.bell.stop()
	err := q.stop()
	q.watching() // until here, others leave to this one what it has
	if q.options.Replicas == nil || err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := q.options.Replicas.Bury(ctx, q.client.ID()); err != nil {
		return fmt.Errorf("say that this replica has ended: %w", err)
	}
	return nil
}

func (q *Queue) stop() error {
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
