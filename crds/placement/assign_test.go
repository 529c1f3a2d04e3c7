package placement

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"lifeline.scot/crds/v1alpha1"
)

func TestPlacesGoToTheFirstInLineWhomTheyFit(t *testing.T) {
	type claims = []*v1alpha1.Placement
	urgent := func(c *v1alpha1.Placement) { c.Spec.Priority = v1alpha1.PriorityUrgent }
	emergency := func(c *v1alpha1.Placement) { c.Spec.Priority = v1alpha1.PriorityEmergency }
	funded := func(c *v1alpha1.Placement) { c.Spec.FundRoute = v1alpha1.RouteADP }
	for name, tc := range map[string]struct {
		pools  []*v1alpha1.CapacityPool
		funds  []*v1alpha1.PlacementFund
		claims claims
		at     time.Time
		want   []string
	}{
		"longest waiting first": {
			pools: []*v1alpha1.CapacityPool{anyPool("p", 1)}, claims: claims{anyClaim("late", 2), anyClaim("early", 1)},
			want: []string{"early:p"},
		},
		"emergency before urgent before routine": {
			pools:  []*v1alpha1.CapacityPool{anyPool("p", 2)},
			claims: claims{anyClaim("r", 0), with(anyClaim("u", 1), urgent), with(anyClaim("e", 2), emergency)},
			want:   []string{"e:p", "u:p"},
		},
		"routine that waited three weeks counts as urgent": {
			pools:  []*v1alpha1.CapacityPool{anyPool("p", 1)},
			claims: claims{anyClaim("r", 0), with(anyClaim("u", 1), urgent)},
			at:     noon.Add(AgeingInterval), want: []string{"r:p"},
		},
		"a claim that nothing fits blocks nobody": {
			pools: []*v1alpha1.CapacityPool{anyPool("p", 1)},
			claims: claims{
				with(anyClaim("children", 0), func(c *v1alpha1.Placement) {
					c.Spec.Needs = &v1alpha1.PlacementNeeds{Children: 2}
				}),
				anyClaim("next", 1),
			},
			want: []string{"next:p"},
		},
		"pools in the order of preference": {
			pools: []*v1alpha1.CapacityPool{anyPool("a", 3), anyPool("b", 1)},
			claims: claims{
				with(anyClaim("x", 0), func(c *v1alpha1.Placement) { c.Spec.Pools = named("b", "a") }),
				with(anyClaim("y", 1), func(c *v1alpha1.Placement) { c.Spec.Pools = named("b", "a") }),
				with(anyClaim("z", 2), func(c *v1alpha1.Placement) { c.Spec.Pools = named("b") }),
			},
			want: []string{"x:b", "y:a"},
		},
		"a fund pays for as many as it has": {
			pools: []*v1alpha1.CapacityPool{anyPool("p", 3)}, funds: []*v1alpha1.PlacementFund{anyFund("f", 1)},
			claims: claims{with(anyClaim("x", 0), funded), with(anyClaim("y", 1), funded), anyClaim("z", 2)},
			want:   []string{"x:p", "z:p"},
		},
		"without a fund nobody who needs one is placed": {
			pools: []*v1alpha1.CapacityPool{anyPool("p", 3)}, claims: claims{with(anyClaim("x", 0), funded)},
		},
		"not before its time": {
			pools: []*v1alpha1.CapacityPool{anyPool("p", 1)},
			claims: claims{with(anyClaim("x", 0), func(c *v1alpha1.Placement) {
				c.Spec.NotBeforeTime = &metav1.Time{Time: hours(5)}
			})},
			at: hours(4),
		},
		"at its time": {
			pools: []*v1alpha1.CapacityPool{anyPool("p", 1)},
			claims: claims{with(anyClaim("x", 0), func(c *v1alpha1.Placement) {
				c.Spec.NotBeforeTime = &metav1.Time{Time: hours(5)}
			})},
			at: hours(5), want: []string{"x:p"},
		},
		"one claim for each referral": {
			pools: []*v1alpha1.CapacityPool{anyPool("p", 3)},
			claims: claims{
				anyClaim("x", 0), with(anyClaim("again", 1), func(c *v1alpha1.Placement) { c.Spec.ReferralID = "r-x" }),
			},
			want: []string{"x:p"},
		},
		"nothing from a pool nobody has confirmed": {
			pools: []*v1alpha1.CapacityPool{with(anyPool("p", 3), func(p *v1alpha1.CapacityPool) { p.Spec.ConfirmEverySeconds = 60 })},
			at:    hours(1), claims: claims{anyClaim("x", 0)},
		},
		"nothing from a pool whose provider said there was no place": {
			pools: []*v1alpha1.CapacityPool{with(anyPool("p", 3), func(p *v1alpha1.CapacityPool) {
				p.Status.DisputedTime = &metav1.Time{Time: hours(1)}
			})},
			claims: claims{anyClaim("x", 0)},
		},
		"a claim whose hold expired counts as routine": {
			pools: []*v1alpha1.CapacityPool{anyPool("p", 1)},
			claims: claims{
				with(anyClaim("e", 0), func(c *v1alpha1.Placement) {
					emergency(c)
					c.Status.Lapses, c.Status.QueueTime = 1, &metav1.Time{Time: hours(3)}
				}),
				anyClaim("r", 2),
			},
			at: hours(4), want: []string{"r:p"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.at.IsZero() {
				tc.at = hours(3)
			}
			q := NewQueue()
			for _, c := range tc.claims {
				q.SetClaim(c)
			}
			for _, f := range tc.funds {
				q.SetFund(f)
			}
			for _, p := range tc.pools {
				q.SetPool(p)
			}
			if diff := cmp.Diff(tc.want, given(q.Assign(tc.at))); diff != "" {
				t.Errorf("given places (-want +got):\n%s", diff)
			}
			if again := q.Assign(tc.at); len(again) > 0 {
				t.Errorf("given again: %v", given(again))
			}
		})
	}
}

