package placement

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/api/bell"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/refusal"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// Name names a claim: its namespace and its name there.
type Name = types.NamespacedName

// Book is every claim, and what they wait for, as last seen. It is safe for use by many goroutines at once, and keeps
// answering with what was seen last while Kubernetes is away.
type Book struct {
	rights Rights
	now    func() time.Time
	queue  *rules.Queue
	bells  bell.Bells[Name]

	mu     sync.RWMutex
	claims map[Name]*v1alpha1.Placement
	pools  map[v1alpha1.PlacementPool]*v1alpha1.CapacityPool
	funds  map[Name]*v1alpha1.PlacementFund
	unmet  map[Name]*v1alpha1.UnmetNeed
	// by leads to the claims of an ADP, by its namespace, and heldBy to those that an organisation holds places for.
	by     map[string]map[Name]struct{}
	heldBy map[v1alpha1.ObjectName]map[Name]struct{}
	// carriedOut leads from a request to the claim it was carried out on.
	carriedOut map[string]Name
	// unread is how many kinds have not been read for the first time.
	unread int
}

// NewBook returns a Book that nothing has been written into yet, and that shows each caller what the rules let them see. now
// tells the time; nil is time.Now.
func NewBook(by Rights, now func() time.Time) *Book {
	if now == nil {
		now = time.Now
	}
	return &Book{
		rights: by, now: now, queue: rules.NewQueue(),
		claims: map[Name]*v1alpha1.Placement{},
		pools:  map[v1alpha1.PlacementPool]*v1alpha1.CapacityPool{},
		funds:  map[Name]*v1alpha1.PlacementFund{},
		unmet:  map[Name]*v1alpha1.UnmetNeed{},
		by:     map[string]map[Name]struct{}{}, heldBy: map[v1alpha1.ObjectName]map[Name]struct{}{},
		carriedOut: map[string]Name{},
		unread:     followedKinds,
	}
}

// SetPlacement takes note of a claim as it is now. The Book keeps it: do not change it afterwards.
func (b *Book) SetPlacement(claim *v1alpha1.Placement) {
	name := Name{Namespace: claim.Namespace, Name: claim.Name}
	b.queue.SetClaim(claim)
	b.mu.Lock()
	b.unindex(name)
	b.claims[name] = claim
	add(b.by, claim.Namespace, name)
	if binding := claim.Status.Binding; binding != nil && binding.Provider != "" {
		add(b.heldBy, binding.Provider, name)
	}
	for _, a := range answeredOf(claim) {
		b.carriedOut[a.Key] = name
	}
	b.mu.Unlock()
	b.bells.Ring(name)
}

// RemovePlacement forgets a claim that has gone.
func (b *Book) RemovePlacement(name Name) {
	b.queue.RemoveClaim(name)
	b.mu.Lock()
	b.unindex(name)
	delete(b.claims, name)
	b.mu.Unlock()
	b.bells.Ring(name)
}

// unindex forgets where a claim was found.
func (b *Book) unindex(name Name) {
	was := b.claims[name]
	if was == nil {
		return
	}
	remove(b.by, was.Namespace, name)
	if binding := was.Status.Binding; binding != nil {
		remove(b.heldBy, binding.Provider, name)
	}
	for _, a := range answeredOf(was) {
		if b.carriedOut[a.Key] == name {
			delete(b.carriedOut, a.Key)
		}
	}
}

func add[K comparable](index map[K]map[Name]struct{}, key K, name Name) {
	if index[key] == nil {
		index[key] = map[Name]struct{}{}
	}
	index[key][name] = struct{}{}
}

func remove[K comparable](index map[K]map[Name]struct{}, key K, name Name) {
	delete(index[key], name)
	if len(index[key]) == 0 {
		delete(index, key)
	}
}

// SetPool takes note of a pool as it is now.
func (b *Book) SetPool(pool *v1alpha1.CapacityPool) {
	b.queue.SetPool(pool)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pools[rules.PoolOf(pool)] = pool
}

// RemovePool forgets a pool that has gone.
func (b *Book) RemovePool(name Name) {
	b.queue.RemovePool(name)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.pools, v1alpha1.PlacementPool{
		Partnership: v1alpha1.PartnershipOf(name.Namespace), Name: v1alpha1.ObjectName(name.Name),
	})
}

