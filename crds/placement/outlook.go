package placement

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// OfferState says what a pool can do for a request.
type OfferState string

const (
	// OfferableNow means that a claim made now would be given a place at once.
	OfferableNow OfferState = "OfferableNow"
	// FreeNotOfferable means that a place is free and cannot be given; the reasons say why.
	FreeNotOfferable OfferState = "FreeNotOfferable"
	// Full means that no place is free.
	Full OfferState = "Full"
	// Unconfirmed means that nobody knows whether a place is free: nobody confirmed the count in time, or it is disputed.
	Unconfirmed OfferState = "Unconfirmed"
	// NotOpen means that the pool gives no places at all.
	NotOpen OfferState = "NotOpen"
)

// Offer is what one pool can do for a request.
type Offer struct {
	Pool  v1alpha1.PlacementPool
	State OfferState
	// Reasons no place can be given now: of a full pool too, if its places would not fit.
	Reasons []v1alpha1.WaitingReason
	// Fits reports whether the places fit the request and could be paid for by its route; whether one is free is State.
	Fits bool
	// Position in the queue of a pool that fits: of the claim asked about, or if a claim were made now. 0: it would not queue.
	Position int
	// Expected is when a place is expected to come free for that position, from the ends of stays that somebody expected. Nil
	// when that is not known.
	Expected *time.Time

	preference int
}

// Outlook is where a waiting claim stands.
type Outlook struct {
	// State is a reason of v1alpha1.ConditionPlaced: Waiting, NotYet, NothingFits, NotFunded.
	State string
	// Position in the queue of Pool, the one where it is nearest to the front; 0 when it stands in none.
	Position int
	Pool     v1alpha1.PlacementPool
	// WaitingFor counts the pools for which each reason holds.
	WaitingFor []v1alpha1.WaitingCount
	// Explanation says all this in words; at most 1,024 bytes.
	Explanation string
	// Duplicate reports whether the claim waits for an older one of the same referral to end.
	Duplicate bool
}

// Offers returns what each pool can do for a request that nobody has claimed for yet, as a Routine claim made now would
// stand: each pool the request names, or each of its kind that its Partnership may claim. The best come first.
func (q *Queue) Offers(r Request, now time.Time) []Offer {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wake(now)
	q.settle(now)
	return q.offers(r, Standing{Priority: v1alpha1.PriorityRoutine, Since: now, UID: last}, now)
}

// last comes after every UID of an object, so that a claim not made yet stands behind those that are.
const last = types.UID("\U0010ffff")

func (q *Queue) offers(r Request, s Standing, now time.Time) []Offer {
	_, unpaid := q.payer(budgetOf(r), now)
	var offers []Offer
	for p := range q.considered(r) {
		o := q.offer(p, asked{r, s, unpaid}, now)
		o.preference, _ = r.Preference(p.key)
		offers = append(offers, o)
	}
	for _, key := range r.Pools {
		if q.pools[key] == nil {
			offers = append(offers, Offer{Pool: key, State: NotOpen, Reasons: []v1alpha1.WaitingReason{v1alpha1.WaitingPoolNotFound}})
		}
	}
	slices.SortFunc(offers, compareOffers)
	return offers
}

// considered are the pools that the request names; if it names none, those of its kind that its Partnership may claim, since
// others are no news to anybody.
func (q *Queue) considered(r Request) iter.Seq[*pool] {
	return func(yield func(*pool) bool) {
		for _, key := range r.Pools {
			if p := q.pools[key]; p != nil && !yield(p) {
				return
			}
		}
		if len(r.Pools) > 0 {
			return
		}
		for p := range q.kind(r.Kind).pools {
			if Claimable(p.object, r.Partnership) && !yield(p) {
				return
			}
		}
	}
}

func compareOffers(a, b Offer) int {
	return cmp.Or(
		cmp.Compare(rankOffer(a), rankOffer(b)),
		cmp.Compare(a.preference, b.preference),
		cmp.Compare(a.Position, b.Position),
		cmp.Compare(a.Pool.Partnership, b.Pool.Partnership),
		cmp.Compare(a.Pool.Name, b.Pool.Name),
	)
}

func rankOffer(o Offer) int {
	switch {
	case o.State == OfferableNow:
		return 0
	case o.Fits:
		return 1
	case o.State == FreeNotOfferable:
		return 2
	default:
		return 3
	}
}

// asked is what somebody wants, with how they stand in line.
type asked struct {
	Request
	Standing
	// unpaid says why nobody can pay; empty if somebody can.
	unpaid v1alpha1.WaitingReason
}

func (q *Queue) offer(p *pool, a asked, now time.Time) Offer {
	o := Offer{Pool: p.key, Reasons: Misfits(p.object, a.Request)}
	o.Fits = len(o.Reasons) == 0
	if a.unpaid != "" {
		o.Reasons = append(o.Reasons, a.unpaid)
	}
	figures := capacity.FiguresAt(p.object, now)
	free := p.available(now)
	ahead := 0
	if o.Fits && figures.Open {
		ahead = p.paid.ahead(a.Standing, now)
		o.Position = ahead + 1
	}
	note := func(state OfferState, reason v1alpha1.WaitingReason) {
		o.State = state
		o.Reasons = append(o.Reasons, reason)
	}
	switch {
	case !figures.Open:
		o.Fits = false
		note(NotOpen, v1alpha1.WaitingNotOpen)
	case figures.Trust == v1alpha1.TrustDisputed:
		note(Unconfirmed, v1alpha1.WaitingDisputed)
	case !figures.Counted():
		note(Unconfirmed, v1alpha1.WaitingUnconfirmed)
	case free <= 0:
		note(Full, v1alpha1.WaitingFull)
		o.Expected = expected(p.object, max(1, o.Position)+over(figures), now)
	case len(o.Reasons) > 0:
		o.State = FreeNotOfferable
	case ahead >= free:
		note(FreeNotOfferable, v1alpha1.WaitingOthersFirst)
	default:
		o.State, o.Position = OfferableNow, 0
	}
	return o
}

