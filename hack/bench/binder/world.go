// Package binder measures how fast claims are bound to places: the claims bound a second and the time from a claim to its
// hold, beside the bare rate at which the same API server accepts writes of a claim's status, with many pools and with few and
// many who wait.
package binder

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/bench/live"
	"lifeline.scot/hack/scotland"
)

const (
	// staffed places of each pool.
	staffed int32 = 100
	// oneIn pools has places free for women from the start; the others are full.
	oneIn = 10
	// paid and unpaid are how places are paid for: by a fund with placements left, and by one that has none.
	paid, unpaid = v1alpha1.RouteADP, v1alpha1.RouteNationalMission
)

// waits begins the name of each claim that is there to wait.
const waits = "waits"

// world is invented partnerships and their pools, and people who wait in them.
//
// Of ten who wait, six are men, whom no pool with a place fits; four are women, who stand in line for the pools that have
// places, and whom no fund pays for. So nobody who waits can be given a place until a full pool is counted anew, every line
// is long, and a new claim of a woman can be given a place at once, past those who wait.
type world struct {
	generated *scotland.Generated
	pools     []*v1alpha1.CapacityPool
	areas     []string
	dice      *rand.Rand
	made      int
}

func newWorld(o Options) (*world, error) {
	g, err := scotland.Generate(scotland.Size{Partnerships: o.Partnerships, Services: o.Partnerships, Seed: 1})
	if err != nil {
		return nil, err
	}
	w := &world{generated: g, dice: rand.New(rand.NewPCG(1, 2))}
	for p := range g.Partnerships() {
		w.areas = append(w.areas, p.Name)
	}
	var services []*v1alpha1.SupportService
	for s := range g.Services() {
		services = append(services, s)
	}
	for i := range o.Pools {
		w.pools = append(w.pools, w.pool(i, services[i%len(services)]))
	}
	return w, nil
}

func pick[T any](w *world, from ...T) T { return from[w.dice.IntN(len(from))] }

var kinds = []v1alpha1.PoolKind{
	v1alpha1.PoolResidentialRehab, v1alpha1.PoolDetox, v1alpha1.PoolStabilisation, v1alpha1.PoolCrisis,
}

func hasPlaces(pool int) bool { return pool%oneIn == 0 }

func (w *world) pool(i int, service *v1alpha1.SupportService) *v1alpha1.CapacityPool {
	p := &v1alpha1.CapacityPool{ObjectMeta: metav1.ObjectMeta{Namespace: service.Namespace, Name: fmt.Sprintf("pool-%05d", i)}}
	p.Spec = v1alpha1.CapacityPoolSpec{
		DisplayName: v1alpha1.OneLine(p.Name), Kind: pick(w, kinds...), Operation: v1alpha1.OperationOpen,
		ServiceRef:          v1alpha1.SupportServiceReference{Name: v1alpha1.ObjectName(service.Name)},
		ClaimableBy:         &v1alpha1.ClaimableBy{Scope: pick(w, v1alpha1.ClaimScotland, v1alpha1.ClaimPartnership)},
		ConfirmEverySeconds: 2678400,
	}
	f := &v1alpha1.Features{
		Genders:  pick(w, []v1alpha1.Gender{v1alpha1.GenderMen}, []v1alpha1.Gender{v1alpha1.GenderAny}),
		StepFree: pick(w, v1alpha1.KnownYes, v1alpha1.KnownNo), StayingOnMAT: pick(w, v1alpha1.KnownYes, v1alpha1.KnownNo),
		Children: v1alpha1.KnownYes, MaximumChildren: pick[int32](w, 1, 3),
	}
	if hasPlaces(i) { // places for women of every kind
		p.Spec.Kind = kinds[i/oneIn%len(kinds)]
		f.Genders, p.Spec.ClaimableBy.Scope = []v1alpha1.Gender{v1alpha1.GenderWomen}, v1alpha1.ClaimScotland
	}
	p.Spec.Features = f
	return p
}

// forAnyMan reports whether a place in the pool fits every man who waits for one of its kind.
func forAnyMan(pool *v1alpha1.CapacityPool) bool {
	f := pool.Spec.Features
	return pool.Spec.ClaimableBy.Scope == v1alpha1.ClaimScotland && f.StepFree == v1alpha1.KnownYes &&
		f.StayingOnMAT == v1alpha1.KnownYes && f.MaximumChildren >= 2
}

