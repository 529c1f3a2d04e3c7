package placement

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// Snapshot is everything about places, claims and money at one time.
type Snapshot struct {
	Pools  []v1alpha1.CapacityPool
	Claims []v1alpha1.Placement
	Funds  []v1alpha1.PlacementFund
}

// ViolationKind is a rule that is broken.
type ViolationKind string

const (
	// TwoPlaces: one claim has more than one place, or two open claims for one referral and kind of place have one each.
	TwoPlaces ViolationKind = "TwoPlaces"
	// OrphanedPlace: a place is given to a claim that does not exist, or that is bound elsewhere or not at all.
	OrphanedPlace ViolationKind = "OrphanedPlace"
	// LostPlace: a claim says that it has a place, and the pool does not.
	LostPlace ViolationKind = "LostPlace"
	// Disagreement: a claim and its pool, or its fund, both know of the place and say different things about it.
	Disagreement ViolationKind = "Disagreement"
	// WrongNumbers: a pool's or a fund's numbers do not follow from its entries.
	WrongNumbers ViolationKind = "WrongNumbers"
	// OrphanedMoney: a placement is promised to a claim that takes nothing from the fund.
	OrphanedMoney ViolationKind = "OrphanedMoney"
	// LostMoney: a claim has a place that its fund does not know of.
	LostMoney ViolationKind = "LostMoney"
	// OverdueHold: a hold has ended and the place was not given back.
	OverdueHold ViolationKind = "OverdueHold"
	// Stuck: a place is being taken or given back for too long.
	Stuck ViolationKind = "Stuck"
	// LeftWaiting: a place is free for a claim that waits.
	LeftWaiting ViolationKind = "LeftWaiting"
)

// ViolationKinds are all rules, for whoever counts what is broken.
var ViolationKinds = [...]ViolationKind{
	TwoPlaces, OrphanedPlace, LostPlace, Disagreement, WrongNumbers, OrphanedMoney, LostMoney, OverdueHold, Stuck, LeftWaiting,
}

// Violation is one rule broken by one object.
type Violation struct {
	Kind ViolationKind
	// Object is "Kind namespace/name".
	Object string
	// Says is what is wrong, in words, without anything a claim asks for.
	Says string
}

// String is the violation on one line.
func (v Violation) String() string { return fmt.Sprintf("%s %s: %s", v.Kind, v.Object, v.Says) }

// Grace is how long the operator may take to put right what is on its way.
const Grace = 30 * time.Second

// Verify returns where places, claims and money do not agree at now, in a stable order. A snapshot taken while places are
// being given may show what is only on its way: what is still there after Grace is broken.
func Verify(s Snapshot, now time.Time) []Violation {
	v := newVerifier(s, now)
	for i := range s.Pools {
		v.pool(&s.Pools[i])
	}
	for i := range s.Funds {
		v.fund(&s.Funds[i])
	}
	for i := range s.Claims {
		v.claim(&s.Claims[i])
	}
	v.waiting(s)
	slices.SortFunc(v.found, func(a, b Violation) int { return cmp.Compare(a.String(), b.String()) })
	return v.found
}

type verifier struct {
	now    time.Time
	claims map[v1alpha1.ObjectUID]*v1alpha1.Placement
	pools  map[v1alpha1.ObjectUID]*v1alpha1.CapacityPool
	// paid is what each fund promised to or paid for which claim, by its namespace and name.
	paid   map[types.NamespacedName]paid
	places map[v1alpha1.ObjectUID]string
	// placed are the claims with places, by what they are for.
	placed map[referral]string
	found  []Violation
}

// paid is a fund and what it promised to, or paid for, each claim.
type paid struct {
	fund   *v1alpha1.PlacementFund
	claims map[v1alpha1.ObjectUID]v1alpha1.CommitmentState
}

