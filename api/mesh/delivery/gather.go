package delivery

import (
	"context"
	"sync"
	"time"

	"lifeline.scot/api/store"
)

// Gathered has what many couriers ask of a store at the same time asked at once: one transaction settles many deliveries, and one
// query looks at many. Nobody waits for others to come: what comes while something is under way goes together next.
type Gathered struct {
	kept Kept

	standings gathering[int64, map[int64]store.Standing]
	next      gathering[store.Lane, map[store.Lane]store.Delivery]
	settled   gathering[store.Settlement, struct{}]

	mu        sync.Mutex
	endpoints map[string]seen
}

// seen is what was known of an endpoint a moment ago.
type seen struct {
	store.Endpoint
	url   string
	until time.Time
}

// endpointFresh is for how long what is known of an endpoint is not read again.
const endpointFresh = time.Second

// Gather makes a Kept of a store that works on many deliveries at once.
func Gather(kept Kept) *Gathered {
	g := &Gathered{kept: kept, endpoints: map[string]seen{}}
	g.standings.do = func(ctx context.Context, ids []int64) (map[int64]store.Standing, error) {
		return kept.Standings(ctx, ids...)
	}
	g.next.do = func(ctx context.Context, lanes []store.Lane) (map[store.Lane]store.Delivery, error) {
		return kept.NextIn(ctx, lanes...)
	}
	g.settled.most = 2 // the audit log lets one end at a time, and the other begins meanwhile
	g.settled.do = func(ctx context.Context, all []store.Settlement) (struct{}, error) {
		return struct{}{}, kept.Settle(ctx, all...)
	}
	return g
}

// Begin implements Kept: a [Courier] begins many together itself.
func (g *Gathered) Begin(ctx context.Context, all ...store.Beginning) (map[int64]bool, error) {
	return g.kept.Begin(ctx, all...)
}

// Standings implements Kept.
func (g *Gathered) Standings(ctx context.Context, ids ...int64) (map[int64]store.Standing, error) {
	return g.standings.join(ctx, ids...)
}

// NextIn implements Kept.
func (g *Gathered) NextIn(ctx context.Context, lanes ...store.Lane) (map[store.Lane]store.Delivery, error) {
	return g.next.join(ctx, lanes...)
}

// Settle implements Kept. If several cannot be settled together, each is by itself: one that is wrong is nobody else's matter.
func (g *Gathered) Settle(ctx context.Context, all ...store.Settlement) error {
	if _, err := g.settled.join(ctx, all...); err == nil {
		return nil
	}
	return g.kept.Settle(ctx, all...)
}

// Endpoint implements Kept.
func (g *Gathered) Endpoint(ctx context.Context, partner, url string) (store.Endpoint, error) {
	g.mu.Lock()
	last, known := g.endpoints[partner]
	g.mu.Unlock()
	if known && last.url == url && time.Now().Before(last.until) {
		return last.Endpoint, nil
	}
	e, err := g.kept.Endpoint(ctx, partner, url)
	if err == nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.endpoints[partner] = seen{e, url, time.Now().Add(endpointFresh)}
	}
	return e, err
}

// LearnOf implements Kept.
func (g *Gathered) LearnOf(ctx context.Context, partner, url string, learn func(*store.Endpoint)) error {
	err := g.kept.LearnOf(ctx, partner, url, learn)
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.endpoints, partner)
	return err
}

// gathering does for many what each asks for. All that went together get the same answer, and the same error.
type gathering[In, Out any] struct {
	do func(ctx context.Context, all []In) (Out, error)

	// most is how many turns are under way at once; 0 for one.
	most int

	mu      sync.Mutex
	waiting *together[In, Out]
	busy    int
}

// together are those whose turn is the same.
type together[In, Out any] struct {
	all  []In
	done chan struct{}
	out  Out
	err  error
}

// Bounds of what is done at once.
const (
	mostTogether = store.LongestPage
	togetherTime = 15 * time.Second
)

// join has something done together with what others ask for, and waits for the answer. What is begun is done to its end, whoever
// of those who asked goes away.
func (g *gathering[In, Out]) join(ctx context.Context, all ...In) (out Out, err error) {
	g.mu.Lock()
	if g.waiting == nil || len(g.waiting.all)+len(all) > mostTogether {
		if g.waiting != nil && g.busy > 0 { // the next turn is full
			full := g.waiting.done
			g.mu.Unlock()
			select {
			case <-ctx.Done():
				return out, ctx.Err()
			case <-full:
			}
			return g.join(ctx, all...)
		}
		g.waiting = &together[In, Out]{done: make(chan struct{})}
	}
	turn := g.waiting
	turn.all = append(turn.all, all...)
	leads := g.busy < max(g.most, 1)
	if leads {
		g.busy++
	}
	g.mu.Unlock()
	if leads {
		go g.work(context.WithoutCancel(ctx))
	}
	select {
	case <-ctx.Done():
		return out, ctx.Err()
	case <-turn.done:
		return turn.out, turn.err
	}
}

// work does one turn after the other until nobody waits.
func (g *gathering[In, Out]) work(ctx context.Context) {
	for {
		g.mu.Lock()
		turn := g.waiting
		g.waiting = nil
		if turn == nil {
			g.busy--
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		func() {
			defer close(turn.done)
			bounded, cancel := context.WithTimeout(ctx, togetherTime)
			defer cancel()
			turn.out, turn.err = g.do(bounded, turn.all)
		}()
	}
}