// world is what a property test does to a Queue, and knows by itself.
type world struct {
	q      *Queue
	now    time.Time
	pools  map[string]*v1alpha1.CapacityPool
	claims map[string]*v1alpha1.Placement
	fund   *v1alpha1.PlacementFund
	// taking is where each assigned claim was given a place that no object shows yet.
	taking map[string]Assignment
	made   int
}

// reference gives places by the rule itself: everybody in order, each the best pool that has a place.
func (w *world) reference() []string {
	var waiting []*v1alpha1.Placement
	for name, c := range w.claims {
		before := c.Spec.NotBeforeTime
		if _, has := w.taking[name]; !has && Waits(c) && (before == nil || !before.After(w.now)) {
			waiting = append(waiting, c)
		}
	}
	slices.SortFunc(waiting, func(a, b *v1alpha1.Placement) int { return Compare(StandingOf(a), StandingOf(b), w.now) })
	free, money := w.free()
	var says []string
	for _, c := range waiting {
		r := RequestOf(c)
		best := ""
		for name, p := range w.pools {
			if free[name] <= 0 || len(Misfits(p, r)) > 0 {
				continue
			}
			if _, will := r.Preference(PoolOf(p)); will && (best == "" || w.likes(r, name, best, free)) {
				best = name
			}
		}
		if best == "" || (r.FundRoute != "" && money <= 0) {
			continue
		}
		free[best]--
		if r.FundRoute != "" {
			money--
		}
		says = append(says, c.Name+":"+best)
	}
	return says
}

func (w *world) free() (map[string]int, int) {
	free, money := map[string]int{}, int(*w.fund.Spec.Places)-len(w.fund.Status.Commitments)
	for name, p := range w.pools {
		free[name] = int(*p.Status.Staffed - *p.Status.Occupied - *p.Status.Held)
	}
	for name, a := range w.taking {
		free[string(a.Pool.Name)]--
		if w.claims[name].Spec.FundRoute != "" {
			money--
		}
	}
	return free, money
}

func (w *world) likes(r Request, a, b string, free map[string]int) bool {
	likeA, _ := r.Preference(PoolOf(w.pools[a]))
	likeB, _ := r.Preference(PoolOf(w.pools[b]))
	if likeA != likeB {
		return likeA < likeB
	}
	if free[a] != free[b] {
		return free[a] > free[b]
	}
	return a < b
}

func (w *world) assign(t *rapid.T) {
	want := w.reference()
	made := w.q.Assign(w.now)
	if diff := cmp.Diff(want, given(made)); diff != "" {
		t.Fatalf("given places (-reference +got):\n%s", diff)
	}
	for _, a := range made {
		w.taking[a.Claim.Name] = a
	}
}

func (w *world) claim(t *rapid.T) {
	w.made++
	c := anyClaim(fmt.Sprintf("c%03d", w.made), 0)
	c.CreationTimestamp = metav1.NewTime(w.now)
	c.Spec.Priority = rapid.SampledFrom([]v1alpha1.PlacementPriority{
		v1alpha1.PriorityEmergency, v1alpha1.PriorityUrgent, v1alpha1.PriorityRoutine,
	}).Draw(t, "priority")
	c.Spec.FundRoute = rapid.SampledFrom([]v1alpha1.FundRoute{"", v1alpha1.RouteADP}).Draw(t, "route")
	c.Spec.Pools = rapid.SampledFrom([][]v1alpha1.PlacementPool{nil, named("a"), named("b", "a"), named("c", "b")}).Draw(t, "pools")
	if rapid.Bool().Draw(t, "children") {
		c.Spec.Needs = &v1alpha1.PlacementNeeds{Children: 1}
	}
	if rapid.Bool().Draw(t, "later") {
		c.Spec.NotBeforeTime = &metav1.Time{Time: w.now.Add(48 * time.Hour)}
	}
	w.claims[c.Name] = c
	w.q.SetClaim(c)
}

// settle shows in the pool, the fund and the claim what was assigned, or forgets it.
func (w *world) settle(t *rapid.T) {
	names := slices.Sorted(maps.Keys(w.taking))
	if len(names) == 0 {
		return
	}
	a := w.taking[names[0]]
	delete(w.taking, names[0])
	if rapid.Bool().Draw(t, "fails") {
		w.q.Forget(a.ClaimUID)
		return
	}
	w.hold(names[0], a)
}

