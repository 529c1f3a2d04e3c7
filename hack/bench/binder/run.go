package binder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/bench/live"
	"lifeline.scot/hack/bench/measure"
)

// Options say how much to measure.
type Options struct {
	Partnerships, Pools int
	// Few and Waiting are how many wait for a place, first and then.
	Few, Waiting int
	// Claims are made for each measurement.
	Claims int
	// Idle is how long it is looked at what the operator costs when nothing happens.
	Idle time.Duration
}

const (
	fillLimit   = 30 * time.Minute
	holdLimit   = 10 * time.Minute
	settleLimit = 3 * time.Minute
	quietFor    = 12 * time.Second // longer than the rounds in which the operator looks through everything
	sayEvery    = 10 * time.Second
)

// Run measures on a cluster of its own. say is told what is being done.
func Run(ctx context.Context, o Options, say func(string)) ([]measure.Row, error) {
	w, err := newWorld(o)
	if err != nil {
		return nil, err
	}
	system, err := live.Start(ctx, say)
	if err != nil {
		return nil, err
	}
	rows, err := run(ctx, o, w, system, say)
	return rows, errors.Join(err, system.Stop())
}

// bench is one run.
type bench struct {
	Options
	*world
	system   *live.System
	operator *live.Program
	holds    *holds
	say      func(string)
	filled   int
	// recounted are pools in which places came free.
	recounted map[string]bool
}

func run(ctx context.Context, o Options, w *world, system *live.System, say func(string)) ([]measure.Row, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := &bench{Options: o, world: w, system: system, say: say, recounted: map[string]bool{}}
	if err := b.build(ctx); err != nil {
		return nil, err
	}
	few, err := b.stage(ctx, o.Few)
	if err != nil {
		return nil, err
	}
	many, err := b.stage(ctx, o.Waiting)
	if err != nil {
		return nil, err
	}
	return rows(o, few, many), nil
}

// build makes partnerships, pools and all else but those who wait.
func (b *bench) build(ctx context.Context) (err error) {
	if b.operator, err = b.system.Operator(ctx); err != nil {
		return err
	}
	if b.holds, err = follow(ctx, b.system); err != nil {
		return err
	}
	if err := b.system.Create(ctx, live.Each(b.generated.Partnerships()), b.say); err != nil {
		return err
	}
	for _, area := range b.areas {
		if err := b.system.Appears(ctx, area); err != nil {
			return err
		}
	}
	for _, objects := range append(b.scene(), b.counts()) {
		if err := b.system.Create(ctx, objects, b.say); err != nil {
			return err
		}
	}
	return until(ctx, fillLimit, "every pool is counted", b.counted(ctx))
}

func (b *bench) counted(ctx context.Context) func() bool {
	return func() bool {
		var pools v1alpha1.CapacityPoolList
		if err := b.system.Client.List(ctx, &pools); err != nil {
			return false
		}
		n := 0
		for i := range pools.Items {
			if pools.Items[i].Status.Counted != nil {
				n++
			}
		}
		time.Sleep(time.Second)
		return n == len(b.pools)
	}
}

// fill makes claims until so many wait, and waits until the operator has told each where it stands.
func (b *bench) fill(ctx context.Context, waiting int) (time.Duration, error) {
	began := time.Now()
	told, _ := b.holds.counts()
	n := waiting - b.filled
	b.filled = waiting
	if err := b.system.Create(ctx, b.people(n), b.say); err != nil {
		return 0, err
	}
	said := time.Now()
	err := until(ctx, fillLimit, "all who wait are told where they stand", func() bool {
		now, _ := b.holds.counts()
		if time.Since(said) > sayEvery {
			said = time.Now()
			b.say(fmt.Sprintf("%d of %d are told where they stand", now-told, n))
		}
		return now >= told+n
	})
	return time.Since(began), err
}

