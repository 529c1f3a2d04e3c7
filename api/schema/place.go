package schema

import (
	"strings"

	"lifeline.scot/api/engine"
	"lifeline.scot/crds/v1alpha1"
)

// declarePlaces declares where services are given.
func (t *types) declarePlaces() {
	t.position = object("Position", "A point on the map (WGS 84).", func() []engine.Field {
		return []engine.Field{
			engine.Get("latitude", "Degrees north.", required(engine.Float),
				func(p v1alpha1.Position) float64 { return float64(p.LatitudeMicrodegrees) / 1e6 }),
			engine.Get("longitude", "Degrees east; west is below zero.", required(engine.Float), longitude),
		}
	})
	t.openingHours = object("OpeningHours", "A stretch of time at which a place is open, on each of some days.", func() []engine.Field {
		return []engine.Field{
			engine.Get("days", "The days.", each(t.weekday), func(o v1alpha1.OpeningHours) []v1alpha1.Weekday { return o.Days }),
			engine.Get("opens", "When it opens.", required(t.clockTime),
				func(o v1alpha1.OpeningHours) v1alpha1.ClockTime { return o.Opens }),
			engine.Get("closes", "When it closes; 24:00 is midnight at the end of the day.", required(t.clockTime),
				func(o v1alpha1.OpeningHours) v1alpha1.ClockTime { return o.Closes }),
		}
	})
	t.location = object("Location", "A place people can go to.", t.locationFields)
}

func (t *types) locationFields() []engine.Field {
	type location = v1alpha1.Location
	return []engine.Field{
		engine.Get("name", "Tells the service's places apart.", required(engine.String),
			func(l location) string { return string(l.Name) }),
		engine.Get("address",
			"The street address without the postcode. Left out where it would put people at risk.", engine.String,
			func(l location) *string { return textOrNull(l.Address) }),
		engine.Get("town", "The town, village or city.", engine.String,
			func(l location) *string { return textOrNull(l.Town) }),
		engine.Get("postcode", "The postcode.", engine.String, func(l location) *string { return textOrNull(l.Postcode) }),
		engine.Get("postcodeDistrict", "The first half of the postcode.", engine.String, func(l location) *string {
			district, _, _ := strings.Cut(string(l.Postcode), " ")
			return textOrNull(district)
		}),
		engine.Get("councilCode", "The council area it lies in, as a GSS code such as S12000049.", engine.String,
			func(l location) *string { return textOrNull(l.CouncilCode) }),
		engine.Get("position", "Where it is on the map; null when that is not known.", t.position,
			func(l location) *v1alpha1.Position { return l.Position }),
		engine.Get("positionSource", "Where the position comes from.", t.source,
			func(l location) *v1alpha1.Source { return l.PositionSource }),
		engine.Get("stepFree", "Whether a person who uses a wheelchair can get in and about.", required(t.known),
			func(l location) v1alpha1.Known { return knownOr(l.StepFree) }),
		engine.Get("openingHours", "When it is open, in Scottish local time. Empty means that is not known.",
			each(t.openingHours), func(l location) []v1alpha1.OpeningHours { return l.OpeningHours }).Sized(mostOpeningHours),
	}
}

func longitude(p v1alpha1.Position) float64 {
	if p.LongitudeMicrodegrees == nil {
		return 0
	}
	return float64(*p.LongitudeMicrodegrees) / 1e6
}

// textOrNull is null for an optional text that nobody filled in.
func textOrNull[T ~string](text T) *string {
	if text == "" {
		return nil
	}
	plain := string(text)
	return &plain
}

// knownOr is Unknown where nobody has said.
func knownOr(k v1alpha1.Known) v1alpha1.Known {
	if k == "" {
		return v1alpha1.KnownUnknown
	}
	return k
}