// over is how many must leave before anybody's leaving makes a place free: those taken beyond the places staffed.
func over(figures capacity.Figures) int {
	return max(0, int(figures.Count.People()-figures.Count.Staffed))
}

// expected is when so many stays are expected to have ended: an honest guess only as far as somebody said how long each of
// the people there stays. An end that has passed says nothing about when it will be.
func expected(pool *v1alpha1.CapacityPool, stays int, now time.Time) *time.Time {
	var ends []time.Time
	for _, a := range pool.Status.Allocations {
		if a.ExpectedEndTime != nil && a.ExpectedEndTime.After(now) {
			ends = append(ends, a.ExpectedEndTime.Time)
		}
	}
	if len(ends) < stays {
		return nil
	}
	slices.SortFunc(ends, time.Time.Compare)
	return &ends[stays-1]
}

// Outlook returns where a claim stands that waits; false when it is not known or does not wait.
func (q *Queue) Outlook(name types.NamespacedName, now time.Time) (Outlook, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.claims[name]
	if c == nil || !Waits(c.object) {
		return Outlook{}, false
	}
	q.wake(now)
	q.settle(now)
	offers := q.offers(RequestOf(c.object), c.standing, now)
	look := Outlook{Duplicate: q.duplicate(c)}
	look.State = state(c, look.Duplicate, offers, now)
	if look.State == v1alpha1.ReasonWaiting {
		look.Position, look.Pool = nearest(offers)
	}
	look.WaitingFor = count(offers)
	switch {
	case look.State == v1alpha1.ReasonNotYet:
		look.WaitingFor = []v1alpha1.WaitingCount{{Reason: v1alpha1.WaitingNotBefore, Pools: max(1, int32(len(offers)))}}
	case fundingDeclined(c.object):
		look.WaitingFor = []v1alpha1.WaitingCount{{Reason: v1alpha1.WaitingFundingDeclined, Pools: max(1, int32(len(offers)))}}
	case FundingAwaited(c.object):
		look.WaitingFor = []v1alpha1.WaitingCount{{Reason: v1alpha1.WaitingFundingAwaited, Pools: max(1, int32(len(offers)))}}
	case len(offers) == 0:
		look.WaitingFor = []v1alpha1.WaitingCount{{Reason: v1alpha1.WaitingNoPool, Pools: 1}}
	}
	look.Explanation = explain(c, look, offers)
	return look, true
}

func state(c *claim, duplicate bool, offers []Offer, now time.Time) string {
	if before := c.object.Spec.NotBeforeTime; before != nil && before.After(now) {
		return v1alpha1.ReasonNotYet
	}
	if fundingDeclined(c.object) || FundingAwaited(c.object) {
		return v1alpha1.ReasonNotFunded
	}
	fits := slices.ContainsFunc(offers, func(o Offer) bool { return o.Fits })
	unpaid := slices.ContainsFunc(offers, func(o Offer) bool {
		return slices.Contains(o.Reasons, v1alpha1.WaitingNoFund) || slices.Contains(o.Reasons, v1alpha1.WaitingFundUsedUp)
	})
	switch {
	case duplicate:
		return v1alpha1.ReasonWaiting
	case !fits:
		return v1alpha1.ReasonNothingFits
	case unpaid:
		return v1alpha1.ReasonNotFunded
	default:
		return v1alpha1.ReasonWaiting
	}
}

// nearest returns the pool in whose queue the position is smallest; the offers come in the order of preference.
func nearest(offers []Offer) (int, v1alpha1.PlacementPool) {
	position, pool := 0, v1alpha1.PlacementPool{}
	for _, o := range offers {
		if o.Fits && o.Position > 0 && (position == 0 || o.Position < position) {
			position, pool = o.Position, o.Pool
		}
	}
	return position, pool
}

func count(offers []Offer) []v1alpha1.WaitingCount {
	pools := map[v1alpha1.WaitingReason]int32{}
	for _, o := range offers {
		for _, reason := range o.Reasons {
			pools[reason]++
		}
	}
	var counts []v1alpha1.WaitingCount
	for reason, n := range pools {
		counts = append(counts, v1alpha1.WaitingCount{Reason: reason, Pools: n})
	}
	slices.SortFunc(counts, func(a, b v1alpha1.WaitingCount) int {
		return cmp.Or(cmp.Compare(b.Pools, a.Pools), cmp.Compare(a.Reason, b.Reason))
	})
	return counts
}

// Waiting returns how many wait in the queue of a pool.
func (q *Queue) Waiting(key v1alpha1.PlacementPool, now time.Time) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := q.pools[key]
	if p == nil {
		return 0
	}
	q.wake(now)
	q.settle(now)
	return p.paid.waiting()
}
