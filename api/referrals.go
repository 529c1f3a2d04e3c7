package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/pathway"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/placing"
	"lifeline.scot/api/rulebook"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
)

// openAgain is how long is waited before a store that was away is tried again.
const openAgain = 5 * time.Second

// referrals are kept in a store and decided about by the rulebook. A store that is away does not keep the directory from being
// served: it is tried again until it is there.
type referrals struct {
	keeping *keeping
	from    sources
	rules   *rulebook.Rulebook
	// pathways are those that people can be referred along.
	pathways *pathway.Register
	settings *delivering
	counted  *counted
	damaged  *unreadable
	logger   *slog.Logger
	opened   atomic.Pointer[store.Store]
	told     atomic.Pointer[deliveries]
	deskMade atomic.Pointer[casework.Desk]
}

// sources are what referrals are kept beside.
type sources struct {
	cluster   *rest.Config
	directory *directory.Directory
	book      *placement.Book
	rules     *inForce
}

// newReferrals sets up referrals; nil where none are kept. A store that can be reached, and is not what it should be, is an
// error.
func newReferrals(ctx context.Context, s settings, from sources, logger *slog.Logger) (*referrals, error) {
	if !s.keeping.given() {
		return nil, nil //nolint:nilnil // none are kept here
	}
	rules, err := rulebook.New(ctx, rulebook.Options{
		Directory: from.directory, Engine: from.rules.plain, Narrowing: s.narrowing, Cluster: from.cluster, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	from.rules.book.Store(rules)
	r := &referrals{
		keeping: s.keeping, from: from, rules: rules, pathways: pathway.NewRegister(time.Now),
		settings: s.delivering, counted: newCounted(), damaged: newUnreadable(logger), logger: logger,
	}
	err = r.open(ctx)
	var keys *vault.Unavailable
	if errors.Is(err, store.ErrUnavailable) || errors.As(err, &keys) {
		logger.Warn("the referral store cannot be reached; it is tried again", "error", err)
		return r, nil
	}
	return r, err
}

func (r *referrals) open(ctx context.Context) error {
	opened, err := r.keeping.serve(ctx, vault.Failing(func(err error) {
		r.logger.Warn("key files changed and cannot be opened; it is tried again, with the keys of before meanwhile", "error", err)
	}))
	if err != nil {
		return err
	}
	cutter := &disclosure.Cutter{
		Kept: opened, Rules: r.rules, Rights: r.from.rules, Clock: time.Now, Unreadable: r.damaged.found,
	}
	told, err := newDeliveries(ctx, r.settings, opened, cutter, r.from, r.counted, r.logger)
	if err != nil {
		return errors.Join(err, opened.Close())
	}
	r.told.Store(told)
	r.opened.Store(opened)
	r.deskMade.Store(&casework.Desk{
		Store: opened, Cutter: cutter, Rights: r.from.rules, View: r.from.directory.View, Pathways: r.pathways,
	})
	r.logger.Info("referrals are kept", "engine", opened.Engine(), "deliveries", told != nil)
	return nil
}

// run follows what decisions rest on, and opens the store if it was away, until ctx ends.
func (r *referrals) run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { r.rules.Run(ctx) })
	running.Go(func() { r.pathways.Run(ctx, r.from.directory.Client()) })
	defer running.Wait()
	for r.opened.Load() == nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(openAgain):
		}
		if err := r.open(ctx); err != nil && ctx.Err() == nil {
			r.logger.Warn("the referral store cannot be opened; it is tried again", "error", err)
		}
	}
	running.Go(func() { r.keep(ctx) })
	running.Go(func() { r.told.Load().run(ctx) })
	running.Go(func() {
		tick := time.NewTicker(forgetAgain)
		defer tick.Stop()
		forget(ctx, r.opened.Load(), time.Now, tick.C, r.logger)
	})
	running.Go(func() {
		tick := time.NewTicker(catchUpEvery)
		defer tick.Stop()
		catchUp(ctx, r.opened.Load(), tick.C, r.logger)
	})
	if path := r.keeping.checkpointPath(); path != "" {
		running.Go(func() {
			tick := time.NewTicker(keepCheckpointEvery)
			defer tick.Stop()
			checkpointFile{path, r.logger}.run(ctx, r.opened.Load(), tick.C)
		})
	}
	clerk := &placing.Clerk{
		Referrals: r.opened.Load(), Claims: placement.Kubernetes{Client: r.from.directory.Client()}, Seen: r.from.book,
		Clock: clock.RealClock{}, Logger: r.logger,
	}
	clerk.Run(ctx)
}

// keep does what is to be done of referrals in time, once the directory is known: nobody is passed over because it has not been
// read.
func (r *referrals) keep(ctx context.Context) {
	desk := r.deskMade.Load()
	keeper := &pathway.Keeper{
		Referrals: r.opened.Load(), CanBeAsked: desk.CanBeAsked, Changed: desk.Changed, Clock: clock.RealClock{}, Logger: r.logger,
	}
	tick := time.NewTicker(keepAgain)
	defer tick.Stop()
	for !r.rules.Ready() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	keeper.Run(ctx)
}

// keepAgain is how often it is looked whether the directory is known.
const keepAgain = 100 * time.Millisecond

// desk is where referrals are handed in, once the store has been opened.
func (r *referrals) desk() (*casework.Desk, error) {
	if desk := r.deskMade.Load(); desk != nil {
		return desk, nil
	}
	return nil, casework.ErrUnavailable
}

// deliveries is where deliveries are asked about, once the store has been opened.
func (r *referrals) deliveries() (*delivery.Desk, error) {
	opened := r.opened.Load()
	if opened == nil {
		return nil, delivery.ErrUnavailable
	}
	return &delivery.Desk{Book: opened, Rights: r.from.rules, View: r.from.directory.View, Poke: r.told.Load().poke}, nil
}

// pingTime is how long the store may take to answer a probe.
const pingTime = time.Second

// state says in a word whether referrals can be reached.
func (r *referrals) state(ctx context.Context) string {
	if r == nil {
		return "NotSetUp"
	}
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	if opened := r.opened.Load(); opened == nil || opened.Ping(ctx) != nil || !r.rules.Ready() || r.rules.Doubtful() {
		return "Unavailable"
	}
	return "Available"
}

// close ends all connections, once nothing is answered any more.
func (r *referrals) close() error {
	if r == nil {
		return nil
	}
	if opened := r.opened.Load(); opened != nil {
		return opened.Close()
	}
	return nil
}

// backlog counts what there is to be done, once the store has been opened.
func (r *referrals) backlog(ctx context.Context) (store.Backlog, error) {
	opened := r.opened.Load()
	if opened == nil {
		return store.Backlog{}, store.ErrUnavailable
	}
	return opened.Backlog(ctx)
}
