package placement

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"pgregory.net/rapid"

	"lifeline.scot/crds/v1alpha1"
)

// chance is what may happen to a world with two binders that both think they lead.
type chance struct {
	*world
	claims []string
}

func (c *chance) anyone(t *rapid.T) string {
	if len(c.claims) == 0 {
		return "nobody"
	}
	return rapid.SampledFrom(c.claims).Draw(t, "claim")
}

func (c *chance) anyPool(t *rapid.T) string {
	return rapid.SampledFrom([]string{"p", "q"}).Draw(t, "pool")
}

func (c *chance) anyBinder(t *rapid.T) *binder {
	return c.binders[rapid.IntRange(0, len(c.binders)-1).Draw(t, "binder")]
}

// people do something.
func (c *chance) people(t *rapid.T) {
	switch name := c.anyone(t); rapid.IntRange(0, 10).Draw(t, "what people do") {
	case 0:
		c.withdraw(name)
	case 1:
		c.decides(name, rapid.SampledFrom([]v1alpha1.FundingDecisionKind{
			v1alpha1.FundingApproved, v1alpha1.FundingDeclined,
		}).Draw(t, "decision"))
	case 2:
		c.answer(name, v1alpha1.AcceptanceCannotOffer, rapid.SampledFrom([]v1alpha1.CannotOfferReason{
			v1alpha1.CannotOfferNeeds, v1alpha1.CannotOfferNoPlace,
		}).Draw(t, "reason"))
	case 3, 4, 5:
		c.admit(name)
	case 6:
		c.discharge(name)
	case 7:
		c.world.delete(named(name), rapid.IntRange(0, 3).Draw(t, "force") == 0)
	case 8:
		c.says(name, func(p *v1alpha1.Placement) bool {
			if !hasHold(p) {
				return false
			}
			p.Spec.HoldUntilTime = &metav1.Time{Time: c.clock.Now().Add(72 * time.Hour)}
			p.Spec.HoldUntilAttempt = p.Status.Binding.Attempt
			return true
		})
	case 9:
		c.says(name, func(p *v1alpha1.Placement) bool {
			p.Spec.Pools = []v1alpha1.PlacementPool{{Partnership: "fife", Name: v1alpha1.ObjectName(c.anyPool(t))}}
			return p.Spec.Withdrawal == nil
		})
	default:
		c.cut("f", rapid.Int32Range(0, 4).Draw(t, "places"))
	}
}

func (c *chance) newClaim(t *rapid.T) {
	name := fmt.Sprintf("c%d", len(c.claims))
	if len(c.claims) > 2 && rapid.IntRange(0, 5).Draw(t, "made anew") == 0 {
		if name = c.anyone(t); c.is(name) != nil {
			return
		}
	} else {
		c.claims = append(c.claims, name)
	}
	c.claim(name, func(s *v1alpha1.PlacementSpec) {
		s.FundRoute = rapid.SampledFrom([]v1alpha1.FundRoute{"", v1alpha1.RouteADP}).Draw(t, "route")
		s.Priority = rapid.SampledFrom([]v1alpha1.PlacementPriority{v1alpha1.PriorityRoutine, v1alpha1.PriorityUrgent}).Draw(t, "priority")
		if rapid.IntRange(0, 4).Draw(t, "later") == 0 {
			s.NotBeforeTime = &metav1.Time{Time: c.clock.Now().Add(24 * time.Hour)}
		}
		if rapid.IntRange(0, 2).Draw(t, "referred twice") == 0 {
			s.ReferralID = "r-c0"
		}
	})
}

// houses count, open and close.
func (c *chance) houses(t *rapid.T) {
	pool := c.anyPool(t)
	_, there := c.latest[nameOf(poolNamed(pool))]
	switch what := rapid.IntRange(0, 9).Draw(t, "what houses do"); {
	case !there:
		c.pool(pool, rapid.Int32Range(0, 2).Draw(t, "places"))
	case what == 0:
		c.world.delete(poolNamed(pool), rapid.IntRange(0, 3).Draw(t, "force") == 0)
	default:
		c.count(pool, rapid.Int32Range(0, 4).Draw(t, "staffed"), rapid.Int32Range(0, 2).Draw(t, "occupied"))
	}
}

// work lets a binder see some of what happened, and do some of what there is to do.
func (c *chance) work(t *rapid.T) {
	b := c.anyBinder(t)
	for range rapid.IntRange(0, min(5, len(b.unseen))).Draw(t, "sees") {
		b.see()
	}
	b.ring()
	b.line.next(b)
	for range rapid.IntRange(0, 3).Draw(t, "visits") {
		if len(b.todo) > 0 {
			b.visit()
		}
	}
	switch rapid.IntRange(0, 9).Draw(t, "rounds") {
	case 0:
		_ = (&sweeper{b.Reconciler}).sweep(context.Background())
	case 1:
		_ = (&refresher{Reconciler: b.Reconciler}).refresh(context.Background())
	case 2:
		b.skip()
	}
}