// SetFund takes note of a fund as it is now.
func (b *Book) SetFund(fund *v1alpha1.PlacementFund) {
	b.queue.SetFund(fund)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.funds[Name{Namespace: fund.Namespace, Name: fund.Name}] = fund
}

// RemoveFund forgets a fund that has gone.
func (b *Book) RemoveFund(name Name) {
	b.queue.RemoveFund(name)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.funds, name)
}

// SetUnmet takes note of a ledger of unmet need as it is now.
func (b *Book) SetUnmet(ledger *v1alpha1.UnmetNeed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unmet[Name{Namespace: ledger.Namespace, Name: ledger.Name}] = ledger
}

// RemoveUnmet forgets a ledger that has gone.
func (b *Book) RemoveUnmet(name Name) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.unmet, name)
}

// Rights say what callers may do about what is in the Book.
func (b *Book) Rights() Rights { return b.rights }

// Placement finds a claim that the caller may see; nil if there is none.
func (b *Book) Placement(ctx context.Context, c identity.Caller, name Name) *v1alpha1.Placement {
	b.mu.RLock()
	claim := b.claims[name]
	b.mu.RUnlock()
	about := claim
	if claim == nil { // the rules are asked all the same: that a claim is not there takes as long as that it is not to be seen
		about = &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}}
	}
	if may := b.rights.MaySee(ctx, c, about); claim == nil || !may {
		return nil
	}
	return claim
}

// Claim finds a claim whoever may see it; nil if there is none. It is for what the program does by itself, and for nobody who
// asks.
func (b *Book) Claim(name Name) *v1alpha1.Placement {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.claims[name]
}

// Claims are all claims, likewise.
func (b *Book) Claims() []*v1alpha1.Placement {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Collect(maps.Values(b.claims))
}

// Placements are the claims that the caller may see, those made last first.
func (b *Book) Placements(ctx context.Context, c identity.Caller) []*v1alpha1.Placement {
	var found []*v1alpha1.Placement
	b.mu.RLock()
	for _, names := range []map[Name]struct{}{
		b.by[v1alpha1.NamespaceFor(c.Partnership)], b.heldBy[v1alpha1.ObjectName(c.Partner)],
	} {
		for name := range names {
			if claim := b.claims[name]; b.rights.MaySee(ctx, c, claim) {
				found = append(found, claim)
			}
		}
	}
	b.mu.RUnlock()
	slices.SortFunc(found, func(x, y *v1alpha1.Placement) int {
		if c := y.CreationTimestamp.Compare(x.CreationTimestamp.Time); c != 0 {
			return c
		}
		return strings.Compare(string(x.UID), string(y.UID))
	})
	return found
}