func newVerifier(s Snapshot, now time.Time) *verifier {
	v := &verifier{
		now:    now,
		claims: map[v1alpha1.ObjectUID]*v1alpha1.Placement{},
		pools:  map[v1alpha1.ObjectUID]*v1alpha1.CapacityPool{},
		paid:   map[types.NamespacedName]paid{},
		places: map[v1alpha1.ObjectUID]string{},
		placed: map[referral]string{},
	}
	for i := range s.Claims {
		v.claims[v1alpha1.ObjectUID(s.Claims[i].UID)] = &s.Claims[i]
	}
	for i := range s.Pools {
		v.pools[v1alpha1.ObjectUID(s.Pools[i].UID)] = &s.Pools[i]
	}
	for i := range s.Funds {
		p := paid{&s.Funds[i], map[v1alpha1.ObjectUID]v1alpha1.CommitmentState{}}
		for _, c := range s.Funds[i].Status.Commitments {
			p.claims[c.ClaimUID] = c.State
		}
		v.paid[types.NamespacedName{Namespace: s.Funds[i].Namespace, Name: s.Funds[i].Name}] = p
	}
	return v
}

func (v *verifier) note(kind ViolationKind, object, format string, args ...any) {
	v.found = append(v.found, Violation{kind, object, fmt.Sprintf(format, args...)})
}

func (v *verifier) pool(p *v1alpha1.CapacityPool) {
	object := fmt.Sprintf("CapacityPool %s/%s", p.Namespace, p.Name)
	for _, a := range p.Status.Allocations {
		if other, has := v.places[a.ClaimUID]; has {
			v.note(TwoPlaces, object, "claim %s has place %d here and another in %s", a.ClaimName, a.Place, other)
		}
		v.places[a.ClaimUID] = object
		claim := v.claims[a.ClaimUID]
		switch {
		case claim == nil:
			v.note(OrphanedPlace, object, "place %d is given to claim %s, which does not exist", a.Place, a.ClaimName)
		case !boundTo(claim, p, a.Attempt):
			v.note(OrphanedPlace, object, "place %d is given to claim %s, which is not bound to it", a.Place, a.ClaimName)
		}
	}
	want := *p.Status.DeepCopy()
	capacity.Recount(&want)
	if !same(want.Staffed, p.Status.Staffed) || !same(want.Occupied, p.Status.Occupied) || !same(want.Held, p.Status.Held) {
		v.note(WrongNumbers, object, "staffed, occupied and held do not follow from the count and the places given")
	}
}

func same(a, b *int32) bool { return a == b || (a != nil && b != nil && *a == *b) }

func boundTo(claim *v1alpha1.Placement, p *v1alpha1.CapacityPool, attempt int32) bool {
	b := claim.Status.Binding
	return b != nil && b.Pool == PoolOf(p) && b.PoolUID == v1alpha1.ObjectUID(p.UID) && b.Attempt == attempt
}

func (v *verifier) fund(f *v1alpha1.PlacementFund) {
	object := fmt.Sprintf("PlacementFund %s/%s", f.Namespace, f.Name)
	for _, c := range f.Status.Commitments {
		if c.State == v1alpha1.CommitmentUsed {
			continue
		}
		claim := v.claims[c.ClaimUID]
		if claim == nil || claim.Status.Binding == nil || !PaidFrom(claim.Status.Binding, f) {
			v.note(OrphanedMoney, object, "a placement is promised to claim %s, which takes nothing from this fund", c.ClaimName)
		}
	}
	want := f.DeepCopy()
	Tally(want)
	if f.Status.Committed != nil && (!same(want.Status.Committed, f.Status.Committed) || !same(want.Status.Used, f.Status.Used)) {
		v.note(WrongNumbers, object, "committed and used do not follow from the commitments")
	}
}

