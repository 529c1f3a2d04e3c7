package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/operator/status"
	"lifeline.scot/operator/verify"
)

func claimIn(area, name string) *v1alpha1.Placement {
	c := &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-" + area, Name: name}}
	c.Spec.ReferralID, c.Spec.Kind = "referral-"+name, v1alpha1.PoolResidentialRehab
	return c
}

func fundIn(area, name string, places int32) *v1alpha1.PlacementFund {
	f := &v1alpha1.PlacementFund{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-" + area, Name: name}}
	f.Spec.Route, f.Spec.Places = v1alpha1.RouteADP, &places
	f.Spec.FinancialYear = rules.FinancialYear(time.Now())
	return f
}

// counted makes an area whose pool has so many places staffed and so many people in them.
func counted(t *testing.T, name string, staffed, occupied int32) *v1alpha1.CapacityPool {
	t.Helper()
	_, _, _, pool := area(t, name)
	c := admin(t)
	create(t, c, reportOn(pool, "count", time.Now().Add(-time.Minute), staffed, occupied))
	return reads(t, c, pool, func(p *v1alpha1.CapacityPool) string {
		if p.Status.Counted == nil {
			return "no count"
		}
		return ""
	})
}

// placed waits until the claim stands where its Placed condition should say.
func placed(t *testing.T, claim *v1alpha1.Placement, reason string) *v1alpha1.Placement {
	t.Helper()
	return reads(t, admin(t), claim, func(c *v1alpha1.Placement) string {
		if got := status.Reason(c.Status.Conditions, v1alpha1.ConditionPlaced); got != reason {
			return fmt.Sprintf("Placed says %q, want %q: %s", got, reason, c.Status.Explanation)
		}
		return ""
	})
}

// lineUp makes two claims for one free place: the first is held it, the next waits.
func lineUp(t *testing.T, first, next *v1alpha1.Placement) {
	t.Helper()
	create(t, admin(t), first)
	placed(t, first, v1alpha1.ReasonHeld)
	create(t, admin(t), next)
	placed(t, next, v1alpha1.ReasonWaiting)
}

// says changes the claim's spec, on whatever version is stored.
func says(t *testing.T, claim *v1alpha1.Placement, change func(*v1alpha1.PlacementSpec)) {
	t.Helper()
	c := admin(t)
	eventually(t, func() error {
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(claim), claim); err != nil {
			return err
		}
		change(&claim.Spec)
		return c.Update(t.Context(), claim)
	})
}

func numbers(pool *v1alpha1.CapacityPool) string {
	s := pool.Status
	return fmt.Sprintf("staffed %d occupied %d held %d free %d allocations %d",
		ptr.Deref(s.Staffed, -1), ptr.Deref(s.Occupied, -1), ptr.Deref(s.Held, -1), ptr.Deref(s.Free, -1), len(s.Allocations))
}

func shows(t *testing.T, pool *v1alpha1.CapacityPool, want string) {
	t.Helper()
	reads(t, admin(t), pool, func(p *v1alpha1.CapacityPool) string {
		if got := numbers(p); got != want {
			return got + ", want " + want
		}
		return ""
	})
}

func now() metav1.Time { return metav1.NewTime(time.Now().Truncate(time.Second)) }