// Funds are the funds of an ADP, if the caller works for it, by name.
func (b *Book) Funds(ctx context.Context, c identity.Caller, partnership string) []*v1alpha1.PlacementFund {
	if !b.rights.MaySeeOf(ctx, c, SightFund, partnership) {
		return nil
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	var found []*v1alpha1.PlacementFund
	for name, fund := range b.funds {
		if name.Namespace == v1alpha1.NamespaceFor(partnership) {
			found = append(found, fund)
		}
	}
	slices.SortFunc(found, func(x, y *v1alpha1.PlacementFund) int { return strings.Compare(x.Name, y.Name) })
	return found
}

// Unmet are the ledgers of an ADP, the latest week first, if the caller works for it.
func (b *Book) Unmet(ctx context.Context, c identity.Caller, partnership string) []*v1alpha1.UnmetNeed {
	if !b.rights.MaySeeOf(ctx, c, SightUnmetNeed, partnership) {
		return nil
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	var found []*v1alpha1.UnmetNeed
	for name, ledger := range b.unmet {
		if name.Namespace == v1alpha1.NamespaceFor(partnership) {
			found = append(found, ledger)
		}
	}
	slices.SortFunc(found, func(x, y *v1alpha1.UnmetNeed) int { return strings.Compare(y.Spec.Week, x.Spec.Week) })
	return found
}

// Offers returns what each pool can do for a request now, by the same rules as the operator gives places.
func (b *Book) Offers(request rules.Request) []rules.Offer { return b.queue.Offers(request, b.now()) }

// Waiting is one claim in the queue of a pool.
type Waiting struct {
	rules.InLine
	// Position in the queue, from 1.
	Position int
	// Claim is nil when the caller may not know whose it is.
	Claim *v1alpha1.Placement
}

// Queue returns who waits for a place in the pool, the next first, at most limit of them, and how many wait in all. The
// error is a refusal.Refusal when the caller may not see the queue or there is no such pool.
func (b *Book) Queue(
	ctx context.Context, c identity.Caller, key v1alpha1.PlacementPool, limit int,
) ([]Waiting, int, error) {
	pool := b.Pool(key)
	if pool == nil {
		return nil, 0, refusal.Of(refusal.NotFound, "There is no such capacity pool.", "pool")
	}
	if !b.rights.MaySeeQueue(ctx, c, pool, rules.Claimable(pool, v1alpha1.ObjectName(c.Partnership))) {
		return nil, 0, refusal.Of(refusal.Forbidden,
			"Who waits for a place is for its provider to see, and for the ADPs whose people may be placed there.", "pool")
	}
	now := b.now()
	line, total := b.queue.Line(key, now, limit)
	waiting := make([]Waiting, len(line))
	for i, in := range line {
		waiting[i] = Waiting{InLine: in, Position: i + 1, Claim: b.Placement(ctx, c, in.Claim)}
	}
	return waiting, total, nil
}

// Pool is a pool as last seen; nil if there is none.
func (b *Book) Pool(key v1alpha1.PlacementPool) *v1alpha1.CapacityPool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.pools[key]
}

// MaySeeNeeds is [Rights.MaySeeNeeds] with the pools that the claim asks for.
func (b *Book) MaySeeNeeds(ctx context.Context, c identity.Caller, claim *v1alpha1.Placement) bool {
	var asked []*v1alpha1.CapacityPool
	for _, name := range claim.Spec.Pools {
		if pool := b.Pool(name); pool != nil {
			asked = append(asked, pool)
		}
	}
	return b.rights.MaySeeNeeds(ctx, c, claim, asked...)
}

// knows reports whether there are claims or pools in a namespace.
func (b *Book) knows(namespace string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if len(b.by[namespace]) > 0 {
		return true
	}
	for pool := range b.pools {
		if v1alpha1.NamespaceFor(string(pool.Partnership)) == namespace {
			return true
		}
	}
	return false
}

// carriedOutOn is the claim that a request was carried out on, as far as it has been seen.
func (b *Book) carriedOutOn(a answered) (Name, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	name, ok := b.carriedOut[a.Key]
	return name, ok
}

// Listen returns a bell that rings when the claim changes.
func (b *Book) Listen(name Name) *bell.Bell[Name] { return b.bells.Listen(name) }

// shownWithin is how long whoever wrote to a claim waits at most until the Book shows what they wrote.
const shownWithin = time.Second

// await returns once the Book shows the claim as it was written, or something later, so that whoever made it finds it; or
// when that takes too long.
func (b *Book) await(ctx context.Context, written *v1alpha1.Placement) {
	name := Name{Namespace: written.Namespace, Name: written.Name}
	bell := b.Listen(name)
	defer bell.Close()
	ctx, cancel := context.WithTimeout(ctx, shownWithin)
	defer cancel()
	for !b.shows(name, written) {
		select {
		case <-ctx.Done():
			return
		case <-bell.Rings():
		}
	}
}

func (b *Book) shows(name Name, written *v1alpha1.Placement) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	is := b.claims[name]
	return is != nil && versionOf(is) >= versionOf(written)
}

// versionOf is the version of an object as a number, which grows with each write (Kubernetes 1.35 and later say so).
func versionOf(o metav1.Object) uint64 {
	n, err := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// AllRead takes note that everything has been read once, for whoever writes into the Book without [Book.Run].
func (b *Book) AllRead() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unread = 0
}

// Ready reports whether everything has been read once.
func (b *Book) Ready() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.unread == 0
}

func unexpected(object any) error {
	return fmt.Errorf("read an object of the unexpected type %T", object)
}