func (v *verifier) claim(c *v1alpha1.Placement) {
	b := c.Status.Binding
	if b == nil {
		return
	}
	object := fmt.Sprintf("Placement %s/%s", c.Namespace, c.Name)
	if b.State == v1alpha1.BindingTaking || b.State == v1alpha1.BindingReleasing {
		if since := v.since(c); v.now.Sub(since) > Grace {
			v.note(Stuck, object, "its place has been %s since %s", b.State, since.UTC().Format(time.RFC3339))
		}
		return
	}
	if other := v.placed[referralOf(c)]; other != "" {
		v.note(TwoPlaces, object, "it has a place, and so has claim %s for the same referral and kind of place", other)
	}
	v.placed[referralOf(c)] = c.Name
	v.place(c, object)
	if b.Fund != "" {
		v.money(c, object)
	}
	if b.State == v1alpha1.BindingHeld && b.HoldUntilTime != nil && v.now.Sub(b.HoldUntilTime.Time) > Grace {
		v.note(OverdueHold, object, "its hold ended on %s", b.HoldUntilTime.UTC().Format(time.RFC3339))
	}
}

// place looks whether the pool says of the claim's place what the claim says.
func (v *verifier) place(c *v1alpha1.Placement, object string) {
	b, p := c.Status.Binding, v.pools[c.Status.Binding.PoolUID]
	at := -1
	if p != nil && PoolOf(p) == b.Pool {
		at = slices.IndexFunc(p.Status.Allocations, func(a v1alpha1.Allocation) bool {
			return a.ClaimUID == v1alpha1.ObjectUID(c.UID) && a.Attempt == b.Attempt && a.Place == b.Place
		})
	}
	if at < 0 {
		v.note(LostPlace, object, "it has place %d of pool %s/%s, which does not have the claim",
			b.Place, b.Pool.Partnership, b.Pool.Name)
		return
	}
	switch a := p.Status.Allocations[at]; {
	case string(a.State) != string(b.State):
		v.note(Disagreement, object, "it says that its place is %s, and its pool that it is %s", b.State, a.State)
	case b.State == v1alpha1.BindingHeld && !a.HoldUntilTime.Equal(b.HoldUntilTime):
		v.note(Disagreement, object, "it says that its hold ends at another time than its pool says")
	}
}

// money looks whether the claim's fund says of it what the claim says.
func (v *verifier) money(c *v1alpha1.Placement, object string) {
	b := c.Status.Binding
	p := v.paid[types.NamespacedName{Namespace: c.Namespace, Name: string(b.Fund)}]
	state, known := p.claims[v1alpha1.ObjectUID(c.UID)]
	switch {
	case !known || !PaidFrom(b, p.fund):
		v.note(LostMoney, object, "it is paid for by fund %s, which does not know of it", b.Fund)
	case (b.State == v1alpha1.BindingAdmitted) != (state == v1alpha1.CommitmentUsed):
		v.note(Disagreement, object, "its place is %s, and what fund %s pays for it is %s", b.State, b.Fund, state)
	}
}

// since is when the binding came into its state, as far as the claim's condition tells.
func (v *verifier) since(c *v1alpha1.Placement) time.Time {
	since := c.Status.Binding.TakenTime.Time
	for _, condition := range c.Status.Conditions {
		if condition.Type == v1alpha1.ConditionPlaced && condition.LastTransitionTime.After(since) {
			since = condition.LastTransitionTime.Time
		}
	}
	return since
}

// waiting looks for claims that could be given a place at now, and could have been for the time of grace.
func (v *verifier) waiting(s Snapshot) {
	q := NewQueue()
	pools := s.Pools
	s.Pools = nil
	for i := range pools {
		if free, known := capacity.FiguresAt(&pools[i], v.now).Free(); known && free > 0 {
			s.Pools = append(s.Pools, pools[i])
			continue
		}
		// Nobody can be given a place in it. All who wait for one need not stand in line for it here.
		for _, a := range pools[i].Status.Allocations {
			q.allocated[types.UID(a.ClaimUID)]++
		}
	}
	q.Fill(s)
	for _, a := range q.Assign(v.now) {
		claim := v.claims[v1alpha1.ObjectUID(a.ClaimUID)]
		if v.now.Sub(StandingOf(claim).Since) > Grace {
			v.note(LeftWaiting, fmt.Sprintf("Placement %s/%s", claim.Namespace, claim.Name),
				"it waits while a place for it is free in pool %s/%s", a.Pool.Partnership, a.Pool.Name)
		}
	}
}