// From a claim to a place held, paid for, accepted, used and given back to the next who waits.
func TestFromAClaimToAPlaceAndBack(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	pool := counted(t, "journey", 5, 4)
	fund := fundIn("journey", "adp-money", 1)
	create(t, admin(t), fund)
	claim, next := claimIn("journey", "first"), claimIn("journey", "second")
	claim.Spec.FundRoute, claim.Spec.ExpectedLengthDays = v1alpha1.RouteADP, 84
	create(t, admin(t), claim)
	placed(t, claim, v1alpha1.ReasonHeld)
	shows(t, pool, "staffed 5 occupied 4 held 1 free 0 allocations 1")
	create(t, admin(t), next)
	waits := placed(t, next, v1alpha1.ReasonWaiting)
	if waits.Status.Queue == nil || waits.Status.Queue.Position != 1 {
		t.Errorf("queue: %+v", waits.Status.Queue)
	}
	says(t, claim, func(s *v1alpha1.PlacementSpec) {
		s.Funding = &v1alpha1.FundingDecision{Decision: v1alpha1.FundingApproved, DecidedTime: now()}
		s.Acceptance = &v1alpha1.AcceptanceDecision{
			Decision: v1alpha1.AcceptanceAccepted, Attempt: claim.Status.Binding.Attempt, DecidedTime: now(),
		}
	})
	says(t, claim, func(s *v1alpha1.PlacementSpec) { s.Admission = &v1alpha1.Admission{Time: now()} })
	placed(t, claim, v1alpha1.ReasonAdmitted)
	shows(t, pool, "staffed 5 occupied 5 held 0 free 0 allocations 1")
	reads(t, admin(t), fund, func(f *v1alpha1.PlacementFund) string {
		if ptr.Deref(f.Status.Used, -1) != 1 || ptr.Deref(f.Status.Remaining, -1) != 0 {
			return fmt.Sprintf("%+v", f.Status)
		}
		return ""
	})
	says(t, claim, func(s *v1alpha1.PlacementSpec) {
		s.Discharge = &v1alpha1.Discharge{Time: now(), Reason: v1alpha1.DischargeCompleted}
	})
	placed(t, claim, v1alpha1.ReasonEnded)
	placed(t, next, v1alpha1.ReasonHeld)
	shows(t, pool, "staffed 5 occupied 4 held 1 free 0 allocations 1")
	happened(t, claim, v1alpha1.ReasonHeld)
	happened(t, claim, v1alpha1.ReasonDischarged)
}

// A provider that cannot offer the place, an ADP that does not pay, a claim withdrawn or deleted: the next in line is held the
// place, and nobody loses a turn by somebody else's answer.
func TestAPlaceGivenBackGoesToTheNext(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	pool := counted(t, "back", 5, 4)
	create(t, admin(t), fundIn("back", "money", 5))
	for _, step := range []struct {
		name   string
		change func(t *testing.T, claim *v1alpha1.Placement)
		then   string
	}{
		{"cannot-offer", func(t *testing.T, claim *v1alpha1.Placement) {
			says(t, claim, func(s *v1alpha1.PlacementSpec) {
				s.Acceptance = &v1alpha1.AcceptanceDecision{
					Decision: v1alpha1.AcceptanceCannotOffer, Reason: v1alpha1.CannotOfferNeeds,
					Attempt: claim.Status.Binding.Attempt, DecidedTime: now(),
				}
			})
		}, v1alpha1.ReasonNothingFits},
		{"declined", func(t *testing.T, claim *v1alpha1.Placement) {
			says(t, claim, func(s *v1alpha1.PlacementSpec) {
				s.Funding = &v1alpha1.FundingDecision{
					Decision: v1alpha1.FundingDeclined, Reason: v1alpha1.FundingReasonOther, DecidedTime: now(),
				}
			})
		}, v1alpha1.ReasonNotFunded},
		{"withdrawn", func(t *testing.T, claim *v1alpha1.Placement) {
			says(t, claim, func(s *v1alpha1.PlacementSpec) {
				s.Withdrawal = &v1alpha1.Withdrawal{Reason: v1alpha1.WithdrawalFoundElsewhere}
			})
		}, v1alpha1.ReasonEnded},
	} {
		first, next := claimIn("back", step.name), claimIn("back", step.name+"-next")
		first.Spec.FundRoute = v1alpha1.RouteADP
		lineUp(t, first, next)
		step.change(t, first)
		placed(t, next, v1alpha1.ReasonHeld)
		placed(t, first, step.then)
		if err := admin(t).Delete(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() error {
			if err := admin(t).Get(t.Context(), client.ObjectKeyFromObject(next), next); !apierrors.IsNotFound(err) {
				return fmt.Errorf("still there: %w", err)
			}
			return nil
		})
		shows(t, pool, "staffed 5 occupied 4 held 0 free 1 allocations 0")
	}
}

