package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/geography"
	"lifeline.scot/crds/v1alpha1"
)

// inputs are what clients send.
type inputs struct{ near, audienceFilter, serviceFilter, needs, poolFilter *engine.Input }

// Bounds of what clients send.
const (
	longestText     = 200
	usualRadiusKm   = 25.0
	largestRadiusKm = 500.0
	oldestAgeYears  = 120
	mostChildren    = 12
)

func newInputs(e enums) inputs {
	i := inputs{}
	i.near = &engine.Input{
		Name:        "Near",
		Description: "A circle on the map: around a point, or around the approximate middle of a postcode district.",
		Fields: []engine.Argument{
			{
				Name: "latitude", Description: "Degrees north. Give latitude and longitude, or postcodeDistrict.",
				Type: engine.Float,
			},
			{Name: "longitude", Description: "Degrees east; west is below zero.", Type: engine.Float},
			{
				Name: "postcodeDistrict",
				Description: "The first half of a postcode, such as G4. Distances are measured from the approximate " +
					"middle of the district, which may be some kilometres out. Of a whole postcode only the first half is read.",
				Type: engine.String,
			},
			{
				Name:        "radiusKm",
				Description: "How far from there, in kilometres in a straight line, above 0 and up to 500.",
				Type:        engine.Float, Default: usualRadiusKm,
			},
		},
	}
	i.audienceFilter = &engine.Input{
		Name:        "AudienceFilter",
		Description: "Whom a service is for. Services that do not say are found too: they are not known to be limited. Groups are found only where they are named.",
		Fields: []engine.Argument{
			{Name: "gender", Description: "For people of this gender.", Type: e.gender},
			{Name: "ageYears", Description: "For people of this age, in years.", Type: engine.Int},
			{Name: "groups", Description: "Made for any of these groups.", Type: some(e.group)},
		},
	}
	i.serviceFilter = i.ofServices(e)
	i.needs = &engine.Input{
		Name:        "Needs",
		Description: "What one person needs of a place. What is not known does not meet a need.",
		Fields: []engine.Argument{
			{Name: "gender", Description: "The places take people of this gender.", Type: e.gender},
			{
				Name: "ageYears",
				Description: "The places take people of this age, in years. A limit that is not stated is " +
					"no limit.", Type: engine.Int,
			},
			{Name: "children", Description: "So many children can come too, 0 to 12.", Type: engine.Int},
			{Name: "stepFree", Description: "True: a person who uses a wheelchair can live there.", Type: engine.Boolean},
			{Name: "detoxOnSite", Description: "True: detox is given in the same place.", Type: engine.Boolean},
			{
				Name: "stayingOnMAT", Description: "True: people can stay on medication assisted treatment (MAT).",
				Type: engine.Boolean,
			},
		},
	}
	i.poolFilter = &engine.Input{
		Name:        "CapacityPoolFilter",
		Description: "Which places to find. Each field narrows the search, an empty list does not; what is closed is left out unless operations ask for it.",
		Fields: []engine.Argument{
			{Name: "kinds", Description: "Of any of these kinds.", Type: some(e.poolKind)},
			{Name: "partnerships", Description: "Of any of these ADPs, by name.", Type: some(engine.String)},
			{Name: "needs", Description: "Known to meet these needs.", Type: i.needs},
			{Name: "freeNow", Description: "True: with a place known to be free now. False asks nothing, as if left out.", Type: engine.Boolean},
			{Name: "trust", Description: "Whose count can be relied on so far.", Type: some(e.trust)},
			{
				Name: "operations", Description: "Where operation is one of these. Default: all but CLOSED.",
				Type: some(e.operation),
			},
		},
	}
	return i
}

func (i inputs) ofServices(e enums) *engine.Input {
	return &engine.Input{
		Name:        "SupportServiceFilter",
		Description: "Which services to find. Each field narrows the search, an empty list does not; what has closed is left out unless operations ask for it.",
		Fields: []engine.Argument{
			{Name: "types", Description: "Offering any of these.", Type: some(e.serviceType)},
			{Name: "partnerships", Description: "Of any of these ADPs, by name.", Type: some(engine.String)},
			{Name: "providers", Description: "Run by any of these organisations, by name.", Type: some(engine.String)},
			{
				Name: "text",
				Description: "With every one of these words in names, summary, towns, postcode districts, " +
					"types, provider or ADP. The last may be the beginning of a word; capitals and " +
					"accents make no difference.", Type: engine.String,
			},
			{Name: "audience", Description: "For these people.", Type: i.audienceFilter},
			{Name: "substances", Description: "Helping with any of these.", Type: some(e.substance)},
			{Name: "acceptingNow", Description: "True: accepting is YES. False asks nothing, as if left out.", Type: engine.Boolean},
			{
				Name: "matStandards",
				Description: "Delivering every one of these MAT (medication assisted treatment) standards, " +
					"1 to 10.", Type: some(engine.Int),
			},
			{
				Name: "operations", Description: "Where operation is one of these. Default: all but CLOSED.",
				Type: some(e.operation),
			},
		},
	}
}

