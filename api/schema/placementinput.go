package schema

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/engine"
	"lifeline.scot/crds/v1alpha1"
)

// mostPools is how many pools a claim names at most.
const mostPools = 16

// longestStayDays is the longest expected length of a stay.
const longestStayDays = 730

// placementInputs are what clients send about claims.
type placementInputs struct{ placementPool, placementNeedsInput *engine.Input }

func newPlacementInputs(e enums) placementInputs {
	need := func(name, description string) engine.Argument {
		return engine.Argument{Name: name, Description: description, Type: engine.Boolean, Default: false}
	}
	return placementInputs{
		placementPool: &engine.Input{Name: "PlacementPoolInput", Description: "Names a capacity pool.", Fields: inPartnership("capacity pool")},
		placementNeedsInput: &engine.Input{
			Name: "PlacementNeedsInput", Description: "What a place must be like to fit. What is left out makes no difference.",
			Fields: []engine.Argument{
				{
					Name: "gender", Description: "Whom the place must be for. Left out: places that are only for women, or only for men, " +
						"are not offered.", Type: e.gender,
				},
				need("singleGender", "The place must be for that gender alone. Needs gender."),
				{Name: "ageYears", Description: "The age of the person, in years, 0 to 120.", Type: engine.Int},
				{Name: "children", Description: "How many children come along, 0 to 12.", Type: engine.Int, Default: 0},
				need("stepFree", "A person who uses a wheelchair must be able to live there."),
				need("detoxOnSite", "Detox must be given in the same place."),
				need("stayingOnMAT", "The person must be able to stay on medication assisted treatment (MAT)."),
				{
					Name: "language", Description: "The language the support must be given in, as a two- or three-letter code such as pl.",
					Type: engine.String,
				},
			},
		},
	}
}

// requestInput is what says what place is needed.
func (t *types) requestInput() []engine.Argument {
	return []engine.Argument{
		{Name: "kind", Description: "The kind of place.", Type: required(t.poolKind)},
		{Name: "needs", Description: "What the place must be like.", Type: t.placementNeedsInput},
		{Name: "pools", Description: "The pools that will do, the best first, at most 16. Left out: any that fits.", Type: some(t.placementPool)},
		{Name: "fundRoute", Description: "How the place is to be paid for. Left out: nobody has to pay.", Type: t.fundRoute},
	}
}

// placeInput is what says what place is needed, when, and how pressing it is.
func (t *types) placeInput() []engine.Argument {
	return append([]engine.Argument{
		{Name: "priority", Description: "How pressing it is.", Type: t.priority, Default: v1alpha1.PriorityRoutine},
		{
			Name: "notBeforeTime", Description: "The earliest moment a place can be used, such as a liberation date, at most two years " +
				"ahead. No place is held before it.", Type: t.dateTime,
		},
		{Name: "expectedLengthDays", Description: "How long the stay is expected to last, 1 to 730 days.", Type: engine.Int},
	}, t.requestInput()...)
}

// placeIn reads what placeInput says.
func placeIn(in engine.Args) (v1alpha1.PlacementSpec, error) {
	spec, err := specOf(in)
	if err != nil {
		return spec, err
	}
	spec.Priority, _ = engine.ArgOf[v1alpha1.PlacementPriority](in, "priority")
	spec.NotBeforeTime = instantIn(in, "notBeforeTime")
	if days, given := in.Int("expectedLengthDays"); given {
		if days < 1 || days > longestStayDays {
			return spec, badArgument("expectedLengthDays", "expectedLengthDays is a number of days, 1 to 730.")
		}
		spec.ExpectedLengthDays = int32(days)
	}
	return spec, nil
}

// specOf reads what place is needed. What the resource itself bounds is left to it; needs are never nil.
func specOf(args engine.Args) (v1alpha1.PlacementSpec, error) {
	spec := v1alpha1.PlacementSpec{Needs: &v1alpha1.PlacementNeeds{}}
	spec.Kind, _ = engine.ArgOf[v1alpha1.PoolKind](args, "kind")
	spec.FundRoute, _ = engine.ArgOf[v1alpha1.FundRoute](args, "fundRoute")
	pools := args.Inputs("pools")
	if len(pools) > mostPools {
		return spec, badArgument("pools", fmt.Sprintf("Name at most %d pools, or none for any that fits.", mostPools))
	}
	for _, pool := range pools {
		partnership, _ := pool.String("partnership")
		name, _ := pool.String("name")
		named := v1alpha1.PlacementPool{Partnership: v1alpha1.ObjectName(partnership), Name: v1alpha1.ObjectName(name)}
		if !slices.Contains(spec.Pools, named) {
			spec.Pools = append(spec.Pools, named)
		}
	}
	needs, given := args.Input("needs")
	if !given {
		return spec, nil
	}
	return spec, readNeeds(needs, spec.Needs)
}

func readNeeds(args engine.Args, needs *v1alpha1.PlacementNeeds) error {
	needs.Gender, _ = engine.ArgOf[v1alpha1.Gender](args, "gender")
	needs.Language, _ = args.String("language")
	children, _ := args.Int("children")
	if children < 0 || children > mostChildren {
		return badArgument("children", fmt.Sprintf("children is a number from 0 to %d.", mostChildren))
	}
	needs.Children = int32(children)
	if years, given := args.Int("ageYears"); given {
		if years < 0 || years > oldestAgeYears {
			return badArgument("ageYears", fmt.Sprintf("ageYears is a number from 0 to %d.", oldestAgeYears))
		}
		age := int32(years)
		needs.AgeYears = &age
	}
	for name, need := range map[string]*v1alpha1.Need{
		"singleGender": &needs.SingleGender, "stepFree": &needs.StepFree,
		"detoxOnSite": &needs.DetoxOnSite, "stayingOnMAT": &needs.StayingOnMAT,
	} {
		*need = v1alpha1.NeedNotRequired
		if must, _ := args.Boolean(name); must {
			*need = v1alpha1.NeedRequired
		}
	}
	return nil
}

// instantIn is an instant that was given; nil if none was.
func instantIn(args engine.Args, name string) *metav1.Time {
	at, given := engine.ArgOf[time.Time](args, name)
	if !given {
		return nil
	}
	return &metav1.Time{Time: at.UTC().Truncate(time.Second)}
}
