package unmet

import (
	"testing"

	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// The need of a row is the one that the reason is about; of a claim whose reason is about nothing it needs, it is the claim's
// only need, or None, or Several.
func TestAClaimCountsForOneNeed(t *testing.T) {
	years := int32(17)
	all := v1alpha1.PlacementNeeds{
		Gender: v1alpha1.GenderWomen, AgeYears: &years, Children: 1, StepFree: v1alpha1.NeedRequired,
		DetoxOnSite: v1alpha1.NeedRequired, StayingOnMAT: v1alpha1.NeedRequired, Language: "pl",
	}
	single := all
	single.SingleGender = v1alpha1.NeedRequired
	language := &v1alpha1.PlacementNeeds{Language: "pl"}
	for _, tc := range []struct {
		name   string
		needs  *v1alpha1.PlacementNeeds
		reason v1alpha1.WaitingReason
		want   v1alpha1.NeedName
	}{
		{"no needs", nil, v1alpha1.WaitingFull, v1alpha1.NeedNone},
		{"no needs, and the reason is about one", nil, v1alpha1.WaitingGenderNotKnown, v1alpha1.NeedNone},
		{"what makes no difference", &v1alpha1.PlacementNeeds{
			Gender: v1alpha1.GenderAny, Language: "en",
		}, v1alpha1.WaitingFull, v1alpha1.NeedNone},
		{"one need", language, v1alpha1.WaitingFundUsedUp, v1alpha1.NeedLanguage},
		{"one need, and the reason is about another", language, v1alpha1.WaitingGenderNotKnown, v1alpha1.NeedLanguage},
		{"one gender alone is one need", &v1alpha1.PlacementNeeds{
			Gender: v1alpha1.GenderMen, SingleGender: v1alpha1.NeedRequired,
		}, v1alpha1.WaitingFull, v1alpha1.NeedSingleGender},
		{"many needs, and the places are taken", &all, v1alpha1.WaitingFull, v1alpha1.NeedSeveral},
		{"many needs, and nobody can pay", &all, v1alpha1.WaitingNoFund, v1alpha1.NeedSeveral},
		{"many needs, and none is a language", func() *v1alpha1.PlacementNeeds {
			n := all
			n.Language = ""
			return &n
		}(), v1alpha1.WaitingLanguageNotSpoken, v1alpha1.NeedSeveral},
		{"gender", &all, v1alpha1.WaitingGenderNotTaken, v1alpha1.NeedGender},
		{"gender not known", &all, v1alpha1.WaitingGenderNotKnown, v1alpha1.NeedGender},
		{"gender, where one alone is needed", &single, v1alpha1.WaitingGenderNotTaken, v1alpha1.NeedSingleGender},
		{"one gender alone", &single, v1alpha1.WaitingNotSingleGender, v1alpha1.NeedSingleGender},
		{"age", &all, v1alpha1.WaitingAgeNotTaken, v1alpha1.NeedAge},
		{"children", &all, v1alpha1.WaitingChildrenNotTaken, v1alpha1.NeedChildren},
		{"children not known", &all, v1alpha1.WaitingChildrenNotKnown, v1alpha1.NeedChildren},
		{"too many children", &all, v1alpha1.WaitingTooManyChildren, v1alpha1.NeedChildren},
		{"step-free", &all, v1alpha1.WaitingNotStepFree, v1alpha1.NeedStepFree},
		{"step-free not known", &all, v1alpha1.WaitingStepFreeNotKnown, v1alpha1.NeedStepFree},
		{"detox", &all, v1alpha1.WaitingNoDetoxOnSite, v1alpha1.NeedDetoxOnSite},
		{"detox not known", &all, v1alpha1.WaitingDetoxOnSiteNotKnown, v1alpha1.NeedDetoxOnSite},
		{"MAT", &all, v1alpha1.WaitingNoStayingOnMAT, v1alpha1.NeedStayingOnMAT},
		{"MAT not known", &all, v1alpha1.WaitingStayingOnMATNotKnown, v1alpha1.NeedStayingOnMAT},
		{"language", &all, v1alpha1.WaitingLanguageNotSpoken, v1alpha1.NeedLanguage},
		{"language not known", &all, v1alpha1.WaitingLanguageNotKnown, v1alpha1.NeedLanguage},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := needOf(tc.needs, tc.reason); got != tc.want {
				t.Errorf("counts for %s, want %s", got, tc.want)
			}
		})
	}
}

// What makes a place unfit for a need is about that need, whatever else is needed: the rules of what fits and those of the
// ledger go together, also when a reason is added.
func TestReasonsAreAboutTheNeedsThatGiveRiseToThem(t *testing.T) {
	years, adult := int32(17), int32(18)
	men := []v1alpha1.Gender{v1alpha1.GenderMen}
	no := v1alpha1.Features{
		Genders: men, MinimumAgeYears: &adult, Children: v1alpha1.KnownNo,
		StepFree: v1alpha1.KnownNo, DetoxOnSite: v1alpha1.KnownNo, StayingOnMAT: v1alpha1.KnownNo,
	}
	for need, needs := range map[v1alpha1.NeedName]v1alpha1.PlacementNeeds{
		v1alpha1.NeedGender:       {Gender: v1alpha1.GenderWomen},
		v1alpha1.NeedSingleGender: {Gender: v1alpha1.GenderWomen, SingleGender: v1alpha1.NeedRequired},
		v1alpha1.NeedAge:          {Gender: v1alpha1.GenderMen, AgeYears: &years},
		v1alpha1.NeedChildren:     {Gender: v1alpha1.GenderMen, Children: 2},
		v1alpha1.NeedStepFree:     {Gender: v1alpha1.GenderMen, StepFree: v1alpha1.NeedRequired},
		v1alpha1.NeedDetoxOnSite:  {Gender: v1alpha1.GenderMen, DetoxOnSite: v1alpha1.NeedRequired},
		v1alpha1.NeedStayingOnMAT: {Gender: v1alpha1.GenderMen, StayingOnMAT: v1alpha1.NeedRequired},
		v1alpha1.NeedLanguage:     {Gender: v1alpha1.GenderMen, Language: "pl"},
	} {
		unfit := 0
		for _, features := range []v1alpha1.Features{
			no,
			{Genders: men},
			{Genders: men, Children: v1alpha1.KnownYes, MaximumChildren: 1},
			{Genders: []v1alpha1.Gender{v1alpha1.GenderAny}},
		} {
			for _, spoken := range [][]string{nil, {"en", "gd"}} {
				pool := &v1alpha1.CapacityPool{}
				pool.Namespace, pool.Spec.Kind, pool.Spec.Features = "adp-fife", v1alpha1.PoolDetox, &features
				pool.Status.Languages = spoken
				request := placement.Request{Partnership: "fife", Kind: v1alpha1.PoolDetox, Needs: needs}
				for _, reason := range placement.Misfits(pool, request) {
					unfit++
					if got := needOf(&needs, reason); got != need {
						t.Errorf("%s, which the need %s met with, counts for %s", reason, need, got)
					}
				}
			}
		}
		if unfit == 0 {
			t.Errorf("every place fits the need %s: the test says nothing", need)
		}
	}
}
