package placement

import (
	"testing"
	"time"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// expire lets the hold of a claim end.
func (w *world) expire(name string) {
	w.t.Helper()
	w.pass(w.is(name).Status.Binding.HoldUntilTime.Sub(w.clock.Now()) + 100*time.Millisecond)
	w.settle()
}

// keepsItsTurn fails unless the claim stands where it stood when it was made: no lapse, its own priority, waiting since then.
func (w *world) keepsItsTurn(name string, priority v1alpha1.PlacementPriority) {
	w.t.Helper()
	c := w.is(name)
	if c.Status.Lapses != 0 || c.Spec.Priority != priority || !c.Status.QueueTime.Equal(&c.CreationTimestamp) ||
		c.Status.LastRelease != v1alpha1.ReleaseUnanswered {
		w.t.Fatalf("%s: %d lapses, waiting since %s, made %s, last release %s", name, c.Status.Lapses, c.Status.QueueTime,
			c.CreationTimestamp, c.Status.LastRelease)
	}
}

func (w *world) isToldItIs(name, reason string) {
	w.t.Helper()
	if got := status.Reason(w.is(name).Status.Conditions, v1alpha1.ConditionPlaced); got != reason {
		w.t.Fatalf("%s: %s: %s", name, got, w.is(name).Status.Explanation)
	}
}

func urgent(s *v1alpha1.PlacementSpec) { s.Priority = v1alpha1.PriorityUrgent }

// A hold that ends because the ADP did not decide costs the person nothing: the next in line is held the place meanwhile, and
// once the ADP approves, the claim is the first again, without a lapse and as pressing as before.
func TestASilentADPCostsNobodyTheirTurn(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 1)
	w.fund("f", 3)
	w.claim("x", funded, urgent)
	w.settle()
	w.claim("y", urgent)
	w.claim("z", urgent)
	w.answer("x", v1alpha1.AcceptanceAccepted, "")
	w.settle()
	w.expire("x")
	w.stands("x:waits y:Held z:waits")
	w.keepsItsTurn("x", v1alpha1.PriorityUrgent)
	w.isToldItIs("x", v1alpha1.ReasonNotFunded)
	w.withdraw("y")
	w.settle()
	w.stands("x:waits y:ended z:Held") // no place is held for x, again and again, that nobody else gets
	w.decides("x", v1alpha1.FundingApproved)
	w.withdraw("z")
	w.claim("late", urgent)
	w.settle()
	w.stands("x:Held late:waits")
	w.agrees()
}

// A hold that ends because the provider did not answer costs the person nothing either. Others get their chance there until
// somebody counts, and everywhere else the claim goes on competing.
func TestASilentProviderCostsNobodyTheirTurn(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 1)
	w.claim("x", urgent)
	w.settle()
	w.claim("y", urgent)
	w.settle()
	w.expire("x")
	w.stands("x:waits y:Held")
	w.keepsItsTurn("x", v1alpha1.PriorityUrgent)
	w.isToldItIs("x", v1alpha1.ReasonNothingFits)
	w.pool("q", 1)
	w.settle()
	w.stands("x:Held y:Held")
	w.withdraw("y")
	w.answer("x", v1alpha1.AcceptanceCannotOffer, v1alpha1.CannotOfferNeeds)
	w.settle()
	w.stands("x:waits")
	w.clock.SetTime(w.clock.Now().Add(time.Hour))
	w.count("p", 1, 0)
	w.settle()
	w.stands("x:Held")
	if got := w.is("x").Status; len(got.Unanswered) != 0 || got.Binding.Pool.Name != "p" {
		t.Errorf("held in %s, and goes on blaming %v", got.Binding.Pool.Name, got.Unanswered)
	}
	w.agrees()
}

// What one provider agreed to is not passed on: the place of the next is held as long as that one holds its places.
func TestAnExtensionCountsForItsOwnHoldOnly(t *testing.T) {
	w := one(t)
	w.says("x", func(c *v1alpha1.Placement) bool {
		until := w.now()
		until.Time = until.Add(20 * 24 * time.Hour)
		c.Spec.HoldUntilTime, c.Spec.HoldUntilAttempt = &until, c.Status.Binding.Attempt
		return true
	})
	w.settle()
	w.withdraw("y")
	w.pool("q", 1)
	w.answer("x", v1alpha1.AcceptanceCannotOffer, v1alpha1.CannotOfferNeeds)
	w.settle()
	b := w.is("x").Status.Binding
	if b == nil || b.Pool.Name != "q" || b.HoldUntilTime.Sub(b.HeldTime.Time) != 48*time.Hour {
		t.Errorf("held in the other pool: %+v", b)
	}
	w.agrees()
}

// "No place after all" disputes the count and says nothing about the person: once somebody has counted, the claim is held a
// place there again, in its turn.
func TestNoPlaceAfterAllLocksNobodyOut(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 1)
	w.claim("x", func(s *v1alpha1.PlacementSpec) { s.Pools = []v1alpha1.PlacementPool{{Partnership: "fife", Name: "p"}} })
	w.settle()
	w.claim("y")
	w.answer("x", v1alpha1.AcceptanceCannotOffer, v1alpha1.CannotOfferNoPlace)
	w.settle()
	w.stands("x:waits y:waits")
	w.clock.SetTime(w.clock.Now().Add(time.Hour))
	w.count("p", 1, 0)
	w.settle()
	w.stands("x:Held y:waits")
	w.agrees()
}
