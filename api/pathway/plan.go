package pathway

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"lifeline.scot/api/referral"
	rules "lifeline.scot/crds/pathway"
	"lifeline.scot/crds/v1alpha1"
)

// PlanOf makes the plan of a referral that is made at a moment along a pathway, and notes what was given. The partner that is
// asked first is the first responder that can be asked; there is no plan if none can. Those before it are left out.
func PlanOf(
	p *v1alpha1.Pathway, given referral.Along, now time.Time, canBeAsked func(partner string) bool,
) (*referral.Plan, referral.Along) {
	m := rules.Moments{Incident: given.Incident, Notice: given.Notice, Referral: now.UTC().Truncate(time.Microsecond)}
	steps := rules.Steps(&p.Spec)
	plan := &referral.Plan{}
	for _, step := range steps {
		planned := referral.PlannedStep{
			Task: step.Task, Within: step.Within,
			Follows: step.CountedFrom == v1alpha1.FromStepBefore && !step.Within.IsZero(),
		}
		for _, name := range step.Responders {
			planned.Responders = append(planned.Responders, string(name))
		}
		if first := slices.IndexFunc(planned.Responders, canBeAsked); first > 0 {
			planned.Responders = planned.Responders[first:]
		} else if first < 0 && step.Task == v1alpha1.TaskAnswer {
			return nil, given
		}
		due, late := step.Due(m)
		planned.Due, given.Late = due, given.Late || late
		plan.Steps = append(plan.Steps, planned)
	}
	given.Pathway, given.Journey, given.Bases = p.Name, p.Spec.Journey, p.Spec.Bases
	given.Uncovered = !meta.IsStatusConditionTrue(p.Status.Conditions, v1alpha1.ConditionReady)
	if !given.Deadline.IsZero() {
		given.ReadyBy = rules.ReadyBy(steps, m)
	}
	return plan, given
}