// spoil lets something come between, or in the way of, one of the next writes of a binder.
func (c *chance) spoil(t *rapid.T) {
	b := c.anyBinder(t)
	at, after := b.writes+rapid.IntRange(1, 4).Draw(t, "write"), rapid.Bool().Draw(t, "after")
	what := rapid.IntRange(0, 4).Draw(t, "what goes wrong")
	script := rapid.SliceOfN(rapid.IntRange(0, 3), 6, 6).Draw(t, "meanwhile")
	b.fault = func(write int, isAfter bool) error {
		if write != at || isAfter != after {
			return nil
		}
		b.fault = nil
		switch {
		case what == 0 && !after:
			return apierrors.NewConflict(schema.GroupResource{}, "n", errors.New("on purpose"))
		case what <= 1:
			return errors.New("lost")
		case what == 2:
			b.dead = true
			return errStopped
		default:
			c.meanwhile(b, script)
			return nil
		}
	}
}

// meanwhile is what happens between two writes of one binder: time passes, people act, and the other binder works.
func (c *chance) meanwhile(paused *binder, script []int) {
	for i, n := range script {
		switch {
		case n == 0 && len(c.claims) > 0:
			c.withdraw(c.claims[i%len(c.claims)])
		case n == 1 && len(c.claims) > 0:
			c.answer(c.claims[i%len(c.claims)], v1alpha1.AcceptanceCannotOffer, v1alpha1.CannotOfferNeeds)
		case n == 2:
			c.clock.SetTime(c.clock.Now().Add(30 * time.Hour))
		}
		for _, b := range c.binders {
			if b != paused && b.fault == nil {
				b.ring()
				b.line.next(b)
				b.run()
			}
		}
	}
}

func (c *chance) pass(t *rapid.T) {
	c.clock.SetTime(c.clock.Now().Add(time.Duration(rapid.IntRange(1, 60*60).Draw(t, "minutes")) * time.Minute))
}

// replaceTheDead starts a new binder for each that was stopped.
func (c *chance) replaceTheDead() {
	stopped := len(c.binders)
	c.binders = slices.DeleteFunc(c.binders, func(b *binder) bool { return b.dead })
	for range stopped - len(c.binders) {
		c.start()
	}
}

// finish lets everything come to rest, after everybody has counted: then nothing may be left over.
func (c *chance) finish() {
	for _, b := range c.binders {
		b.fault = nil
	}
	c.replaceTheDead()
	c.settle()
	c.clock.SetTime(c.clock.Now().Add(time.Minute))
	for _, p := range c.pools() {
		c.count(p.Name, 3, 0)
	}
	c.settle()
	c.leaveLostPools()
	c.leaveSecondPlaces()
	c.agrees()
}

// leaveSecondPlaces discharges whoever is said to be in two places for one referral: until then `operator verify` says so.
func (c *chance) leaveSecondPlaces() {
	in := map[string]bool{}
	for _, claim := range all[*v1alpha1.Placement](c.world) {
		if b := claim.Status.Binding; b == nil || b.State != v1alpha1.BindingAdmitted {
			continue
		}
		if in[claim.Spec.ReferralID] {
			c.discharge(claim.Name)
		}
		in[claim.Spec.ReferralID] = true
	}
	c.settle()
}

// leaveLostPools discharges whoever is in a place of a pool that was deleted by force: until then `operator verify` says that
// the place is lost, as it is.
func (c *chance) leaveLostPools() {
	for _, claim := range all[*v1alpha1.Placement](c.world) {
		b := claim.Status.Binding
		if b != nil && b.State == v1alpha1.BindingAdmitted && !slices.ContainsFunc(c.pools(), func(p *v1alpha1.CapacityPool) bool {
			return v1alpha1.ObjectUID(p.UID) == b.PoolUID
		}) {
			c.discharge(claim.Name)
		}
	}
	c.settle()
}

// Two binders at once, each seeing what happens late and sometimes not at all, stopped and started, with conflicts, lost
// answers and the other one's work between their writes, while claims, answers, counts, pools and money come and go. No
// place is ever given twice, and when all is quiet everything agrees and nobody waits for a place that is free.
func TestWhateverHappensPlacesAndClaimsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &chance{world: newWorld(t, 2)}
		c.pool("p", 2)
		c.pool("q", 1)
		c.fund("f", 3)
		t.Repeat(map[string]func(*rapid.T){
			"claim":   c.newClaim,
			"people":  c.people,
			"people2": c.people,
			"houses":  c.houses,
			"work":    c.work,
			"work2":   c.work,
			"work3":   c.work,
			"spoil":   c.spoil,
			"time":    c.pass,
			"run": func(t *rapid.T) {
				b := c.anyBinder(t)
				b.ring()
				b.run()
			},
			"": func(*rapid.T) { c.replaceTheDead() },
		})
		c.finish()
	})
}
