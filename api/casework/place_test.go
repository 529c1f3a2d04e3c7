package casework_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/casework"
	. "lifeline.scot/api/casework/caseworktest" //nolint:revive // the names of those who take part read like a story
	"lifeline.scot/api/identity"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/crds/v1alpha1"
)

func TestAPlaceIsAskedForOnce(t *testing.T) {
	o := open(t)
	about := o.submit()
	asks := v1alpha1.PlacementSpec{Kind: v1alpha1.PoolDetox, Priority: v1alpha1.PriorityRoutine}
	if _, err := o.Desk.WaitForPlace(t.Context(), Referrer, o.key(), about, asks, ""); codeOf(err) != casework.CodeWrongStatus {
		t.Errorf("before it is accepted: %v", err)
	}
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.do(Provider, &about, referral.Accept{}, "")
	key := o.key()
	done, err := o.Desk.WaitForPlace(t.Context(), Referrer, key, about, asks, "as soon as can be")
	if err != nil {
		t.Fatal(err)
	}
	again, err := o.Desk.WaitForPlace(t.Context(), Referrer, key, about, asks, "as soon as can be")
	if err != nil || !again.Replayed || again.Version != done.Version {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	s, err := o.Store.State(t.Context(), about.Referral)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := o.Store.PlaceAsked(t.Context(), s)
	if err != nil || s.Status != referral.PlacementWaiting || s.Claim != referral.ClaimName(s.ID, done.Version) ||
		asked.Kind != v1alpha1.PoolDetox {
		t.Errorf("it is %s, its claim %s for %+v: %v", s.Status, s.Claim, asked, err)
	}
}

func TestWhatAClaimWouldBeTurnedAwayForIsSaidAtOnce(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.do(Provider, &about, referral.Accept{}, "")
	later := metav1.NewTime(time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC))
	for name, tc := range map[string]struct {
		by   identity.Caller
		asks v1alpha1.PlacementSpec
		want refusal.Code
	}{
		"no kind":               {Referrer, v1alpha1.PlacementSpec{}, refusal.Invalid},
		"women alone of nobody": {Referrer, v1alpha1.PlacementSpec{Kind: v1alpha1.PoolDetox, Needs: &v1alpha1.PlacementNeeds{SingleGender: v1alpha1.NeedRequired}}, refusal.Invalid},
		"a language in words":   {Referrer, v1alpha1.PlacementSpec{Kind: v1alpha1.PoolDetox, Needs: &v1alpha1.PlacementNeeds{Language: "Polish"}}, refusal.Invalid},
		"a pool in words": {Referrer, v1alpha1.PlacementSpec{
			Kind: v1alpha1.PoolDetox, Pools: []v1alpha1.PlacementPool{{Partnership: "moray", Name: "sorcha-quillfeather"}},
		}, refusal.Invalid},
		"in many years": {Referrer, v1alpha1.PlacementSpec{Kind: v1alpha1.PoolDetox, NotBeforeTime: &later}, refusal.Invalid},
		"an emergency":  {Referrer, v1alpha1.PlacementSpec{Kind: v1alpha1.PoolDetox, Priority: v1alpha1.PriorityEmergency}, refusal.Forbidden},
		"somebody else": {Competitor, v1alpha1.PlacementSpec{Kind: v1alpha1.PoolDetox}, refusal.NotFound},
	} {
		if _, err := o.Desk.WaitForPlace(t.Context(), tc.by, o.key(), about, tc.asks, ""); codeOf(err) != tc.want {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}
