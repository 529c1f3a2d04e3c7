package schema

import (
	"context"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/crds/v1alpha1"
)

func (t *types) declareServices() {
	t.audience = object("Audience", "Whom a service is for. What is null or empty is not known to be limited.",
		t.audienceFields)
	t.access = object("Access", "How to get in.", func() []engine.Field {
		type access = v1alpha1.Access
		return []engine.Field{
			engine.Get("routes", "The ways in. Empty means they are not known.", each(t.route),
				func(a access) []v1alpha1.AccessRoute { return a.Routes }),
			engine.Get("typicalWaitDays", "How long people usually wait from referral to start, in days.",
				engine.Int, func(a access) *int32 { return a.TypicalWaitDays }),
			engine.Get("summary", "How to start, in a sentence or two.", engine.String,
				func(a access) *string { return textOrNull(a.Summary) }),
		}
	})
	t.verification = object("Verification", "The last time somebody checked an entry against the service itself.", func() []engine.Field {
		type service = of[*directory.Service]
		return []engine.Field{
			engine.Get("verifiedTime", "When.", required(t.dateTime),
				func(s service) any { return s.it.Spec.Verification.VerifiedTime }),
			engine.Get("verifiedBy", "The name of the organisation that checked.", required(engine.String),
				func(s service) string { return *organisation(s.view, s.it.Spec.Verification.VerifiedBy) }),
		}
	})
	t.supportService = object("SupportService", "A service for people who use drugs or alcohol, or for those close to them.", func() []engine.Field {
		return append(append(t.serviceIdentity(), t.serviceOffer()...), t.serviceFacts()...)
	}, t.nodeInterface)
}

func (t *types) audienceFields() []engine.Field {
	type audience = v1alpha1.Audience
	return []engine.Field{
		engine.Get("genders", "Whom it is for. Empty means that is not known.", each(t.gender),
			func(a audience) []v1alpha1.Gender { return a.Genders }),
		engine.Get("minimumAgeYears", "The youngest age taken, in years.", engine.Int,
			func(a audience) *int32 { return a.MinimumAgeYears }),
		engine.Get("maximumAgeYears", "The oldest age taken, in years.", engine.Int,
			func(a audience) *int32 { return a.MaximumAgeYears }),
		engine.Get("groups", "The groups it is made for.", each(t.group),
			func(a audience) []v1alpha1.AudienceGroup { return a.Groups }),
		engine.Get("catchment", "From where people are taken.", t.catchment,
			func(a audience) v1alpha1.Catchment { return a.Catchment }),
		engine.Get("summary", "Who can come, in the provider's words.", engine.String,
			func(a audience) *string { return textOrNull(a.Summary) }),
	}
}

func (t *types) serviceIdentity() []engine.Field {
	type service = of[*directory.Service]
	return []engine.Field{
		engine.Get("id", idDescription, required(engine.ID), func(s service) string { return s.it.ID }),
		engine.Get("name", "Its name within its ADP, for addresses.", required(engine.String),
			func(s service) string { return s.it.Name }),
		engine.Get("displayName", "The name people know it by.", required(engine.String),
			func(s service) string { return s.it.Spec.DisplayName }),
		engine.Get("summary", "What it does, in a few plain sentences.", engine.String,
			func(s service) *string { return textOrNull(s.it.Spec.Summary) }),
		engine.Get("partnership", "The ADP that lists it.", t.partnership,
			func(s service) *of[*directory.Partnership] { return partnershipOf(s.view, s.it.Partnership) }),
		engine.Get("provider", "The organisation that runs it; null if it is not in the directory.", t.partner,
			func(s service) *of[*directory.Partner] { return pointerTo(s.view, s.view.Provider(s.it)) }),
	}
}

func partnershipOf(v *directory.View, name string) *of[*directory.Partnership] {
	return pointerTo(v, present(v.Partnership(name)))
}

func (t *types) serviceOffer() []engine.Field {
	type service = of[*directory.Service]
	return []engine.Field{
		engine.Get("types", "What it offers.", each(t.serviceType),
			func(s service) []v1alpha1.ServiceType { return s.it.Spec.Types }),
		engine.Get("operation", "Whether it runs.", t.operation,
			func(s service) v1alpha1.Operation { return s.it.Spec.Operation }),
		engine.Get("closedOn", "The date it closed, for a service that has.", t.partialDate,
			func(s service) v1alpha1.PartialDate { return s.it.Spec.ClosedOn }),
		engine.Get("accepting", "Whether new people are taken on at present. NO, whatever is known otherwise, where the "+
			"service is planned, paused or closed, or the organisation that runs it is suspended; never YES unless it is OPEN.",
			required(t.known),
			func(s service) v1alpha1.Known { return s.it.Accepting() }),
		engine.Get("access", "How to get in; null when nobody has said.", t.access,
			func(s service) *v1alpha1.Access { return s.it.Spec.Access }),
		engine.Get("audience", "Whom it is for; null when nobody has said.", t.audience,
			func(s service) *v1alpha1.Audience { return s.it.Spec.Audience }),
		engine.Get("substances", "What it helps with. Empty means that is not known.", each(t.substance),
			func(s service) []v1alpha1.Substance { return s.it.Spec.Substances }),
		engine.Get("matStandards",
			"The numbers of the MAT (medication assisted treatment) standards it delivers, 1 to 10.",
			each(engine.Int), func(s service) []v1alpha1.MATStandard { return s.it.Spec.MATStandards }),
		engine.Get("locations", "Where it is given. Empty means it comes to people, or its place is not published.",
			each(t.location), func(s service) []v1alpha1.Location { return s.it.Spec.Locations }).Sized(mostLocations),
		engine.Get("contact", "How to reach it.", t.contact, func(s service) *v1alpha1.Contact { return s.it.Spec.Contact }),
		engine.Get("languages",
			"The languages it is given in, as codes such as en, gd, pl. Empty means they are not known.",
			each(engine.String), func(s service) []string { return s.it.Spec.Languages }),
		engine.Resolve("capacityPools", "Its places, by name.", required(t.capacityPools), pageArguments(),
			func(_ context.Context, s service, args engine.Args) (*connection[*directory.Pool], error) {
				return page(s.view, s.view.PoolList(s.it), args)
			}),
	}
}

func (t *types) serviceFacts() []engine.Field {
	type service = of[*directory.Service]
	return []engine.Field{
		engine.Get("careInspectorateNumber", "Its number at the regulator.", engine.String,
			func(s service) *string { return textOrNull(s.it.Spec.CareInspectorateNumber) }),
		engine.Get("verification", "The last time somebody checked this entry; null if nobody has.", t.verification, func(s service) *service {
			if s.it.Spec.Verification == nil {
				return nil
			}
			return &s
		}),
		engine.Get("recentlyVerified", "Whether somebody has checked this entry within its own interval.",
			required(engine.Boolean), func(s service) bool { return s.view.Checked(s.it) }),
		engine.Get("sources", "Where the facts come from.", each(t.source),
			func(s service) []v1alpha1.Source { return s.it.Spec.Sources }).Sized(mostSources),
	}
}
