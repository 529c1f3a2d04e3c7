package referral

import (
	"slices"
	"time"
)

// Stage is a step of the journey to a placement that an ADP pays for, as rehab.scot tells it. Acceptance by the provider may come
// before the funding is approved, because a hold keeps the place between the two; everything else is in order.
type Stage string

// The stages.
const (
	// StageDecide: the person and a worker decide that rehab is right. Settled by making the referral.
	StageDecide Stage = "Decide"
	// StageContact: the ADP is contacted.
	StageContact Stage = "ContactADP"
	// StageAssessment: the specialist assessment that the ADP arranges. Without it funding may not be approved.
	StageAssessment Stage = "SpecialistAssessment"
	// StageFunding: the recovery plan is agreed and the ADP approves the funding.
	StageFunding Stage = "PlanAndFunding"
	// StageAcceptance: the provider accepts. Settled by [Accept].
	StageAcceptance Stage = "ApplicationAndAcceptance"
	// StagePreparation: detox, a visit, what is needed at home.
	StagePreparation Stage = "Preparation"
	// StageAdmission: the person moves in. Settled by [Admit].
	StageAdmission Stage = "Admission"
	// StageAftercare: support afterwards is arranged, as a referral of its own. Settled by [MakeLink].
	StageAftercare Stage = "Aftercare"
)

// Stages are all stages in order.
func Stages() []Stage {
	return []Stage{
		StageDecide, StageContact, StageAssessment, StageFunding, StageAcceptance, StagePreparation, StageAdmission, StageAftercare,
	}
}

// StageOutcome is how a stage was settled, or that it was not.
type StageOutcome string

// The outcomes.
const (
	// StageDone settles the stage: for StageFunding it means approved.
	StageDone StageOutcome = "Done"
	// StageNotNeeded settles the stage without doing it; the reason is in words.
	StageNotNeeded StageOutcome = "NotNeeded"
	// StageDeclined is for StageFunding: the ADP does not pay as things are. It is not settled, and may be decided again.
	StageDeclined StageOutcome = "Declined"
)

// Settled is how a stage stands.
type Settled struct {
	Outcome StageOutcome
	At      time.Time
	// Version of the referral that settled it.
	Version int64
}

// settles reports whether later stages may follow.
func (o StageOutcome) settles() bool { return o == StageDone || o == StageNotNeeded }

// Stage is the first stage that is not settled; "" for a referral that is not funded, and when all are settled.
func (s State) Stage() Stage {
	if s.Route != Funded {
		return ""
	}
	for _, stage := range Stages() {
		if !s.Stages[stage].Outcome.settles() {
			return stage
		}
	}
	return ""
}

// needs are the stages that have to be settled before one can be. Acceptance waits for none: see [Stage].
func (stage Stage) needs() []Stage {
	switch stage {
	case StageContact:
		return []Stage{StageDecide}
	case StageAssessment:
		return []Stage{StageContact}
	case StageFunding:
		return []Stage{StageAssessment}
	case StagePreparation:
		return []Stage{StageFunding, StageAcceptance}
	case StageAdmission:
		return []Stage{StageContact, StageAssessment, StageFunding, StageAcceptance, StagePreparation}
	case StageAftercare:
		return []Stage{StageAdmission}
	default:
		return nil
	}
}

// missing is the first stage that has to be settled before this one; "" if none is.
func (s State) missing(before Stage) Stage {
	if s.Route != Funded {
		return ""
	}
	for _, stage := range before.needs() {
		if !s.Stages[stage].Outcome.settles() {
			return stage
		}
	}
	return ""
}

// settledBy are those who may settle a stage with [SettleStage]; none for the stages that other changes settle.
func (stage Stage) settledBy() []Side {
	switch stage {
	case StageContact:
		return []Side{SideOrigin, SidePartnership}
	case StageAssessment, StageFunding:
		return []Side{SidePartnership}
	case StagePreparation:
		return []Side{SideOrigin, SideTarget}
	default:
		return nil
	}
}

// known reports whether there is such a stage.
func (stage Stage) known() bool { return slices.Contains(Stages(), stage) }
