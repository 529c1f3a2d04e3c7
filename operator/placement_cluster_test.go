package main

import (
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/operator/status"
)

func claimIn(area, name string) *v1alpha1.Placement {
	c := &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-" + area, Name: name}}
	c.Spec.ReferralID, c.Spec.Kind = "referral-"+name, v1alpha1.PoolResidentialRehab
	return c
}

func fundIn(area, name string, places int32) *v1alpha1.PlacementFund {
	f := &v1alpha1.PlacementFund{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-" + area, Name: name}}
	f.Spec.Route, f.Spec.Places = v1alpha1.RouteADP, &places
	f.Spec.FinancialYear = financialYear(time.Now())
	return f
}

func financialYear(now time.Time) string {
	year := now.UTC().Year()
	if now.UTC().Month() < time.April {
		year--
	}
	return fmt.Sprintf("%d-%02d", year, (year+1)%100)
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
		create(t, admin(t), first)
		placed(t, first, v1alpha1.ReasonHeld)
		create(t, admin(t), next)
		placed(t, next, v1alpha1.ReasonWaiting)
		step.change(t, first)
		placed(t, next, v1alpha1.ReasonHeld)
		placed(t, first, step.then)
		if err := admin(t).Delete(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() error {
			if err := admin(t).Get(t.Context(), client.ObjectKeyFromObject(next), next); !apierrors.IsNotFound(err) {
				return fmt.Errorf("still there: %v", err)
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
			return fmt.Errorf("the pool is still there: %v", err)
		}
		return nil
	})
}
