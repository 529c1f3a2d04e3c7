package placement

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/rounds"
	"lifeline.scot/operator/status"
)

type work = workqueue.TypedRateLimitingInterface[reconcile.Request]

// line keeps the queue of those who wait in step with what is stored, and wakes the binder for every claim that something
// can be done about. It gives no place before it has seen everybody who waits.
type line struct {
	from  client.Reader
	clock clock.PassiveClock
	queue *rules.Queue

	// feeding is held while the queue is fed, so that nothing that was seen in the meantime is lost under what Start has read.
	feeding sync.Mutex

	mu   sync.Mutex
	work work
	full bool
}

func newLine(from client.Reader, clock clock.PassiveClock) *line {
	return &line{from: from, clock: clock, queue: rules.NewQueue()}
}

// Create implements handler.EventHandler.
func (l *line) Create(_ context.Context, e event.CreateEvent, w work) {
	l.see(e.Object)
	// The turns come first: a claim that is looked at before its own is told that it waits, in a write that is out of date at once.
	l.next(w)
	if claim, ok := e.Object.(*v1alpha1.Placement); ok && !settled(claim) {
		w.Add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(claim)})
		l.wakeRivals(claim, w)
	}
}

// wakeRivals has those who claim for the same referral look whether they keep their place.
func (l *line) wakeRivals(claim *v1alpha1.Placement, w work) {
	if claim.Status.Binding == nil {
		return
	}
	for _, rival := range l.queue.Rivals(claim) {
		w.Add(reconcile.Request{NamespacedName: rival})
	}
}

// settled reports whether nothing more happens to the claim.
func settled(claim *v1alpha1.Placement) bool {
	return claim.Status.EndedTime != nil && claim.DeletionTimestamp.IsZero() && claim.Status.ObservedGeneration == claim.Generation
}

// Update implements handler.EventHandler.
func (l *line) Update(ctx context.Context, e event.UpdateEvent, w work) {
	l.see(e.ObjectNew)
	l.next(w)
	switch is := e.ObjectNew.(type) {
	case *v1alpha1.Placement:
		was, ok := e.ObjectOld.(*v1alpha1.Placement)
		if ok && (status.Asked().Update(e) || stateOf(was) != stateOf(is)) {
			w.Add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(is)})
			l.wakeRivals(is, w)
		}
	case *v1alpha1.CapacityPool:
		was, ok := e.ObjectOld.(*v1alpha1.CapacityPool)
		if ok && leaves(was, is) {
			l.wake(ctx, reference.Bound, is, w)
		}
		if ok && !was.Status.ConfirmedTime.Equal(is.Status.ConfirmedTime) {
			l.wake(ctx, reference.Unanswered, is, w)
		}
	}
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
func (l *line) Delete(ctx context.Context, e event.DeleteEvent, w work) {
	l.lose(e.Object)
	if pool, ok := e.Object.(*v1alpha1.CapacityPool); ok {
		l.wake(ctx, reference.Bound, pool, w)
		l.wake(ctx, reference.Unanswered, pool, w)
	}
	l.next(w)
}

func (l *line) lose(object client.Object) {
	l.feeding.Lock()
	defer l.feeding.Unlock()
	switch object.(type) {
	case *v1alpha1.Placement:
		l.queue.RemoveClaim(client.ObjectKeyFromObject(object))
	case *v1alpha1.CapacityPool:
		l.queue.RemovePool(client.ObjectKeyFromObject(object))
	case *v1alpha1.PlacementFund:
		l.queue.RemoveFund(client.ObjectKeyFromObject(object))
	}
}

// Generic implements handler.EventHandler.
func (l *line) Generic(context.Context, event.GenericEvent, work) {}

func (l *line) see(object client.Object) {
	l.feeding.Lock()
	defer l.feeding.Unlock()
	switch is := object.(type) {
	case *v1alpha1.Placement:
		l.queue.SetClaim(is)
	case *v1alpha1.CapacityPool:
		l.queue.SetPool(is)
	case *v1alpha1.PlacementFund:
		l.queue.SetFund(is)
	}
}

// finder finds the claims that have to do with a pool.
type finder func(context.Context, client.Reader, v1alpha1.PlacementPool) ([]v1alpha1.Placement, error)

// wake has the claims look at what has become of the pool: those with a place in it whether they still have it, those it did
// not answer whether somebody has counted there.
func (l *line) wake(ctx context.Context, find finder, pool *v1alpha1.CapacityPool, w work) {
	claims, err := find(ctx, l.from, rules.PoolOf(pool))
	if err != nil {
		logf.FromContext(ctx).Error(err, "wake those who have to do with a pool")
	}
	for i := range claims {
		w.Add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&claims[i])})
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
		return fmt.Errorf("read who waits for what: %w", err)
	}
	rounds.Repeat(ctx, tick, "give places whose time has come", l.again)
	return nil
}

// fill feeds the queue with what is stored. What is seen to change from then on comes after it.
func (l *line) fill(ctx context.Context) error {
	l.feeding.Lock()
	defer l.feeding.Unlock()
	stored, err := reference.Snapshot(ctx, l.from)
	if err != nil {
		return err
	}
	l.queue.Fill(stored)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full = true
	return nil
}

// again gives places though nothing was seen to happen. Before the first event there is nobody to wake.
func (l *line) again(context.Context) error {
	l.mu.Lock()
	w := l.work
	l.mu.Unlock()
	if w != nil {
		l.next(w)
	}
	return nil
}
