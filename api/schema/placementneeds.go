package schema

import (
	"slices"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/record"
	"lifeline.scot/crds/v1alpha1"
)

// needsSeen are the needs in a claim, and which of them may be seen.
type needsSeen struct {
	v1alpha1.PlacementNeeds

	seen casework.NeedsSeen
}

func needsOfClaim(c claimOf) needsSeen {
	n := needsSeen{seen: c.it.needs}
	if c.it.Spec.Needs != nil {
		n.PlacementNeeds = *c.it.Spec.Needs
	}
	return n
}

// needTells is, for each need by its name in the schema, the field of a referral that has to be shown to whoever is shown
// the need.
var needTells = []struct {
	need string
	like record.Field
}{
	{"gender", record.Gender},
	{"singleGender", record.Gender},
	{"ageYears", record.DateOfBirth},
	{"children", record.Dependants},
	{"stepFree", record.Housing},
	{"detoxOnSite", record.Substances},
	{"stayingOnMAT", record.OSTStatus},
	{"language", record.Locality},
}

// shows reports whether a need may be seen. One that nobody has put in the table may not.
func (n needsSeen) shows(need string) bool {
	for _, tells := range needTells {
		if tells.need == need {
			return len(n.seen.Of(tells.like)) == 0
		}
	}
	return false
}

// withheldNeed is a need that may not be seen.
type withheldNeed struct {
	need string
	why  []string
}

func (n needsSeen) withheld() []withheldNeed {
	var all []withheldNeed
	for _, tells := range needTells {
		if why := n.seen.Of(tells.like); len(why) > 0 {
			all = append(all, withheldNeed{tells.need, why})
		}
	}
	return all
}

// needField declares a need that is null unless it may be seen.
func needField[V any](name, description string, of engine.Type, pick func(needsSeen) *V) engine.Field {
	return engine.Get(name, description, of, func(n needsSeen) *V {
		if !n.shows(name) {
			return nil
		}
		return pick(n)
	})
}

func (t *types) needsFields() []engine.Field {
	need := func(name, description string, pick func(needsSeen) v1alpha1.Need) engine.Field {
		return needField(name, description+"; null when it is withheld.", engine.Boolean, func(n needsSeen) *bool {
			required := pick(n) == v1alpha1.NeedRequired
			return &required
		})
	}
	return []engine.Field{
		needField("gender", "Whom the place must be for; null when that was not said.", t.gender,
			func(n needsSeen) *v1alpha1.Gender { return orNull(n.Gender) }),
		need("singleGender", "Whether it must be for that gender alone", func(n needsSeen) v1alpha1.Need { return n.SingleGender }),
		needField("ageYears", "The age of the person, in years; null when that was not said.", engine.Int,
			func(n needsSeen) *int32 { return n.AgeYears }),
		needField("children", "How many children come along; null when it is withheld.", engine.Int,
			func(n needsSeen) *int32 { return &n.Children }),
		need("stepFree", "Whether a person who uses a wheelchair must be able to live there",
			func(n needsSeen) v1alpha1.Need { return n.StepFree }),
		need("detoxOnSite", "Whether detox must be given in the same place",
			func(n needsSeen) v1alpha1.Need { return n.DetoxOnSite }),
		need("stayingOnMAT", "Whether the person must be able to stay on medication assisted treatment (MAT)",
			func(n needsSeen) v1alpha1.Need { return n.StayingOnMAT }),
		needField("language", "The language the support must be given in, as a code such as pl; null for English.", engine.String,
			func(n needsSeen) *string { return orNull(n.Language) }),
		engine.Get("withheld", "Those that are not for you to see, whether or not they were said.", each(t.withheldNeed),
			needsSeen.withheld).Sized(len(needTells)),
	}
}

func (t *types) withheldNeedFields() []engine.Field {
	return []engine.Field{
		engine.Get("need", "Its name in PlacementNeeds.", required(engine.String), func(w withheldNeed) string { return w.need }),
		engine.Get("reasons", "Why it is withheld.", each(t.sharingReason), func(w withheldNeed) []reason { return reasonsOf(w.why) }).
			Sized(mostReasonsGiven),
	}
}

// reasonTells is, for each reason that tells what a person needs, the need. The others tell of pools, money and turns alone.
var reasonTells = map[v1alpha1.WaitingReason]string{
	v1alpha1.WaitingGenderNotTaken: "gender", v1alpha1.WaitingGenderNotKnown: "gender",
	v1alpha1.WaitingNotSingleGender:  "singleGender",
	v1alpha1.WaitingAgeNotTaken:      "ageYears",
	v1alpha1.WaitingChildrenNotTaken: "children", v1alpha1.WaitingChildrenNotKnown: "children",
	v1alpha1.WaitingTooManyChildren: "children",
	v1alpha1.WaitingNotStepFree:     "stepFree", v1alpha1.WaitingStepFreeNotKnown: "stepFree",
	v1alpha1.WaitingNoDetoxOnSite: "detoxOnSite", v1alpha1.WaitingDetoxOnSiteNotKnown: "detoxOnSite",
	v1alpha1.WaitingNoStayingOnMAT: "stayingOnMAT", v1alpha1.WaitingStayingOnMATNotKnown: "stayingOnMAT",
	v1alpha1.WaitingLanguageNotSpoken: "language", v1alpha1.WaitingLanguageNotKnown: "language",
}

// waitingForOf are the reasons why a claim waits, as far as they may be seen.
func waitingForOf(c claimOf) []v1alpha1.WaitingCount {
	needs := needsOfClaim(c)
	return slices.DeleteFunc(slices.Clone(c.it.Status.WaitingFor), func(w v1alpha1.WaitingCount) bool {
		need, tells := reasonTells[w.Reason]
		return tells && !needs.shows(need)
	})
}

// explains reports whether the explanation of a claim may be seen: it says the reasons in words, so nothing more than these.
func explains(c claimOf) bool { return len(waitingForOf(c)) == len(c.it.Status.WaitingFor) }