// When a pool shrinks nobody is put out, and when it is deleted those awaited go back to their turn.
func TestAPoolThatShrinksOrGoesLosesNobody(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	pool := counted(t, "shrink", 6, 4)
	a, b := claimIn("shrink", "resident"), claimIn("shrink", "awaited")
	create(t, admin(t), a, b)
	placed(t, a, v1alpha1.ReasonHeld)
	placed(t, b, v1alpha1.ReasonHeld)
	says(t, a, func(s *v1alpha1.PlacementSpec) {
		s.Acceptance = &v1alpha1.AcceptanceDecision{
			Decision: v1alpha1.AcceptanceAccepted, Attempt: a.Status.Binding.Attempt, DecidedTime: now(),
		}
		s.Admission = &v1alpha1.Admission{Time: now()}
	})
	placed(t, a, v1alpha1.ReasonAdmitted)
	create(t, admin(t), reportOn(pool, "fewer", time.Now().Add(-30*time.Second), 5, 4))
	shows(t, pool, "staffed 5 occupied 5 held 1 free 0 allocations 2")
	reads(t, admin(t), pool, func(p *v1alpha1.CapacityPool) string {
		if got := status.Reason(p.Status.Conditions, v1alpha1.ConditionOvercommitted); got != v1alpha1.ReasonMorePeopleThanPlaces {
			return "Overcommitted: " + got
		}
		return ""
	})
	if err := admin(t).Delete(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	placed(t, b, v1alpha1.ReasonNothingFits)
	placed(t, a, v1alpha1.ReasonAdmitted)
	says(t, a, func(s *v1alpha1.PlacementSpec) {
		s.Discharge = &v1alpha1.Discharge{Time: now(), Reason: v1alpha1.DischargeMoved}
	})
	placed(t, a, v1alpha1.ReasonEnded)
	eventually(t, func() error {
		if err := admin(t).Get(t.Context(), client.ObjectKeyFromObject(pool), pool); !apierrors.IsNotFound(err) {
			return fmt.Errorf("the pool is still there: %w", err)
		}
		return nil
	})
}

// A provider reads and answers the claims it holds a place for, and sees no others; when the place is given back it sees
// that one no more.
func TestAProviderSeesOnlyTheClaimsItHoldsAPlaceFor(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	counted(t, "seen", 5, 4)
	mine, other := claimIn("seen", "mine"), claimIn("seen", "other")
	lineUp(t, mine, other)
	clerk := as(t, "seen-clerk")
	read := func(claim *v1alpha1.Placement) error {
		return clerk.Get(t.Context(), client.ObjectKeyFromObject(claim), &v1alpha1.Placement{})
	}
	eventually(t, func() error { return read(mine) })
	if err := read(other); !apierrors.IsForbidden(err) {
		t.Errorf("reads a claim it holds no place for: %v", err)
	}
	if err := clerk.List(t.Context(), &v1alpha1.PlacementList{}, client.InNamespace("adp-seen")); !apierrors.IsForbidden(err) {
		t.Errorf("lists claims: %v", err)
	}
	eventually(t, func() error {
		var claim v1alpha1.Placement
		if err := clerk.Get(t.Context(), client.ObjectKeyFromObject(mine), &claim); err != nil {
			return err
		}
		claim.Spec.Acceptance = &v1alpha1.AcceptanceDecision{
			Decision: v1alpha1.AcceptanceCannotOffer, Reason: v1alpha1.CannotOfferNoPlace,
			Attempt: claim.Status.Binding.Attempt, DecidedTime: now(),
		}
		return clerk.Update(t.Context(), &claim)
	})
	eventually(t, func() error {
		if err := read(mine); !apierrors.IsForbidden(err) {
			return fmt.Errorf("still reads it: %w", err)
		}
		return nil
	})
	reads(t, admin(t), poolIn("seen", "beds", ""), func(p *v1alpha1.CapacityPool) string {
		if p.Status.Trust != v1alpha1.TrustDisputed || p.Status.Free != nil {
			return fmt.Sprintf("trust %s, free %v", p.Status.Trust, p.Status.Free)
		}
		return ""
	})
}

// The next in line is held the place within a second of its coming free, as the second stands between two whole ones.
func TestTheNextInLineIsOfferedThePlaceAtOnce(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	counted(t, "swift", 5, 4)
	first, next := claimIn("swift", "first"), claimIn("swift", "next")
	lineUp(t, first, next)
	says(t, first, func(s *v1alpha1.PlacementSpec) { s.Withdrawal = &v1alpha1.Withdrawal{Reason: v1alpha1.WithdrawalOther} })
	ended := placed(t, first, v1alpha1.ReasonEnded).Status.EndedTime
	held := placed(t, next, v1alpha1.ReasonHeld).Status.Binding.HeldTime
	if wait := held.Sub(ended.Time); wait > time.Second {
		t.Errorf("held %s after the place came free", wait)
	}
}

// Two operators that both think they lead, of which one is stopped and started again and again, bind hundreds of claims that
// are made, withdrawn, deleted, answered and counted over at random. When all is quiet everything agrees.
func TestTwoLeadersAtOnceLeaveEverythingInAgreement(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	second := operate(t, clustertest.Shared().Admin(), settings{})
	pool := counted(t, "twice", 12, 2)
	create(t, admin(t), fundIn("twice", "money", 40))
	c := admin(t)
	dice := rand.New(rand.NewPCG(3, 4))
	var claims []*v1alpha1.Placement
	for i := range 240 {
		switch n := dice.IntN(10); {
		case n < 5 || len(claims) == 0:
			claim := claimIn("twice", fmt.Sprintf("claim-%d", i))
			if dice.IntN(2) == 0 {
				claim.Spec.FundRoute = v1alpha1.RouteADP
			}
			create(t, c, claim)
			claims = append(claims, claim)
		case n == 5:
			create(t, c, reportOn(pool, fmt.Sprintf("count-%d", i), time.Now(), 10+dice.Int32N(4), dice.Int32N(4)))
		default:
			disturb(t, c, claims[dice.IntN(len(claims))], n)
		}
		if i%80 == 79 {
			second.stop()
			second = operate(t, clustertest.Shared().Admin(), settings{})
		}
	}
	eventually(t, func() error {
		s, err := verify.Read(t.Context(), c)
		if err != nil {
			return err
		}
		if found := rules.Verify(s, time.Now().Add(time.Minute)); len(found) > 0 {
			return fmt.Errorf("%d violations, such as %s", len(found), found[0])
		}
		return nil
	})
}

// disturb answers, withdraws or deletes the claim. A refusal is as good as an answer: the other operator may have been first.
func disturb(t *testing.T, c client.Client, claim *v1alpha1.Placement, how int) {
	t.Helper()
	var now v1alpha1.Placement
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(claim), &now); err != nil {
		return
	}
	switch {
	case how == 6:
		_ = c.Delete(t.Context(), &now)
		return
	case how == 7:
		now.Spec.Withdrawal = &v1alpha1.Withdrawal{Reason: v1alpha1.WithdrawalOther}
	case now.Status.Binding == nil:
		return
	case now.Spec.Admission != nil:
		now.Spec.Discharge = &v1alpha1.Discharge{Time: metav1.Now(), Reason: v1alpha1.DischargeCompleted}
	default:
		now.Spec.Acceptance = &v1alpha1.AcceptanceDecision{
			Decision: v1alpha1.AcceptanceAccepted, Attempt: now.Status.Binding.Attempt, DecidedTime: metav1.Now(),
		}
		now.Spec.Admission = &v1alpha1.Admission{Time: metav1.Now()}
		if now.Spec.FundRoute != "" {
			now.Spec.Funding = &v1alpha1.FundingDecision{Decision: v1alpha1.FundingApproved, DecidedTime: metav1.Now()}
		}
	}
	_ = c.Update(t.Context(), &now)
}