// serviceFilter reads the arguments of a search for services.
func serviceFilter(args engine.Args) (directory.ServiceFilter, error) {
	in, _ := args.Input("filter")
	filter := directory.ServiceFilter{
		Types:        engine.ListOf[v1alpha1.ServiceType](in, "types"),
		Partnerships: in.Strings("partnerships"),
		Providers:    in.Strings("providers"),
		Substances:   engine.ListOf[v1alpha1.Substance](in, "substances"),
		MATStandards: in.Ints("matStandards"),
		Operations:   engine.ListOf[v1alpha1.Operation](in, "operations"),
	}
	if accepting, _ := in.Boolean("acceptingNow"); accepting {
		filter.Accepting = []v1alpha1.Known{v1alpha1.KnownYes}
	}
	filter.Text, _ = in.String("text")
	if utf8.RuneCountInString(filter.Text) > longestText {
		return filter, badArgument("text", fmt.Sprintf("Search for at most %d characters.", longestText))
	}
	if strings.TrimSpace(filter.Text) != "" && !directory.HasWords(filter.Text) {
		return filter, badArgument("text", "Search for a word: letters or digits.")
	}
	for _, standard := range filter.MATStandards {
		if standard < 1 || standard > 10 {
			return filter, badArgument("matStandards", "The MAT standards have the numbers 1 to 10.")
		}
	}
	audience, _ := in.Input("audience")
	filter.Gender, _ = engine.ArgOf[v1alpha1.Gender](audience, "gender")
	filter.Groups = engine.ListOf[v1alpha1.AudienceGroup](audience, "groups")
	var err error
	filter.AgeYears, err = age(audience)
	return filter, err
}

func age(args engine.Args) (*int, error) {
	years, given := args.Int("ageYears")
	if !given {
		return nil, nil //nolint:nilnil // no age is no error
	}
	if years < 0 || years > oldestAgeYears {
		return nil, badArgument("ageYears", fmt.Sprintf("Give an age from 0 to %d years.", oldestAgeYears))
	}
	return &years, nil
}

// poolFilter reads the arguments of a search for pools.
func poolFilter(args engine.Args) (directory.PoolFilter, error) {
	in, _ := args.Input("filter")
	filter := directory.PoolFilter{
		Kinds:        engine.ListOf[v1alpha1.PoolKind](in, "kinds"),
		Partnerships: in.Strings("partnerships"),
		Trust:        engine.ListOf[v1alpha1.Trust](in, "trust"),
		Operations:   engine.ListOf[v1alpha1.Operation](in, "operations"),
	}
	if free, _ := in.Boolean("freeNow"); free {
		filter.FreePlaces = 1
	}
	needs, _ := in.Input("needs")
	n := &filter.Needs
	n.Gender, _ = engine.ArgOf[v1alpha1.Gender](needs, "gender")
	n.Children, _ = needs.Int("children")
	n.StepFree, _ = needs.Boolean("stepFree")
	n.DetoxOnSite, _ = needs.Boolean("detoxOnSite")
	n.StayingOnMAT, _ = needs.Boolean("stayingOnMAT")
	if n.Children < 0 || n.Children > mostChildren {
		return filter, badArgument("children", fmt.Sprintf("Give a number of children from 0 to %d.", mostChildren))
	}
	var err error
	n.AgeYears, err = age(needs)
	return filter, err
}

// near reads the circle of a search; nil if there is none.
func (t *types) circle(args engine.Args) (*directory.Near, error) {
	in, given := args.Input("near")
	if !given {
		return nil, nil //nolint:nilnil // no circle is no error
	}
	radius, _ := in.Float("radiusKm")
	if !(radius > 0 && radius <= largestRadiusKm) {
		return nil, badArgument("radiusKm", fmt.Sprintf("Give a radius above 0 and up to %.0f kilometres.", largestRadiusKm))
	}
	centre, err := t.centre(in)
	if err != nil {
		return nil, err
	}
	return &directory.Near{Point: centre, Metres: radius * 1000}, nil
}

func (t *types) centre(in engine.Args) (geography.Point, error) {
	latitude, hasLatitude := in.Float("latitude")
	longitude, hasLongitude := in.Float("longitude")
	text, hasDistrict := in.String("postcodeDistrict")
	switch {
	case hasDistrict && !hasLatitude && !hasLongitude:
		return t.districtCentre(text)
	case hasDistrict || !hasLatitude || !hasLongitude:
		return geography.Point{}, badArgument("near", "Give latitude and longitude, or postcodeDistrict alone.")
	case !(latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180):
		return geography.Point{}, badArgument("near",
			"Latitude lies between -90 and 90 degrees, longitude between -180 and 180.")
	}
	return geography.Point{Latitude: latitude, Longitude: longitude}, nil
}

func (t *types) districtCentre(text string) (geography.Point, error) {
	code, ok := geography.OutwardCode(text)
	if !ok {
		return geography.Point{}, badArgument("postcodeDistrict", "Give the first half of a postcode, such as G4.")
	}
	district, ok := t.sources.Districts.Find(code)
	if !ok {
		return geography.Point{}, problem(CodeUnknownDistrict,
			"Where the postcode district "+code+" lies is not known. Check it, or give latitude and longitude.")
	}
	return district.Centre, nil
}
