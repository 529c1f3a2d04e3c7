package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

const needsOfTheClaim = `{ placement(partnership: "moray", name: "a-claim") { explanation waitingFor { reason } needs { gender ageYears children
	stayingOnMAT withheld { need reasons { code inWords } } } } }`

// needy has a claim of a referral that tells much and waits because of it.
func (o *office) needy(referral string) {
	age := int32(31)
	claim := o.claimed("a-claim", referral).DeepCopy()
	claim.Spec.Needs = &v1alpha1.PlacementNeeds{
		Gender: v1alpha1.GenderWomen, AgeYears: &age, Children: 2, StayingOnMAT: v1alpha1.NeedRequired,
	}
	claim.Status.Explanation = "1 pool does not take children."
	claim.Status.WaitingFor = []v1alpha1.WaitingCount{
		{Reason: v1alpha1.WaitingChildrenNotTaken, Pools: 1}, {Reason: v1alpha1.WaitingFull, Pools: 2},
	}
	o.book.SetPlacement(claim)
}

// sees says which of what the claim tells somebody sees: all, none, or what there is if it is neither.
func (o *office) sees(who string) string {
	o.t.Helper()
	got := o.reads(who, needsOfTheClaim)
	const all = `"explanation":"1 pool does not take children.","waitingFor":[{"reason":"CHILDREN_NOT_TAKEN"},{"reason":"FULL"}],` +
		`"needs":{"gender":"WOMEN","ageYears":31,"children":2,"stayingOnMAT":true,"withheld":[]}`
	const most = `"explanation":"1 pool does not take children.","waitingFor":[{"reason":"CHILDREN_NOT_TAKEN"},{"reason":"FULL"}],"needs":{"gender":"WOMEN","ageYears":31,"children":2,` +
		`"stayingOnMAT":null,"withheld":[{"need":"stayingOnMAT","reasons":[{"code":"outside_role",`
	const none = `"waitingFor":[{"reason":"FULL"}],"needs":{"gender":null,"ageYears":null,"children":null,"stayingOnMAT":null,"withheld":[{`
	switch {
	case strings.Contains(got, all):
		return "all"
	case strings.Contains(got, most):
		return "all but what is clinical"
	case strings.Contains(got, none) && !strings.Contains(got, "children.") && strings.Count(got, `"code":"`) == len(needTells) &&
		!strings.Contains(got, `"inWords":""`):
		return "none"
	default:
		return got
	}
}

func TestWhatAClaimTellsOfAPersonIsForThoseWhoMaySeeItOfTheReferral(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed)
	o.needy(id)
	expect := func(when string, want map[string]string) {
		t.Helper()
		for who, what := range want {
			if got := o.sees(who); got != what {
				t.Errorf("%s: the %s sees %s, want %s", when, who, got, what)
			}
		}
	}
	expect("before anybody has accepted", map[string]string{
		"referrer": "all but what is clinical", "provider": "none", "commissioner": "none", "data lead": "none",
	})
	about := fmt.Sprintf("referral: %q", id)
	o.does("provider", "referralAcknowledge", about+", version: 1")
	expect("while it is worked on by consent", map[string]string{"referrer": "all but what is clinical", "provider": "all", "commissioner": "none"})
	o.does("provider", "referralAccept", about+", version: 2")
	o.does("referrer", "consentWithdraw", about+`, purposes: [DIRECT_CARE, REFERRAL_COORDINATION], recipients: ["harbour"]`)
	expect("after it was taken back", map[string]string{"referrer": "all but what is clinical", "provider": "none", "commissioner": "none"})
}

func TestWhatIsShownOfTheNeedsInAClaimIsInTheTrailWithTheDecision(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed)
	o.needy(id)
	o.sees("referrer")
	o.sees("commissioner")
	page, err := o.Store.Trail(t.Context(), store.Look{By: audit.Actor{Subject: "u-test"}, Referral: id}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	shown, denied := 0, 0
	for _, e := range page {
		switch {
		case e.What == audit.Viewed && e.By.Subject == "u-referrer" && e.Decision != nil && len(e.Decision.Fields) == 6 && !slices.Contains(e.Decision.Fields, "ost_status"):
			shown++
		case e.What == audit.Decided && e.By.Subject == "u-commissioner" && e.Decision.Effect == "deny":
			denied++
		case e.What == audit.Viewed && e.By.Subject == "u-commissioner" && len(e.Decision.Fields) > 0:
			t.Errorf("the commissioner is said to have been shown %v", e.Decision.Fields)
		}
	}
	if shown != 1 || denied != 1 {
		t.Errorf("%d times shown, %d denied: %+v", shown, denied, page)
	}
}

func TestWhatAClaimForNoReferralTellsIsForThoseWhoPayAndWhoHaveThePlace(t *testing.T) {
	o := newOffice(t)
	for _, id := range []string{"r-00000000000000000000", "made-by-hand"} {
		o.needy(id)
		for who, want := range map[string]string{"commissioner": "all", "provider": "all", "referrer": "none", "data lead": "none"} {
			if got := o.sees(who); got != want {
				t.Errorf("of %s the %s sees %s, want %s", id, who, got, want)
			}
		}
	}
}

func TestTheNeedsInAClaimAreWithheldWhileNobodyKnowsTheRules(t *testing.T) {
	o := newOffice(t)
	o.needy(o.submitted(sorcha + agreed))
	o.Rules.InDoubt.Store(true)
	if got := o.sees("referrer"); got != "none" {
		t.Error(got)
	}
}

func TestEachNeedIsShownByAFieldOfTheReferral(t *testing.T) {
	types := declare(Sources{})
	named := map[string]bool{}
	for _, tells := range needTells {
		named[tells.need] = true
	}
	for _, field := range types.placementNeeds.Fields() {
		if field.Name != "withheld" && !named[field.Name] {
			t.Errorf("nobody has said who may see %s", field.Name)
		}
	}
}
