package schema

import (
	"lifeline.scot/api/engine"
	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// figureOf is a public number.
type figureOf struct{ cell capacity.Cell }

func (f figureOf) value() *int32 {
	value, ok := f.cell.Value()
	if !ok {
		return nil
	}
	return &value
}

func (f figureOf) state() string {
	switch f.cell.State() {
	case capacity.Known:
		return "KNOWN"
	case capacity.Withheld:
		return "WITHHELD_SMALL_NUMBER"
	case capacity.NotApplicable:
		return "NOT_APPLICABLE"
	default:
		return "NOT_KNOWN"
	}
}

// declareFigures declares the numbers of places and people.
func (t *types) declareFigures() {
	t.figure = object("Figure", "A number of places or people, or the reason why there is none to read.", func() []engine.Field {
		return []engine.Field{
			engine.Get("value", "The number; null unless state is KNOWN.", engine.Int, figureOf.value),
			engine.Get("state", "What the figure is.", required(t.figureState), figureOf.state),
		}
	})
	t.publishedPlaces = object("PublishedPlaces", "A number of places, with where it is published. Sources disagree, so the source is part of the number.", func() []engine.Field {
		return []engine.Field{
			engine.Get("places", "The number.", required(engine.Int),
				func(p v1alpha1.PlacesFigure) int32 { return orZero(p.Places) }),
			engine.Get("source", "Where it is published, of what date, and how it came to be known.",
				required(t.source), func(p v1alpha1.PlacesFigure) v1alpha1.Source { return p.Source }),
		}
	})
	t.lastKnown = object("LastKnownFigures", "What was counted last, of places whose count nobody has confirmed in time. Not to be taken for free places.", func() []engine.Field {
		type figures = capacity.PublicFigures
		return []engine.Field{
			engine.Get("staffed", "Places that were open.", required(t.figure),
				func(f figures) figureOf { return figureOf{f.Staffed} }),
			engine.Get("occupied", "Places with somebody in them.", required(t.figure),
				func(f figures) figureOf { return figureOf{f.Occupied} }),
			engine.Get("held", "Places promised to somebody who had not arrived yet.", required(t.figure),
				func(f figures) figureOf { return figureOf{f.Held} }),
			engine.Get("free", "Places that were free.", required(t.figure),
				func(f figures) figureOf { return figureOf{f.LastKnownFree} }),
		}
	})
	t.placeTotals = object("PlaceTotals",
		"Places of one kind that are open and can be offered, added up: those of a service that is not open, or whose "+
			"organisation is suspended, are left out. Kinds are never added together: they are different things.",
		t.totalsFields)
}

func (t *types) totalsFields() []engine.Field {
	type total = capacity.Total
	return []engine.Field{
		engine.Get("kind", "The kind of place.", required(t.poolKind), func(s total) v1alpha1.PoolKind { return s.Kind }),
		engine.Get("pools", "How many pools are open and can be offered.", required(engine.Int), func(s total) int { return s.Pools }),
		engine.Get("unconfirmedPools",
			"How many of them are left out of all numbers but registered, because nobody has confirmed "+
				"their count in time.", required(engine.Int), func(s total) int { return s.UnconfirmedPools }),
		engine.Get("withheldPools",
			"How many more of them are left out of staffed, occupied and held, because their numbers are "+
				"small and withheld.", required(engine.Int), func(s total) int { return s.WithheldPools }),
		engine.Get("unregisteredPools",
			"How many of them are left out of registered, because no source gives a number.", required(engine.Int),
			func(s total) int { return s.UnregisteredPools }),
		engine.Get("illustrativePools", "How many of the counts added up are invented for a demonstration.",
			required(engine.Int), func(s total) int { return s.IllustrativePools }),
		engine.Get("provenance", "ILLUSTRATIVE if any count added up is; null if none was added.",
			t.countProvenance, totalProvenance),
		engine.Get("registered", "Places the regulator allows, or the providers' own maximum.", required(t.figure),
			func(s total) figureOf { return figureOf{s.Registered} }),
		engine.Get("staffed", "Places open now.", required(t.figure), func(s total) figureOf { return figureOf{s.Staffed} }),
		engine.Get("occupied", "Places with somebody in them.", required(t.figure),
			func(s total) figureOf { return figureOf{s.Occupied} }),
		engine.Get("held", "Places promised to somebody who has not arrived yet.", required(t.figure),
			func(s total) figureOf { return figureOf{s.Held} }),
		engine.Get("free", "Places free now: staffed less occupied less held.", required(t.figure),
			func(s total) figureOf { return figureOf{s.Free} }),
	}
}

func totalProvenance(s capacity.Total) v1alpha1.CountProvenance {
	switch {
	case s.IllustrativePools > 0:
		return v1alpha1.CountIllustrative
	case s.Pools > s.UnconfirmedPools:
		return v1alpha1.CountCounted
	default:
		return ""
	}
}

func orZero(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}
