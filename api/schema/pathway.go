package schema

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	rules "lifeline.scot/crds/pathway"
	"lifeline.scot/crds/v1alpha1"
)

// mostResponders bounds who is asked to answer on a pathway, and mostPathways how many of an ADP are shown.
const (
	mostResponders = 8
	mostPathways   = 100
)

func (e *referralEnums) ofPathways() {
	e.trigger = meanings[v1alpha1.PathwayTrigger]("PathwayTrigger", "What sets a pathway off.",
		meaning{"Incident", "Something that happened, such as a call for an ambulance.", ""},
		meaning{"Notice", "That somebody was told, such as of a liberation or a discharge to come.", ""},
		meaning{"Referral", "The referral itself.", ""})
	e.routeBy = meanings[v1alpha1.PathwayRoute]("PathwayRoute", "Whose ADP's pathway a person goes along.",
		meaning{"PlaceOfIncident", "That of where it happened, not of the home address.", ""},
		meaning{"HomeArea", "That of where the person lives.", ""},
		meaning{"AreaOfReturn", "That of where the person goes when they leave prison or hospital.", ""})
	e.countedFrom = meanings[v1alpha1.PathwayMoment]("PathwayMoment", "From when the time of a step is counted.",
		meaning{"Incident", "From when it happened.", ""}, meaning{"Notice", "From when somebody was told.", ""},
		meaning{"Referral", "From when the referral was made.", ""}, meaning{"StepBefore", "From when the step before it was done.", ""})
}

// pathwayStep is a step of a pathway, those that are added to every one among them.
type pathwayStep struct {
	rules.Step

	title string
}

func (t *types) declarePathways() {
	t.pathwayStep = object("PathwayStep", "A step of a pathway.", func() []engine.Field {
		type s = pathwayStep
		return []engine.Field{
			engine.Get("task", "What it is.", required(t.task), func(x s) v1alpha1.PathwayTask { return x.Task }),
			engine.Get("title", "What it is in the words of the ADP; null for naloxone and aftercare where the pathway does not speak of them.",
				engine.String, func(x s) *string { return orNull(x.title) }),
			engine.Get("responders", "The names of the partners that are asked to answer, in turn; empty for other steps.", each(engine.String),
				func(x s) []string {
					names := make([]string, len(x.Responders))
					for i, name := range x.Responders {
						names[i] = string(name)
					}
					return names
				}).Sized(mostResponders),
			engine.Get("hours", "How many hours it may take; null if that is not counted in hours.", engine.Int,
				func(x s) *int32 { return orNull(x.Within.Hours) }),
			engine.Get("workingDays", "How many working days it may take; null if that is not counted in days.", engine.Int,
				func(x s) *int32 { return orNull(x.Within.WorkingDays) }),
			engine.Get("countedFrom", "From when that is counted.", required(t.countedFrom), func(x s) v1alpha1.PathwayMoment { return x.CountedFrom }),
		}
	})
	t.adpPathway = object("Pathway", "Who must answer by when, for one journey of people in one ADP's area.", func() []engine.Field {
		type p = *v1alpha1.Pathway
		ready := func(x p) string {
			if c := meta.FindStatusCondition(x.Status.Conditions, v1alpha1.ConditionReady); c != nil {
				return c.Message
			}
			return "Nobody has looked at it yet."
		}
		return []engine.Field{
			engine.Get("name", "Its name: a referral is made along it by this.", required(engine.String), func(x p) string { return x.Name }),
			engine.Get("displayName", "The name people know it by.", required(engine.String), func(x p) string { return x.Spec.DisplayName }),
			engine.Get("journey", "What it is for.", required(t.journey), func(x p) v1alpha1.PathwayJourney { return x.Spec.Journey }),
			engine.Get("trigger", "What sets it off.", required(t.trigger), func(x p) v1alpha1.PathwayTrigger { return x.Spec.Trigger }),
			engine.Get("routeBy", "Whose ADP's pathway a person goes along.", required(t.routeBy), func(x p) v1alpha1.PathwayRoute { return x.Spec.RouteBy }),
			engine.Get("ready", "Whether everybody who takes part is there, and agreements cover them.", required(engine.Boolean), func(x p) bool {
				return meta.IsStatusConditionTrue(x.Status.Conditions, v1alpha1.ConditionReady)
			}),
			engine.Get("readyInWords", "What is missing, or that nothing is.", required(engine.String), ready),
			engine.Get("steps", "Its steps in order; naloxone and aftercare are among them unless it says why not.", each(t.pathwayStep),
				func(x p) []pathwayStep {
					titles := map[v1alpha1.PathwayTask]string{}
					for _, step := range x.Spec.Steps {
						titles[step.Task] = step.Title
					}
					var steps []pathwayStep
					for _, step := range rules.Steps(&x.Spec) {
						steps = append(steps, pathwayStep{step, titles[step.Task]})
					}
					return steps
				}).Sized(mostSteps),
			engine.Get("withoutNaloxone", "Why take-home naloxone is not offered; null where it is.", engine.String,
				func(x p) *string { return orNull(x.Spec.WithoutNaloxone) }),
			engine.Get("withoutAftercare", "Why aftercare is not offered; null where it is.", engine.String,
				func(x p) *string { return orNull(x.Spec.WithoutAftercare) }),
		}
	})
}

func (t *types) pathwaysQuery() engine.Field {
	return engine.Resolve("pathways", "The pathways of an ADP by their names, at most 100, for those who sign in.", each(t.adpPathway), []engine.Argument{
		{Name: "partnership", Description: "The name of the ADP. Left out: the one you act for.", Type: engine.String},
	}, func(ctx context.Context, _ *directory.View, args engine.Args) ([]*v1alpha1.Pathway, error) {
		desk, err := t.casework(ctx)
		if err != nil {
			return nil, err
		}
		partnership, _ := args.String("partnership")
		all, err := desk.PathwaysOf(ctx, identity.From(ctx), partnership)
		return all[:min(len(all), mostPathways)], toldOfCase(err)
	}).Costing(readReferral).Sized(mostPathways)
}
