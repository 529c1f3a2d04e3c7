package pages

import (
	"slices"
	"strings"

	"lifeline.scot/crds/v1alpha1"
)

// forWhom says whom a pool's places fit, and apart from that what is not known. What is not known is never said as no.
func (s speaker) forWhom(pool *v1alpha1.CapacityPool) (known []string, unknown string) {
	features := pool.Spec.Features
	if features == nil {
		return nil, s.say("for.not-known")
	}
	var missing []string
	if gender := s.gender(features.Genders); gender != "" {
		known = append(known, gender)
	} else {
		missing = append(missing, s.say("for.unknown.gender"))
	}
	if ages := s.ages(features); ages != "" {
		known = append(known, ages)
	}
	for _, feature := range featuresOf(features) {
		if feature.answer == v1alpha1.KnownYes || feature.answer == v1alpha1.KnownNo {
			known = append(known, s.feature(feature, features))
		} else {
			missing = append(missing, s.say("for.unknown."+feature.need))
		}
	}
	switch {
	case len(missing) == 0 || pool.Spec.Kind == v1alpha1.PoolDevice:
		return known, ""
	case len(known) == 0:
		return nil, s.say("for.not-known")
	default:
		return known, s.say("for.unknown", "list", s.list(missing))
	}
}

// feature is one need and whether a pool's places meet it.
type feature struct {
	need   string
	answer v1alpha1.Known
}

func featuresOf(f *v1alpha1.Features) []feature {
	return []feature{
		{needChildren, f.Children},
		{needStepFree, f.StepFree},
		{needDetox, f.DetoxOnSite},
		{needStayingOnMAT, f.StayingOnMAT},
	}
}

func (s speaker) feature(f feature, features *v1alpha1.Features) string {
	if f.need == needChildren && f.answer == v1alpha1.KnownYes && features.MaximumChildren > 0 {
		return s.count("for.children.Yes.max", int(features.MaximumChildren))
	}
	return s.say("for." + f.need + "." + string(f.answer))
}

func (s speaker) gender(genders []v1alpha1.Gender) string {
	switch {
	case len(genders) == 0:
		return ""
	case slices.Contains(genders, v1alpha1.GenderAny):
		return s.say("for.AnyGender")
	case len(genders) > 1:
		return s.say("for.both")
	default:
		return s.say("for." + strings.TrimSpace(string(genders[0])))
	}
}

func (s speaker) ages(f *v1alpha1.Features) string {
	from, to := f.MinimumAgeYears, f.MaximumAgeYears
	switch {
	case from != nil && to != nil:
		return s.say("for.age.between", "from", *from, "to", *to)
	case from != nil:
		return s.say("for.age.from", "from", *from)
	case to != nil:
		return s.say("for.age.to", "to", *to)
	default:
		return ""
	}
}
