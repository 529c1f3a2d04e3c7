package schema

import (
	"time"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// poolOf is a pool with its figures, worked out once.
type poolOf = of[*directory.Pool]

func (t *types) declarePools() {
	t.declareFigures()
	t.features = object("Features", "Whom a place fits. What is UNKNOWN is not a no, nor a yes.", t.featureFields)
	t.claimableBy = object("ClaimableBy", "Which ADPs may have a person placed.", func() []engine.Field {
		return []engine.Field{
			engine.Get("scope", "Whose people may be placed.", required(t.claimScope), claimScope),
			engine.Get("partnerships",
				"The ADPs that may, besides the one that owns the places. Only with scope SELECTED.",
				each(t.partnership), claimants).Sized(mostClaimants),
		}
	})
	t.capacityPool = object("CapacityPool", "A number of like places in one service: beds, family units, day places or phones. Four numbers say what is there; free is staffed less occupied less held.", func() []engine.Field {
		return append(append(t.poolIdentity(), t.poolFigures()...), t.poolTerms()...)
	}, t.nodeInterface)
}

func (t *types) featureFields() []engine.Field {
	type features = v1alpha1.Features
	return []engine.Field{
		engine.Get("genders", "Whom the places are for. Empty means that is not known.", each(t.gender),
			func(f features) []v1alpha1.Gender { return f.Genders }),
		engine.Get("minimumAgeYears", "The youngest age taken, in years.", engine.Int,
			func(f features) *int32 { return f.MinimumAgeYears }),
		engine.Get("maximumAgeYears", "The oldest age taken, in years.", engine.Int,
			func(f features) *int32 { return f.MaximumAgeYears }),
		engine.Get("children", "Whether a parent's children can come too.", required(t.known),
			func(f features) v1alpha1.Known { return knownOr(f.Children) }),
		engine.Get("maximumChildren", "How many children one place has room for; null when that is not known.", engine.Int, func(f features) *int32 {
			if f.MaximumChildren == 0 {
				return nil
			}
			return &f.MaximumChildren
		}),
		engine.Get("stepFree", "Whether a person who uses a wheelchair can live there.", required(t.known),
			func(f features) v1alpha1.Known { return knownOr(f.StepFree) }),
		engine.Get("detoxOnSite", "Whether detox is given in the same place.", required(t.known),
			func(f features) v1alpha1.Known { return knownOr(f.DetoxOnSite) }),
		engine.Get("stayingOnMAT", "Whether people can stay on medication assisted treatment (MAT) while there.",
			required(t.known), func(f features) v1alpha1.Known { return knownOr(f.StayingOnMAT) }),
	}
}

func (t *types) poolIdentity() []engine.Field {
	return []engine.Field{
		engine.Get("id", idDescription, required(engine.ID), func(p poolOf) string { return p.it.ID }),
		engine.Get("name", "Its name within its ADP, for addresses.", required(engine.String),
			func(p poolOf) string { return p.it.Name }),
		engine.Get("displayName", "The name that tells it from others of its service.", required(engine.String),
			func(p poolOf) string { return p.it.Spec.DisplayName }),
		engine.Get("kind", "What one place is.", required(t.poolKind),
			func(p poolOf) v1alpha1.PoolKind { return p.it.Spec.Kind }),
		engine.Get("operation", "Whether the places are in use at all. Also places that are OPEN cannot be offered while their service is not: see free.", t.operation,
			func(p poolOf) v1alpha1.Operation { return p.it.Spec.Operation }),
		engine.Get("service", "The service the places belong to; null if it is not in the directory.",
			t.supportService, func(p poolOf) *of[*directory.Service] {
				return pointerTo(p.view, p.view.ServiceOf(p.it))
			}),
		engine.Get("partnership", "The ADP that lists them.", t.partnership,
			func(p poolOf) *of[*directory.Partnership] { return partnershipOf(p.view, p.it.Partnership) }),
		engine.Get("provider", "The organisation that runs the service; null if it is not in the directory.",
			t.partner, provider),
	}
}

func provider(p poolOf) *of[*directory.Partner] {
	service := p.view.ServiceOf(p.it)
	if service == nil {
		return nil
	}
	return pointerTo(p.view, p.view.Provider(service))
}

func (t *types) poolFigures() []engine.Field {
	number := func(name, description string, pick func(capacity.PublicFigures) capacity.Cell) engine.Field {
		return engine.Get(name, description, required(t.figure),
			func(p poolOf) figureOf { return figureOf{pick(current(p))} })
	}
	return []engine.Field{
		number("registered",
			"Places the regulator allows or, where that is not published, the provider's own maximum. See "+
				"registration for its source.", func(f capacity.PublicFigures) capacity.Cell { return f.Registered }),
		engine.Get("registration", "The registered number with its source; null when no source gives one.",
			t.publishedPlaces, func(p poolOf) *v1alpha1.PlacesFigure { return p.it.Spec.Registered }),
		engine.Get("otherFigures", "Published numbers that differ from registered.", each(t.publishedPlaces),
			func(p poolOf) []v1alpha1.PlacesFigure { return p.it.Spec.OtherFigures }).Sized(mostOtherFigures),
		number("staffed", "Places open now, whether or not somebody is in them.",
			func(f capacity.PublicFigures) capacity.Cell { return f.Staffed }),
		number("occupied", "Places with somebody in them.", func(f capacity.PublicFigures) capacity.Cell {
			return f.Occupied
		}),
		number("held", "Places promised to somebody who has not arrived yet.",
			func(f capacity.PublicFigures) capacity.Cell { return f.Held }),
		number("free", "Places free now: staffed less occupied less held, never below zero. NOT_APPLICABLE where places "+
			"cannot be offered: they are not open, their service is not, or the organisation that runs it is suspended.",
			func(f capacity.PublicFigures) capacity.Cell { return f.Free }),
		engine.Get("lastKnown", "What was counted last, when nobody has confirmed it in time; null otherwise.",
			t.lastKnown, lastKnown),
		engine.Get("trust", "How far the count can be relied on.", required(t.trust),
			func(p poolOf) v1alpha1.Trust { return p.view.Figures(p.it).Trust }),
		engine.Get("confirmedTime", "The moment of the count; null if nobody has counted.", t.dateTime,
			func(p poolOf) time.Time { return p.view.Figures(p.it).ConfirmedTime }),
		engine.Get("confirmedAgeSeconds", "How long ago that was, in seconds.", engine.Int, confirmedAge),
		engine.Get("confirmedBy", "The name of the organisation that counted.", engine.String,
			func(p poolOf) *string { return organisation(p.view, p.it.Status.ConfirmedBy) }),
		engine.Get("provenance",
			"Whether the count is one, or is invented for a demonstration; null if nobody has counted.",
			t.countProvenance, countProvenance),
	}
}

// current are the pool's public figures at the view's moment. A count nobody has confirmed in time is not known: what it
// was is in lastKnown.
func current(p poolOf) capacity.PublicFigures {
	figures := p.view.Figures(p.it)
	public := figures.Public()
	if figures.InDoubt() {
		public.Staffed, public.Occupied, public.Held = capacity.Cell{}, capacity.Cell{}, capacity.Cell{}
	}
	return public
}

func lastKnown(p poolOf) *capacity.PublicFigures {
	figures := p.view.Figures(p.it)
	if figures.Count == nil || !figures.InDoubt() {
		return nil
	}
	public := figures.Public()
	return &public
}

func confirmedAge(p poolOf) *int64 {
	figures := p.view.Figures(p.it)
	if figures.ConfirmedTime.IsZero() {
		return nil
	}
	seconds := max(0, int64(p.view.Now().Sub(figures.ConfirmedTime)/time.Second))
	return &seconds
}

func countProvenance(p poolOf) v1alpha1.CountProvenance {
	if p.it.Status.Staffed == nil {
		return ""
	}
	if p.view.Figures(p.it).Illustrative {
		return v1alpha1.CountIllustrative
	}
	return v1alpha1.CountCounted
}

func (t *types) poolTerms() []engine.Field {
	return []engine.Field{
		engine.Get("features", "Whom a place fits; null when nobody has said.", t.features,
			func(p poolOf) *v1alpha1.Features { return p.it.Spec.Features }),
		engine.Get("claimableBy", "Which ADPs may have a person placed.", required(t.claimableBy),
			func(p poolOf) poolOf { return p }),
		engine.Get("holdPeriodSeconds",
			"How long a place is held for a person before it is offered to the next, in seconds.",
			required(engine.Int), func(p poolOf) int32 { return p.it.Spec.HoldPeriodSeconds }),
		engine.Get("confirmEverySeconds", "How often the count must be confirmed, in seconds.",
			required(engine.Int), func(p poolOf) int32 { return p.it.Spec.ConfirmEverySeconds }),
	}
}

func claimScope(p poolOf) v1alpha1.ClaimScope {
	if p.it.Spec.ClaimableBy == nil {
		return v1alpha1.ClaimPartnership
	}
	return p.it.Spec.ClaimableBy.Scope
}

// claimants are the ADPs listed that are in the directory.
func claimants(p poolOf) []of[*directory.Partnership] {
	if p.it.Spec.ClaimableBy == nil {
		return nil
	}
	var found []of[*directory.Partnership]
	for _, name := range p.it.Spec.ClaimableBy.Partnerships {
		if partnership, ok := p.view.Partnership(string(name)); ok {
			found = append(found, of[*directory.Partnership]{p.view, partnership})
		}
	}
	return found
}
