package schema

import (
	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

func (t *types) declareOrganisations() {
	t.council = object("Council", "A council area that an ADP covers.", func() []engine.Field {
		return []engine.Field{
			engine.Get("code", "Its GSS code, such as S12000049.", required(engine.String),
				func(c v1alpha1.CouncilArea) string { return string(c.Code) }),
			engine.Get("name", "Its name.", required(engine.String), func(c v1alpha1.CouncilArea) string { return c.Name }),
		}
	})
	t.healthBoard = object("HealthBoard", "A health board area that an ADP lies in.", func() []engine.Field {
		return []engine.Field{
			engine.Get("code", "Its GSS code, such as S08000031.", required(engine.String),
				func(b v1alpha1.HealthBoardArea) string { return string(b.Code) }),
			engine.Get("name", "Its name.", required(engine.String), func(b v1alpha1.HealthBoardArea) string { return b.Name }),
		}
	})
	t.matRating = object("MATRating", "The published rating of an ADP for one of the ten MAT (medication assisted treatment) standards.", func() []engine.Field {
		return []engine.Field{
			engine.Get("standard", "The number of the standard, 1 to 10.", required(engine.Int),
				func(r v1alpha1.MATRating) int { return int(r.Standard) }),
			engine.Get("value", "The rating.", t.enums.matRating,
				func(r v1alpha1.MATRating) v1alpha1.MATRatingValue { return r.Value }),
			engine.Get("source", "Where the rating is published.", required(t.source),
				func(r v1alpha1.MATRating) v1alpha1.Source { return r.Source }),
		}
	})
	t.identifier = object("Identifier", "A number an authority gave an organisation.", func() []engine.Field {
		return []engine.Field{
			engine.Get("scheme", "Who gave it.", t.identifierScheme,
				func(i v1alpha1.Identifier) v1alpha1.IdentifierScheme { return i.Scheme }),
			engine.Get("value", "The number.", required(engine.String), func(i v1alpha1.Identifier) string { return i.Value }),
		}
	})
	t.partnership = object("Partnership", "An Alcohol and Drug Partnership (ADP): the health board, councils, police and charities of an area, who plan its services together.",
		t.partnershipFields, t.nodeInterface)
	t.partner = object("Partner", "An organisation that provides services or takes part in referrals.",
		t.partnerFields, t.nodeInterface)
}

func (t *types) partnershipFields() []engine.Field {
	type partnership = of[*directory.Partnership]
	return []engine.Field{
		engine.Get("id", idDescription, required(engine.ID), func(p partnership) string { return p.it.ID }),
		engine.Get("name", "Its name in the directory, for filters and addresses.", required(engine.String),
			func(p partnership) string { return p.it.Name }),
		engine.Get("displayName", "The name people know it by.", required(engine.String),
			func(p partnership) string { return p.it.Spec.DisplayName }),
		engine.Get("councils", "The council areas it covers. A council area may be covered by several ADPs.",
			each(t.council), func(p partnership) []v1alpha1.CouncilArea { return p.it.Spec.Councils }).Sized(mostCouncils),
		engine.Get("healthBoards", "The health board areas it lies in.", each(t.healthBoard),
			func(p partnership) []v1alpha1.HealthBoardArea { return p.it.Spec.HealthBoards }).Sized(mostHealthBoards),
		engine.Get("contact", "How to reach it.", t.contact,
			func(p partnership) *v1alpha1.Contact { return p.it.Spec.Contact }),
		engine.Get("matRatings", "Its published ratings for the MAT standards.", each(t.matRating),
			func(p partnership) []v1alpha1.MATRating { return p.it.Spec.MATRatings }).Sized(mostMATRatings),
		engine.Get("totals", "Its open places, kind by kind.", each(t.placeTotals),
			func(p partnership) []capacity.Total { return p.view.Totals(p.it.Name) }).Sized(mostKinds),
		servicesField(t, "Services in its area.", func(p partnership) (*directory.View, string) { return p.view, p.it.Name }).Costing(searchInArea),
		poolsField(t, "Places in its area.", func(p partnership) (*directory.View, string) { return p.view, p.it.Name }).Costing(searchInArea),
		engine.Get("sources", "Where the facts come from.", each(t.source),
			func(p partnership) []v1alpha1.Source { return p.it.Spec.Sources }).Sized(mostSources),
	}
}

func (t *types) partnerFields() []engine.Field {
	type partner = of[*directory.Partner]
	return []engine.Field{
		engine.Get("id", idDescription, required(engine.ID), func(p partner) string { return p.it.ID }),
		engine.Get("name", "Its name in the directory, for filters and addresses.", required(engine.String),
			func(p partner) string { return p.it.Name }),
		engine.Get("displayName", "The name people know it by.", required(engine.String),
			func(p partner) string { return p.it.Spec.DisplayName }),
		engine.Get("sector", "What sort of organisation it is; null when that is not known.", t.sector,
			func(p partner) v1alpha1.Sector { return p.it.Spec.Sector }),
		engine.Get("participation", "Whether it takes part.", t.participation,
			func(p partner) v1alpha1.Participation { return p.it.Spec.Participation }),
		engine.Get("identifiers", "Numbers that authorities gave it.", each(t.identifier),
			func(p partner) []v1alpha1.Identifier { return p.it.Spec.Identifiers }).Sized(mostIdentifiers),
		engine.Get("contact", "How to reach it.", t.contact, func(p partner) *v1alpha1.Contact { return p.it.Spec.Contact }),
		engine.Get("sources", "Where the facts come from.", each(t.source),
			func(p partner) []v1alpha1.Source { return p.it.Spec.Sources }).Sized(mostSources),
	}
}

// organisation is the name people know a Partner or Partnership by; its name in the directory if it is in it no more.
func organisation(v *directory.View, name v1alpha1.ObjectName) *string {
	if name == "" {
		return nil
	}
	title := string(name)
	if partner, ok := v.Partner(title); ok {
		title = partner.Spec.DisplayName
	} else if partnership, ok := v.Partnership(title); ok {
		title = partnership.Spec.DisplayName
	}
	return &title
}