// stage measures with so many who wait: first the bare rate, with the operator stopped, then the operator.
func (b *bench) stage(ctx context.Context, waiting int) (s stage, err error) {
	s.people, s.claims = waiting, b.Claims
	if s.filled, err = b.fill(ctx, waiting); err != nil {
		return s, err
	}
	b.say(fmt.Sprintf("%d wait; that took %s", waiting, s.filled.Round(time.Second)))
	if err := b.operator.End(); err != nil {
		return s, err
	}
	before, beforeCPU, err := b.bare(ctx)
	if err != nil {
		return s, err
	}
	if b.operator, err = b.system.Operator(ctx); err != nil {
		return s, err
	}
	if err := b.rest(ctx, &s); err != nil {
		return s, err
	}
	if err := b.bind(ctx, &s); err != nil {
		return s, err
	}
	if err := b.operator.End(); err != nil {
		return s, err
	}
	after, afterCPU, err := b.bare(ctx)
	if err != nil {
		return s, err
	}
	s.bare, s.bareCPU = (before+after)/2, (beforeCPU+afterCPU)/2
	b.say(s.words())
	if err := b.verify(ctx); err != nil {
		return s, err
	}
	b.operator, err = b.system.Operator(ctx)
	return s, err
}

// rest looks at the operator while nobody makes claims and it has nothing left to say.
func (b *bench) rest(ctx context.Context, s *stage) error {
	if err := b.quiet(ctx); err != nil {
		return err
	}
	resident, err := measure.Settled(ctx, b.operator.Pid(), settleLimit)
	if err != nil {
		return err
	}
	heap, err := liveHeap(ctx, b.operator)
	if err != nil {
		return err
	}
	s.resident, s.heap = resident, int64(heap)
	s.idle, err = b.spend(ctx, func() error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(b.Idle):
			return nil
		}
	})
	return err
}

// quiet waits until the operator has written nothing for a while. Where it never stops, the idle figures show that.
func (b *bench) quiet(ctx context.Context) error {
	before, since := -1.0, time.Now()
	err := until(ctx, settleLimit, "the operator has written all it has to say", func() bool {
		now, err := writes(ctx, b.system)
		if err != nil || now != before {
			before, since = now, time.Now()
		}
		time.Sleep(time.Second)
		return time.Since(since) > quietFor
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		b.say(err.Error())
		return nil
	}
	return err
}

// bind measures claims that are bound: a few at a time, many at once, and when places come free.
func (b *bench) bind(ctx context.Context, s *stage) (err error) {
	b.say("claims a few at a time")
	s.paced, err = b.spend(ctx, func() (err error) { s.times, err = b.paced(ctx); return err })
	if err != nil {
		return err
	}
	b.say("claims all at once")
	s.burst, err = b.spend(ctx, func() (err error) { s.burstTook, err = b.burst(ctx); return err })
	if err != nil {
		return err
	}
	b.say("places come free")
	s.freed, err = b.spend(ctx, func() (err error) { s.freedHolds, s.freedTook, err = b.free(ctx); return err })
	return err
}

// spend returns what something cost the operator and the API server.
func (b *bench) spend(ctx context.Context, do func() error) (spent, error) {
	w, err := writes(ctx, b.system)
	if err != nil {
		return spent{}, err
	}
	cpu, err := measure.CPU(b.operator.Pid())
	if err != nil {
		return spent{}, err
	}
	before, err := measure.Family(os.Getpid())
	if err != nil {
		return spent{}, err
	}
	began := time.Now()
	if err := do(); err != nil {
		return spent{}, err
	}
	s := spent{wall: time.Since(began), before: before}
	used, err := measure.CPU(b.operator.Pid())
	if err != nil {
		return spent{}, err
	}
	if s.after, err = measure.Family(os.Getpid()); err != nil {
		return spent{}, err
	}
	wrote, err := writes(ctx, b.system)
	s.cpu, s.writes = used-cpu, wrote-w
	return s, err
}

// verify checks that what was measured was done right.
func (b *bench) verify(ctx context.Context) error {
	var pools v1alpha1.CapacityPoolList
	var claims v1alpha1.PlacementList
	var funds v1alpha1.PlacementFundList
	for _, list := range []client.ObjectList{&pools, &claims, &funds} {
		if err := b.system.Client.List(ctx, list); err != nil {
			return fmt.Errorf("list everything: %w", err)
		}
	}
	broken := placement.Verify(placement.Snapshot{Pools: pools.Items, Claims: claims.Items, Funds: funds.Items}, time.Now())
	if len(broken) > 0 {
		return fmt.Errorf("%d rules are broken, the first: %s", len(broken), broken[0])
	}
	return nil
}
