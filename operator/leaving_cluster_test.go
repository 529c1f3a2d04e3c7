package main

import (
	"context"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/operator/status"
)

// lodging is a pool of another area with free places for everybody.
func lodging(t *testing.T, name string) {
	t.Helper()
	pool := counted(t, name, 3, 0)
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"claimableBy":{"scope":"Scotland"}}}`))
	if err := admin(t).Patch(t.Context(), pool, patch); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // otherwise it would take in those of other tests
		c := admin(t)
		if err := client.IgnoreNotFound(c.Delete(context.Background(), pool)); err != nil {
			t.Error(err)
		}
	})
}

func answerHeld(t *testing.T, claim *v1alpha1.Placement) {
	t.Helper()
	says(t, claim, func(s *v1alpha1.PlacementSpec) {
		s.Funding = &v1alpha1.FundingDecision{Decision: v1alpha1.FundingApproved, DecidedTime: now()}
		s.Acceptance = &v1alpha1.AcceptanceDecision{
			Decision: v1alpha1.AcceptanceAccepted, Attempt: claim.Status.Binding.Attempt, DecidedTime: now(),
		}
	})
}

func withdraws(t *testing.T, claim *v1alpha1.Placement) {
	t.Helper()
	says(t, claim, func(s *v1alpha1.PlacementSpec) { s.Withdrawal = &v1alpha1.Withdrawal{Reason: v1alpha1.WithdrawalOther} })
}

// A Partnership that is deleted stays while somebody referred there waits, is awaited or is in a place, and while a fund there
// has paid for anybody; it says so without a word about whom, and goes by itself when that is over.
func TestDeletingAPartnershipLosesNoClaim(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	lodging(t, "leaver-host")
	c := admin(t)
	for name, tc := range map[string]struct {
		kind   v1alpha1.PoolKind
		before func(t *testing.T, claim *v1alpha1.Placement)
		end    func(t *testing.T, claim *v1alpha1.Placement)
		spent  bool
	}{
		"leaver-waits": {
			v1alpha1.PoolCrisis, func(t *testing.T, claim *v1alpha1.Placement) { placed(t, claim, v1alpha1.ReasonNothingFits) },
			withdraws, false,
		},
		"leaver-held": {
			v1alpha1.PoolResidentialRehab, func(t *testing.T, claim *v1alpha1.Placement) { placed(t, claim, v1alpha1.ReasonHeld) },
			withdraws, false,
		},
		"leaver-in": {
			v1alpha1.PoolResidentialRehab, func(t *testing.T, claim *v1alpha1.Placement) {
				placed(t, claim, v1alpha1.ReasonHeld)
				answerHeld(t, claim)
				says(t, claim, func(s *v1alpha1.PlacementSpec) { s.Admission = &v1alpha1.Admission{Time: now()} })
				placed(t, claim, v1alpha1.ReasonAdmitted)
			},
			func(t *testing.T, claim *v1alpha1.Placement) {
				says(t, claim, func(s *v1alpha1.PlacementSpec) {
					s.Discharge = &v1alpha1.Discharge{Time: now(), Reason: v1alpha1.DischargeCompleted}
				})
			}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			partnership, fund, claim := partnershipNamed(name, name+"-admin"), fundIn(name, "money", 2), claimIn(name, "somebody")
			claim.Spec.Kind, claim.Spec.FundRoute = tc.kind, v1alpha1.RouteADP
			create(t, c, partnership, fund, claim)
			tc.before(t, claim)
			if err := c.Delete(t.Context(), partnership); err != nil {
				t.Fatal(err)
			}
			reads(t, c, partnership, func(p *v1alpha1.Partnership) string { return readyIs(p.Status.Conditions, v1alpha1.ReasonInUse) })
			message := status.Message(partnership.Status.Conditions, v1alpha1.ConditionReady)
			if !strings.Contains(message, "Placements that have not ended") || strings.Contains(message, "somebody") {
				t.Errorf("it says: %s", message)
			}
			tc.end(t, claim)
			placed(t, claim, v1alpha1.ReasonEnded)
			if tc.spent {
				reads(t, c, partnership, func(p *v1alpha1.Partnership) string {
					says := status.Message(p.Status.Conditions, v1alpha1.ConditionReady)
					if strings.Contains(says, "remain: fund money.") {
						return ""
					}
					return says
				})
				if err := c.Delete(t.Context(), fund); err != nil {
					t.Fatal(err)
				}
			}
			gone(t, c, partnership)
		})
	}
}

// A fund that is deleted stays until the claims it pays for have ended, promises nothing more, and goes by itself.
func TestDeletingAFundBreaksNoPromise(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	counted(t, "funded", 3, 0)
	c := admin(t)
	fund, first, second := fundIn("funded", "money", 2), claimIn("funded", "first"), claimIn("funded", "second")
	first.Spec.FundRoute, second.Spec.FundRoute = v1alpha1.RouteADP, v1alpha1.RouteADP
	create(t, c, fund, first)
	placed(t, first, v1alpha1.ReasonHeld)
	if err := c.Delete(t.Context(), fund); err != nil {
		t.Fatal(err)
	}
	reads(t, c, fund, func(f *v1alpha1.PlacementFund) string { return readyIs(f.Status.Conditions, v1alpha1.ReasonInUse) })
	happened(t, fund, v1alpha1.ReasonInUse)
	create(t, c, second)
	placed(t, second, v1alpha1.ReasonNotFunded)
	withdraws(t, first)
	placed(t, first, v1alpha1.ReasonEnded)
	gone(t, c, fund)
	again := fundIn("funded", "money", 2)
	create(t, c, again)
	held := placed(t, second, v1alpha1.ReasonHeld)
	if got, want := held.Status.Binding.FundUID, v1alpha1.ObjectUID(again.UID); got != want {
		t.Errorf("paid for by %s, want the new fund %s", got, want)
	}
}

// In a namespace that lost its Partnership's label nobody is given a place, and funds are not Ready; with the label, they are.
func TestANamespaceOfNobodyGivesNobodyAPlace(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{})
	lodging(t, "nobody-host")
	c := admin(t)
	claim, fund := claimIn("nobody", "first"), fundIn("nobody", "money", 2)
	claim.Spec.FundRoute = v1alpha1.RouteADP
	clustertest.Namespace(t, "nobody") // labelled, and there is no Partnership of that name
	create(t, c, fund, claim)
	reads(t, c, claim, func(p *v1alpha1.Placement) string {
		return readyIs(p.Status.Conditions, v1alpha1.ReasonPartnershipNotFound)
	})
	reads(t, c, fund, func(f *v1alpha1.PlacementFund) string {
		return readyIs(f.Status.Conditions, v1alpha1.ReasonReferenceNotResolved)
	})
	placed(t, claim, v1alpha1.ReasonWaiting)
	create(t, c, partnershipNamed("nobody", "nobody-admin"))
	placed(t, claim, v1alpha1.ReasonHeld)
	reads(t, c, claim, func(p *v1alpha1.Placement) string { return notReady(p.Status.Conditions) })
}
