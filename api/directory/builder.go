package directory

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/bell"
	"lifeline.scot/api/geography"
	"lifeline.scot/crds/v1alpha1"
)

// publishEvery is the shortest time between two snapshots. The first change after a quiet moment is published at once; a
// burst is gathered.
const publishEvery = 5 * time.Millisecond

// builder gathers changes and publishes snapshots made from them.
type builder struct {
	current atomic.Pointer[Snapshot]
	// pools are the bells of pools that somebody follows.
	pools bell.Bells[PoolName]
	// organisations is the bell of all organisations and ADPs.
	organisations bell.Bells[Organisations]

	now     func() time.Time
	mutex   sync.Mutex
	pending *Changes
	// oldest is when the first of the pending changes came, oldestTaken when the first of those being applied came; zero
	// when there are none.
	oldest, oldestTaken time.Time
	// read counts the kinds whose first list has been read; nothing is published before all have been.
	read    map[string]bool
	changed chan struct{}
	ready   atomic.Bool
}

func newBuilder(now func() time.Time, districts geography.Districts) *builder {
	b := &builder{now: now, pending: NewChanges(), read: map[string]bool{}, changed: make(chan struct{}, 1)}
	b.current.Store(emptySnapshot(districts))
	return b
}

// note adds changes. kindRead is the kind whose first list is now complete; "" for none.
func (b *builder) note(kindRead string, change func(*Changes)) {
	b.mutex.Lock()
	change(b.pending)
	if b.oldest.IsZero() {
		b.oldest = b.now()
	}
	if kindRead != "" {
		b.read[kindRead] = true
	}
	b.mutex.Unlock()
	select {
	case b.changed <- struct{}{}:
	default: // it is already awake
	}
}

// take returns the changes gathered so far, or nil while some kind has not been read for the first time.
func (b *builder) take() *Changes {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if len(b.read) < len(watched) {
		return nil
	}
	taken := b.pending
	b.pending = NewChanges()
	b.oldestTaken, b.oldest = b.oldest, time.Time{}
	return taken
}

// completeUntil is the moment up to which every change that came is in the snapshot, at most now.
func (b *builder) completeUntil(now time.Time) time.Time {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, oldest := range []time.Time{b.oldest, b.oldestTaken} {
		if !oldest.IsZero() && oldest.Before(now) {
			now = oldest
		}
	}
	return now
}

// run publishes snapshots until the context ends.
func (b *builder) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.changed:
			b.publish()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(publishEvery):
		}
	}
}

// publish makes the next snapshot, if anything changed or it is the first.
func (b *builder) publish() {
	changes := b.take()
	if changes == nil {
		return
	}
	if changes.Len() > 0 || !b.ready.Load() {
		b.current.Store(b.current.Load().Apply(changes))
		first := !b.ready.Swap(true)
		if first || len(changes.Partners)+len(changes.Partnerships) > 0 {
			b.organisations.Ring(Organisations{})
		}
		for name := range changes.Pools {
			b.pools.Ring(name)
		}
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.oldestTaken = time.Time{}
}

// watchedKind is a kind the directory follows.
type watchedKind struct {
	resource string
	object   metav1.Object
}

// watched are the kinds the directory follows. Reports are not among them: what counts of them is in their pool's status.
//
//nolint:gochecknoglobals // a table that is never changed
var watched = []watchedKind{
	{"partnerships", &v1alpha1.Partnership{}},
	{"partners", &v1alpha1.Partner{}},
	{"supportservices", &v1alpha1.SupportService{}},
	{"capacitypools", &v1alpha1.CapacityPool{}},
}