func (w *world) hold(name string, a Assignment) {
	c, p := w.claims[name].DeepCopy(), w.pools[string(a.Pool.Name)].DeepCopy()
	p.Status.Allocations = append(p.Status.Allocations, v1alpha1.Allocation{ClaimUID: v1alpha1.ObjectUID(c.UID), State: v1alpha1.AllocationHeld})
	*p.Status.Held++
	w.pools[p.Name] = p
	c.Status.Binding = &v1alpha1.PlacementBinding{Pool: a.Pool, State: v1alpha1.BindingHeld, Fund: a.Fund}
	w.claims[name] = c
	if a.Fund != "" {
		w.fund = w.fund.DeepCopy()
		w.fund.Status.Commitments = append(w.fund.Status.Commitments, v1alpha1.FundCommitment{ClaimUID: v1alpha1.ObjectUID(c.UID)})
	}
	w.q.SetClaim(c)
	w.q.SetPool(p)
	w.q.SetFund(w.fund)
}

// release ends a held claim: the place is free again, the money is not.
func (w *world) release(*rapid.T) {
	for _, name := range slices.Sorted(maps.Keys(w.claims)) {
		c := w.claims[name]
		b := c.Status.Binding
		if b == nil {
			continue
		}
		p := w.pools[string(b.Pool.Name)].DeepCopy()
		p.Status.Allocations = slices.DeleteFunc(p.Status.Allocations, func(a v1alpha1.Allocation) bool {
			return a.ClaimUID == v1alpha1.ObjectUID(c.UID)
		})
		*p.Status.Held--
		w.pools[p.Name] = p
		w.q.SetPool(p)
		delete(w.claims, name)
		w.q.RemoveClaim(w.q.byUID[c.UID].key)
		return
	}
}

// Whatever happens in whatever order, places are given as if everybody were looked at anew each time.
func TestPlacesAreGivenAsByTheRuleItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{
			q: NewQueue(), now: noon, pools: map[string]*v1alpha1.CapacityPool{}, claims: map[string]*v1alpha1.Placement{},
			taking: map[string]Assignment{}, fund: anyFund("f", 4),
		}
		w.q.SetFund(w.fund)
		for i, name := range []string{"a", "b", "c"} {
			p := anyPool(name, int32(i))
			if name == "b" {
				p.Spec.Features.Children, p.Spec.Features.MaximumChildren = v1alpha1.KnownYes, 3
			}
			w.pools[name] = p
			w.q.SetPool(p)
		}
		t.Repeat(map[string]func(*rapid.T){
			"claim":   w.claim,
			"assign":  w.assign,
			"settle":  w.settle,
			"release": w.release,
			"wait":    func(t *rapid.T) { w.now = w.now.Add(time.Duration(rapid.IntRange(1, 72).Draw(t, "hours")) * time.Hour) },
			"recount": func(t *rapid.T) {
				p := w.pools[rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "pool")].DeepCopy()
				*p.Status.Occupied = 12 - rapid.Int32Range(0, 5).Draw(t, "free")
				p.Status.ConfirmedTime = &metav1.Time{Time: w.now}
				for name, other := range w.pools { // every count is fresh, so that trust plays no part
					other = other.DeepCopy()
					other.Status.ConfirmedTime = p.Status.ConfirmedTime
					w.pools[name] = other
					w.q.SetPool(other)
				}
				w.pools[p.Name] = p
				w.q.SetPool(p)
			},
			"": func(t *rapid.T) {
				for name, p := range w.pools {
					fresh := p.DeepCopy()
					fresh.Status.ConfirmedTime = &metav1.Time{Time: w.now}
					w.pools[name] = fresh
					w.q.SetPool(fresh)
				}
				w.assign(t)
			},
		})
	})
}

// A queue made anew from what is stored knows all that the old one knew.
func TestAQueueMadeAnewDoesNotGiveAPlaceTwice(t *testing.T) {
	c := anyClaim("x", 0)
	c.Status.Binding = &v1alpha1.PlacementBinding{Pool: named("p")[0], State: v1alpha1.BindingTaking, Fund: "f"}
	objects := []func(*Queue){
		func(q *Queue) { q.SetClaim(c) },
		func(q *Queue) { q.SetPool(anyPool("p", 1)) },
		func(q *Queue) { q.SetFund(anyFund("f", 1)) },
		func(q *Queue) {
			q.SetClaim(with(anyClaim("y", 1), func(c *v1alpha1.Placement) { c.Spec.FundRoute = v1alpha1.RouteADP }))
		},
	}
	c.Spec.FundRoute = v1alpha1.RouteADP
	rapid.Check(t, func(t *rapid.T) {
		q := NewQueue()
		for _, i := range rapid.Permutation([]int{0, 1, 2, 3}).Draw(t, "order") {
			objects[i](q)
		}
		if made := q.Assign(hours(2)); len(made) > 0 {
			t.Fatalf("given: %v", given(made))
		}
	})
}