// fund pays for so many placements of a partnership.
func fund(area string, route v1alpha1.FundRoute, places int32) *v1alpha1.PlacementFund {
	f := &v1alpha1.PlacementFund{ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.NamespaceFor(area), Name: name(route)}}
	f.Spec.Route, f.Spec.Places, f.Spec.FinancialYear = route, &places, placement.FinancialYear(time.Now())
	return f
}

func name(route v1alpha1.FundRoute) string {
	if route == paid {
		return "paid"
	}
	return "used-up"
}

// people are so many claims that wait.
func (w *world) people(n int) iter.Seq[client.Object] {
	return func(yield func(client.Object) bool) {
		for range n {
			c := w.claim(waits)
			c.Spec.FundRoute, c.Spec.Needs.Gender = pick(w, "", paid), v1alpha1.GenderMen
			if w.dice.IntN(10) < 4 {
				c.Spec.FundRoute, c.Spec.Needs.Gender = unpaid, v1alpha1.GenderWomen
			}
			if !yield(c) {
				return
			}
		}
	}
}

// newcomer is a claim for which a place is free.
func (w *world) newcomer() *v1alpha1.Placement {
	c := w.claim("new")
	c.Spec.Needs = &v1alpha1.PlacementNeeds{Gender: v1alpha1.GenderWomen, AgeYears: c.Spec.Needs.AgeYears}
	c.Spec.FundRoute = paid
	return c
}

// bystanders are claims that were given up: nothing more happens to them.
func (w *world) bystanders(n int) []client.Object {
	var claims []client.Object
	for range n {
		c := w.claim("ended")
		c.Spec.Withdrawal = &v1alpha1.Withdrawal{Reason: v1alpha1.WithdrawalNoLongerNeeded}
		claims = append(claims, c)
	}
	return claims
}

// claim asks for what hardly any other claim asks for in just that way. It is made with the finalizer, as the API makes claims.
func (w *world) claim(what string) *v1alpha1.Placement {
	w.made++
	c := &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{
		Namespace: v1alpha1.NamespaceFor(pick(w, w.areas...)), Name: fmt.Sprintf("%s-%06d", what, w.made),
		Finalizers: []string{v1alpha1.PlaceFinalizer},
	}}
	age := int32(18 + w.dice.IntN(50))
	c.Spec.ReferralID, c.Spec.Kind = fmt.Sprintf("r-%06d", w.made), pick(w, kinds...)
	c.Spec.Needs = &v1alpha1.PlacementNeeds{
		AgeYears: &age, Children: pick(w, int32(0), 0, 0, 1, 2),
		StepFree:     pick(w, v1alpha1.NeedNotRequired, v1alpha1.NeedNotRequired, v1alpha1.NeedRequired),
		StayingOnMAT: pick(w, v1alpha1.NeedNotRequired, v1alpha1.NeedRequired),
	}
	return c
}

// report counts a pool, with so many places free.
func report(pool *v1alpha1.CapacityPool, name string, free int32) *v1alpha1.CapacityReport {
	places, occupied := staffed, staffed-free
	return &v1alpha1.CapacityReport{
		ObjectMeta: metav1.ObjectMeta{Name: pool.Name + "-" + name, Namespace: pool.Namespace},
		Spec: v1alpha1.CapacityReportSpec{
			PoolRef:      v1alpha1.CapacityPoolReference{Name: v1alpha1.ObjectName(pool.Name)},
			ObservedTime: metav1.NewTime(time.Now().Truncate(time.Second)), Staffed: &places, Occupied: &occupied,
			Provenance: v1alpha1.CountIllustrative,
		},
	}
}

// counts are the first counts of all pools.
func (w *world) counts() iter.Seq[client.Object] {
	return func(yield func(client.Object) bool) {
		for i, pool := range w.pools {
			free := int32(0)
			if hasPlaces(i) {
				free = staffed
			}
			if !yield(report(pool, "first", free)) {
				return
			}
		}
	}
}

// scene is all but those who wait and the counts, kind by kind.
func (w *world) scene() []iter.Seq[client.Object] {
	services := func(yield func(client.Object) bool) {
		for s := range w.generated.Services() {
			s.Spec.Operation, s.Spec.ClosedOn = v1alpha1.OperationOpen, ""
			if !yield(s) {
				return
			}
		}
	}
	money := func(yield func(client.Object) bool) {
		for _, area := range w.areas {
			if !yield(fund(area, paid, 1000)) || !yield(fund(area, unpaid, 0)) {
				return
			}
		}
	}
	pools := func(yield func(client.Object) bool) {
		for _, p := range w.pools {
			if !yield(p) {
				return
			}
		}
	}
	return []iter.Seq[client.Object]{live.Each(w.generated.Partners()), services, pools, money}
}
