package referral

import "lifeline.scot/crds/v1alpha1"

// ends are how a stay ends as its claim says it, for each outcome of a referral.
var ends = map[Outcome]v1alpha1.DischargeReason{
	OutcomeAsPlanned:  v1alpha1.DischargeCompleted,
	OutcomeEarlier:    v1alpha1.DischargeLeftEarly,
	OutcomeMovedPlace: v1alpha1.DischargeMoved,
	OutcomeDied:       v1alpha1.DischargeDied,
	OutcomeOther:      v1alpha1.DischargeOther,
}

// Discharge is how the claim on a place says that a stay ended so. Default: DischargeOther.
func (o Outcome) Discharge() v1alpha1.DischargeReason {
	if reason, known := ends[o]; known {
		return reason
	}
	return v1alpha1.DischargeOther
}

// OutcomeOf is how a referral says that a stay ended as its claim has it. Default: OutcomeOther.
func OutcomeOf(reason v1alpha1.DischargeReason) Outcome {
	for outcome, end := range ends {
		if end == reason {
			return outcome
		}
	}
	return OutcomeOther
}
