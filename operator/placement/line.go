package placement

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

type work = workqueue.TypedRateLimitingInterface[reconcile.Request]

// line keeps the queue of those who wait in step with what is stored, and wakes the binder for every claim that something
// can be done about. It gives no place before it has seen everybody who waits.
type line struct {
	from  client.Reader
	clock clock.PassiveClock
	queue *rules.Queue

	mu   sync.Mutex
	work work
	full bool
	// bound are the claims that have, or take, a place in each pool.
	bound map[v1alpha1.PlacementPool]map[types.NamespacedName]struct{}
	place map[types.NamespacedName]v1alpha1.PlacementPool
}

func newLine(from client.Reader, clock clock.PassiveClock) *line {
	return &line{
		from: from, clock: clock, queue: rules.NewQueue(),
		bound: map[v1alpha1.PlacementPool]map[types.NamespacedName]struct{}{},
		place: map[types.NamespacedName]v1alpha1.PlacementPool{},
	}
}

// Create implements handler.EventHandler.
func (l *line) Create(_ context.Context, e event.CreateEvent, w work) {
	l.see(e.Object)
	if claim, ok := e.Object.(*v1alpha1.Placement); ok && !settled(claim) {
		w.Add(reconcile.Request{NamespacedName: keyOf(claim)})
	}
	l.next(w)
}

// settled reports whether nothing more happens to the claim.
func settled(claim *v1alpha1.Placement) bool {
	return claim.Status.EndedTime != nil && claim.DeletionTimestamp.IsZero() && claim.Status.ObservedGeneration == claim.Generation
}

// Update implements handler.EventHandler.
func (l *line) Update(_ context.Context, e event.UpdateEvent, w work) {
	l.see(e.ObjectNew)
	switch is := e.ObjectNew.(type) {
	case *v1alpha1.Placement:
		was, ok := e.ObjectOld.(*v1alpha1.Placement)
		if ok && (status.Asked().Update(e) || stateOf(was) != stateOf(is)) {
			w.Add(reconcile.Request{NamespacedName: keyOf(is)})
		}
	case *v1alpha1.CapacityPool:
		if was, ok := e.ObjectOld.(*v1alpha1.CapacityPool); ok && leaves(was, is) {
			l.wakeBound(rules.PoolOf(is), w)
		}
	}
	l.next(w)
}

// leaves reports whether those with a place in the pool should look whether they still have it.
func leaves(was, is *v1alpha1.CapacityPool) bool {
	return was.UID != is.UID || was.DeletionTimestamp.IsZero() != is.DeletionTimestamp.IsZero() ||
		len(is.Status.Allocations) < len(was.Status.Allocations)
}

func stateOf(claim *v1alpha1.Placement) v1alpha1.BindingState {
	if claim.Status.Binding == nil {
		return ""
	}
	return claim.Status.Binding.State
}

// Delete implements handler.EventHandler.
func (l *line) Delete(_ context.Context, e event.DeleteEvent, w work) {
	switch gone := e.Object.(type) {
	case *v1alpha1.Placement:
		l.queue.RemoveClaim(keyOf(gone))
		l.note(keyOf(gone), nil)
	case *v1alpha1.CapacityPool:
		l.queue.RemovePool(keyOf(gone))
		l.wakeBound(rules.PoolOf(gone), w)
	case *v1alpha1.PlacementFund:
		l.queue.RemoveFund(keyOf(gone))
	}
	l.next(w)
}

// Generic implements handler.EventHandler.
func (l *line) Generic(context.Context, event.GenericEvent, work) {}

func (l *line) see(object client.Object) {
	switch is := object.(type) {
	case *v1alpha1.Placement:
		l.queue.SetClaim(is)
		l.note(keyOf(is), is.Status.Binding)
	case *v1alpha1.CapacityPool:
		l.queue.SetPool(is)
	case *v1alpha1.PlacementFund:
		l.queue.SetFund(is)
	}
}

// note remembers in which pool the claim has a place.
func (l *line) note(claim types.NamespacedName, binding *v1alpha1.PlacementBinding) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if was, had := l.place[claim]; had {
		delete(l.bound[was], claim)
		delete(l.place, claim)
	}
	if binding == nil {
		return
	}
	if l.bound[binding.Pool] == nil {
		l.bound[binding.Pool] = map[types.NamespacedName]struct{}{}
	}
	l.bound[binding.Pool][claim] = struct{}{}
	l.place[claim] = binding.Pool
}

func (l *line) wakeBound(pool v1alpha1.PlacementPool, w work) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for claim := range l.bound[pool] {
		w.Add(reconcile.Request{NamespacedName: claim})
	}
}

// next wakes the binder for everybody whose turn it is.
func (l *line) next(w work) {
	l.mu.Lock()
	l.work = w
	full := l.full
	l.mu.Unlock()
	if !full {
		return
	}
	for _, made := range l.queue.Assign(l.clock.Now()) {
		w.Add(reconcile.Request{NamespacedName: made.Claim})
	}
}

// useless gives an assignment back that nothing can come of: the claim has ended meanwhile, or is being withdrawn.
func (l *line) useless(f facts, d decision) {
	if f.assigned == nil || d.step == stepGuard || d.step == stepChoose {
		return
	}
	if f.claim.Status.Binding == nil {
		l.queue.Forget(f.claim.UID)
	}
}

// tick is how often times are looked at that come by themselves, and how late a not-before date may be kept.
const tick = 250 * time.Millisecond

// Start reads everybody who waits, and from then on gives places. It implements manager.Runnable.
func (l *line) Start(ctx context.Context) error {
	if err := l.fill(ctx); err != nil {
		return err
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			l.mu.Lock()
			w := l.work
			l.mu.Unlock()
			if w != nil {
				l.next(w)
			}
		}
	}
}

// fill reads what is stored: pools and funds, and everybody who waits.
func (l *line) fill(ctx context.Context) error {
	var pools v1alpha1.CapacityPoolList
	var funds v1alpha1.PlacementFundList
	var claims v1alpha1.PlacementList
	for _, list := range []client.ObjectList{&pools, &funds, &claims} {
		if err := l.from.List(ctx, list); err != nil {
			return fmt.Errorf("read who waits for what: %w", err)
		}
	}
	for i := range pools.Items {
		l.see(&pools.Items[i])
	}
	for i := range funds.Items {
		l.see(&funds.Items[i])
	}
	for i := range claims.Items {
		l.see(&claims.Items[i])
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full = true
	return nil
}
