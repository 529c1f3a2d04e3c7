package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PlacementPriority is how pressing a claim is.
//
// +kubebuilder:validation:Enum=Emergency;Urgent;Routine
type PlacementPriority string

const (
	// PriorityEmergency comes before all others. Only those who hold the verb `prioritise` on placements may set it.
	PriorityEmergency PlacementPriority = "Emergency"
	// PriorityUrgent comes before Routine.
	PriorityUrgent PlacementPriority = "Urgent"
	// PriorityRoutine is everything else. It counts as Urgent after three weeks of waiting and as Emergency after six, so
	// that nobody waits for ever.
	PriorityRoutine PlacementPriority = "Routine"
)

// Need says whether a place must have something.
//
// +kubebuilder:validation:Enum=Required;NotRequired
type Need string

const (
	// NeedRequired means that only a place known to have it fits.
	NeedRequired Need = "Required"
	// NeedNotRequired means that it makes no difference.
	NeedNotRequired Need = "NotRequired"
)

// PlacementNeeds say what a place must be like to fit. What is left out makes no difference.
//
// +kubebuilder:validation:XValidation:rule="!has(self.singleGender) || self.singleGender != 'Required' || (has(self.gender) && self.gender != 'AnyGender')",message="singleGender needs gender: set gender to Women or Men, or remove singleGender"
// +kubebuilder:validation:MinProperties=0
type PlacementNeeds struct {
	// gender is whom the place must be for: Women (a place that takes women), Men, or AnyGender (a place for people of any
	// gender). Absent: not said; a place only for women, or only for men, is then not offered.
	// +optional
	Gender Gender `json:"gender,omitempty"`

	// singleGender says whether the place must be for that gender alone. Default: NotRequired.
	// +default="NotRequired"
	// +optional
	SingleGender Need `json:"singleGender,omitempty"`

	// ageYears is the age of the person, in whole years, for places that are for some ages only. Absent: not said; the
	// provider decides.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=120
	// +optional
	AgeYears *int32 `json:"ageYears,omitempty"`

	// children is how many children come along. Absent: none.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=12
	// +optional
	Children int32 `json:"children,omitempty"`

	// stepFree says whether a person who uses a wheelchair must be able to live there. Default: NotRequired.
	// +default="NotRequired"
	// +optional
	StepFree Need `json:"stepFree,omitempty"`

	// detoxOnSite says whether detox must be given in the same place. Default: NotRequired.
	// +default="NotRequired"
	// +optional
	DetoxOnSite Need `json:"detoxOnSite,omitempty"`

	// stayingOnMAT says whether the person must be able to stay on medication assisted treatment. Default: NotRequired.
	// +default="NotRequired"
	// +optional
	StayingOnMAT Need `json:"stayingOnMAT,omitempty"`

	// language the support must be given in, as a two- or three-letter code (BCP 47 primary subtag), for example "pl".
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=3
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]{2,3}$')",message="must be a two- or three-letter code in lower case, such as en, gd or pl"
	// +optional
	Language string `json:"language,omitempty"`
}

// FundingDecisionKind is what the ADP said about paying for a placement.
//
// +kubebuilder:validation:Enum=Approved;Declined
type FundingDecisionKind string

const (
	// FundingApproved means the ADP pays.
	FundingApproved FundingDecisionKind = "Approved"
	// FundingDeclined means the ADP does not pay. The place, if one was held, is offered to the next.
	FundingDeclined FundingDecisionKind = "Declined"
)

// FundingReason is why the ADP does not pay.
//
// +kubebuilder:validation:Enum=AssessmentNeeded;OtherSupportAgreed;NoFundsLeft;Other
type FundingReason string

const (
	// FundingReasonAssessmentNeeded means that a specialist assessment has to come first.
	FundingReasonAssessmentNeeded FundingReason = "AssessmentNeeded"
	// FundingReasonOtherSupportAgreed means that another kind of support was agreed with the person.
	FundingReasonOtherSupportAgreed FundingReason = "OtherSupportAgreed"
	// FundingReasonNoFundsLeft means that the money is spent.
	FundingReasonNoFundsLeft FundingReason = "NoFundsLeft"
	// FundingReasonOther is any other reason.
	FundingReasonOther FundingReason = "Other"
)

// FundingDecision is the ADP's answer. Only those who hold the verb `approvefunding` on placements may write it.
//
// +kubebuilder:validation:XValidation:rule="(self.decision == 'Declined') == has(self.reason)",message="give a reason when decision is Declined, and only then"
type FundingDecision struct {
	// decision is Approved or Declined. It may change until the person is admitted.
	// +required
	Decision FundingDecisionKind `json:"decision,omitempty"`

	// reason for Declined.
	// +optional
	Reason FundingReason `json:"reason,omitempty"`

	// decidedTime is when it was decided: at most a year before the Placement was made, and at most three years after.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2100-01-01T00:00:00Z')",message="must be a moment from 2000 to 2099, such as 2026-11-22T21:00:00Z"
	// +required
	DecidedTime metav1.Time `json:"decidedTime,omitzero"`
}

// AcceptanceDecisionKind is what a provider said about taking a person.
//
// +kubebuilder:validation:Enum=Accepted;CannotOffer
type AcceptanceDecisionKind string

const (
	// AcceptanceAccepted means the provider takes the person in the place that is held.
	AcceptanceAccepted AcceptanceDecisionKind = "Accepted"
	// AcceptanceCannotOffer means it cannot; the claim goes back to where it stood in the queue.
	AcceptanceCannotOffer AcceptanceDecisionKind = "CannotOffer"
)

// CannotOfferReason is why a provider cannot offer a place that looked free.
//
// +kubebuilder:validation:Enum=NoPlaceAfterAll;CannotMeetNeeds;AssessmentNeeded;Other
type CannotOfferReason string

const (
	// CannotOfferNoPlace means there was no free place after all. The pool's count is Disputed until somebody counts again.
	CannotOfferNoPlace CannotOfferReason = "NoPlaceAfterAll"
	// CannotOfferNeeds means the provider cannot give what the person needs.
	CannotOfferNeeds CannotOfferReason = "CannotMeetNeeds"
	// CannotOfferAssessment means the provider needs an assessment first.
	CannotOfferAssessment CannotOfferReason = "AssessmentNeeded"
	// CannotOfferOther is any other reason.
	CannotOfferOther CannotOfferReason = "Other"
)

// AcceptanceDecision is the answer of the provider whose place is held. Only those who hold the verb `admit` on its pool may
// write it.
//
// +kubebuilder:validation:XValidation:rule="(self.decision == 'CannotOffer') == has(self.reason)",message="give a reason when decision is CannotOffer, and only then"
type AcceptanceDecision struct {
	// decision is Accepted or CannotOffer.
	// +required
	Decision AcceptanceDecisionKind `json:"decision,omitempty"`

	// reason for CannotOffer.
	// +optional
	Reason CannotOfferReason `json:"reason,omitempty"`

	// attempt is the number in status.binding.attempt that is answered, so that an answer never counts for a place held later.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	// +required
	Attempt int32 `json:"attempt,omitempty"`

	// decidedTime is when it was decided: at most a week before the place was held, and four weeks after the hold ends.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2100-01-01T00:00:00Z')",message="must be a moment from 2000 to 2099, such as 2026-11-22T21:00:00Z"
	// +required
	DecidedTime metav1.Time `json:"decidedTime,omitzero"`
}

// Admission says that the person has arrived. Only those who hold the verb `admit` on the pool may write it.
type Admission struct {
	// time the person arrived: at most a week before the place was held. A moment in the future counts as the moment the
	// operator sees it.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2100-01-01T00:00:00Z')",message="must be a moment from 2000 to 2099, such as 2026-11-22T21:00:00Z"
	// +required
	Time metav1.Time `json:"time,omitzero"`
}

// DischargeReason is how a stay ended.
//
// +kubebuilder:validation:Enum=Completed;LeftBeforePlannedEnd;MovedToOtherPlace;Died;Other
type DischargeReason string

const (
	// DischargeCompleted means the stay ended as planned.
	DischargeCompleted DischargeReason = "Completed"
	// DischargeLeftEarly means the person left before the planned end.
	DischargeLeftEarly DischargeReason = "LeftBeforePlannedEnd"
	// DischargeMoved means the person moved to another place.
	DischargeMoved DischargeReason = "MovedToOtherPlace"
	// DischargeDied means the person died.
	DischargeDied DischargeReason = "Died"
	// DischargeOther is any other way.
	DischargeOther DischargeReason = "Other"
)

// Discharge says that the person has left. Only those who hold the verb `admit` on the pool may write it.
type Discharge struct {
	// time the person left. A moment in the future counts as the moment the operator sees it.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2100-01-01T00:00:00Z')",message="must be a moment from 2000 to 2099, such as 2026-11-22T21:00:00Z"
	// +required
	Time metav1.Time `json:"time,omitzero"`

	// reason says how the stay ended.
	// +required
	Reason DischargeReason `json:"reason,omitempty"`
}

// WithdrawalReason is why a claim is given up.
//
// +kubebuilder:validation:Enum=NoLongerNeeded;OtherChoice;FoundElsewhere;EnteredInError;Other
type WithdrawalReason string

const (
	// WithdrawalNoLongerNeeded means the person needs no place any more.
	WithdrawalNoLongerNeeded WithdrawalReason = "NoLongerNeeded"
	// WithdrawalOtherChoice means the person chose something else.
	WithdrawalOtherChoice WithdrawalReason = "OtherChoice"
	// WithdrawalFoundElsewhere means a place was found outside Lifeline.
	WithdrawalFoundElsewhere WithdrawalReason = "FoundElsewhere"
	// WithdrawalEnteredInError means the claim ought not to have been made.
	WithdrawalEnteredInError WithdrawalReason = "EnteredInError"
	// WithdrawalOther is any other reason.
	WithdrawalOther WithdrawalReason = "Other"
)

// Withdrawal gives the claim up, and the place if one is held.
type Withdrawal struct {
	// reason the claim is given up.
	// +required
	Reason WithdrawalReason `json:"reason,omitempty"`
}

// PlacementSpec is a claim on one place for one referral.
//
// What would let a claim jump the queue cannot be changed: make a new Placement for other needs. Each decision about it is a
// field of its own, and an admission policy asks for the verb that goes with the field.
//
// +kubebuilder:validation:XValidation:rule="self.referralID == oldSelf.referralID",message="referralID cannot be changed: make a new Placement for another referral"
// +kubebuilder:validation:XValidation:rule="self.kind == oldSelf.kind",message="kind cannot be changed: withdraw this Placement and make a new one"
// +kubebuilder:validation:XValidation:rule="has(self.needs) == has(oldSelf.needs) && (!has(self.needs) || self.needs == oldSelf.needs)",message="needs cannot be changed while the claim keeps its place in the queue: withdraw this Placement and make a new one"
// +kubebuilder:validation:XValidation:rule="has(self.fundRoute) == has(oldSelf.fundRoute) && (!has(self.fundRoute) || self.fundRoute == oldSelf.fundRoute)",message="fundRoute cannot be changed: withdraw this Placement and make a new one"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.notBeforeTime) || (has(self.notBeforeTime) && self.notBeforeTime >= oldSelf.notBeforeTime)",message="notBeforeTime can only be put later: for an earlier date withdraw this Placement and make a new one"
// +kubebuilder:validation:XValidation:rule="self.kind != 'Device' || !has(self.needs) || (!has(self.needs.children) && (!has(self.needs.stepFree) || self.needs.stepFree == 'NotRequired') && (!has(self.needs.detoxOnSite) || self.needs.detoxOnSite == 'NotRequired') && (!has(self.needs.stayingOnMAT) || self.needs.stayingOnMAT == 'NotRequired'))",message="a Device is a phone: remove the needs that only a place to live or a programme can meet"
// +kubebuilder:validation:XValidation:rule="!has(self.funding) || has(self.fundRoute)",message="funding answers for a fundRoute: set fundRoute when the Placement is made, or remove funding"
// +kubebuilder:validation:XValidation:rule="!has(self.admission) || (has(self.acceptance) && self.acceptance.decision == 'Accepted')",message="record the provider's acceptance before the admission"
// +kubebuilder:validation:XValidation:rule="!has(self.admission) || !has(self.fundRoute) || self.fundRoute in ['SelfFunded', 'Insurance', 'BenefitsOrCharitable'] || (has(self.funding) && self.funding.decision == 'Approved')",message="record the ADP's approval of the funding before the admission"
// +kubebuilder:validation:XValidation:rule="!has(self.discharge) || has(self.admission)",message="record the admission before the discharge; to give up a place nobody came to, set withdrawal"
// +kubebuilder:validation:XValidation:rule="!has(self.discharge) || !has(self.admission) || self.discharge.time >= self.admission.time",message="discharge.time must not be before admission.time"
// +kubebuilder:validation:XValidation:rule="!has(self.withdrawal) || !has(self.admission)",message="a person who has been admitted is discharged, not withdrawn: set discharge"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.admission) || (has(self.admission) && self.admission == oldSelf.admission && self.acceptance == oldSelf.acceptance && has(self.funding) == has(oldSelf.funding) && (!has(self.funding) || self.funding == oldSelf.funding))",message="once the person is admitted, admission, acceptance and funding cannot be changed"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.discharge) || (has(self.discharge) && self.discharge == oldSelf.discharge)",message="a discharge cannot be changed once it is recorded"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.withdrawal) || self == oldSelf",message="a Placement that was withdrawn cannot be changed: make a new one"
type PlacementSpec struct {
	// referralID is the opaque number of the referral the place is for: 8 to 63 letters, digits and '-', and not digits only, for
	// example "r-7f3kq29d". Never a name, a CHI number or anything else that points at a person. It cannot be changed.
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?$') && self.matches('[A-Za-z]')",message="must be 8 to 63 letters, digits and '-', with at least one letter, such as r-7f3kq29d; never a CHI number"
	// +required
	ReferralID string `json:"referralID,omitempty"`

	// kind of place. It cannot be changed.
	// +required
	Kind PoolKind `json:"kind,omitempty"`

	// pools that will do, the best first. Absent: any pool that fits.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:XValidation:rule="self.map(p, p.partnership + '/' + p.name).distinct().size() == self.size()",message="name each pool once, and remove the others"
	// +optional
	Pools []PlacementPool `json:"pools,omitempty"`

	// needs say what the place must be like. They cannot be changed.
	// +optional
	Needs *PlacementNeeds `json:"needs,omitempty"`

	// priority is Emergency, Urgent or Routine. Only those who hold the verb `prioritise` on placements may raise it, or make
	// a claim that is an Emergency. Default: Routine.
	// +default="Routine"
	// +optional
	Priority PlacementPriority `json:"priority,omitempty"`

	// notBeforeTime is the earliest moment a place can be used, such as a liberation date. No place is held before it, and
	// waiting counts from it. It can only be put later, and lies at most two years ahead.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2100-01-01T00:00:00Z')",message="must be a moment from 2000 to 2099, such as 2026-11-22T21:00:00Z"
	// +optional
	NotBeforeTime *metav1.Time `json:"notBeforeTime,omitempty"`

	// expectedLengthDays is how long the stay is expected to last, in days. Others who wait are told when a place is
	// expected to come free.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=730
	// +optional
	ExpectedLengthDays int32 `json:"expectedLengthDays,omitempty"`

	// fundRoute is how the place is to be paid for. A place is only held while a PlacementFund of the Partnership has one left
	// by this route; SelfFunded, Insurance and BenefitsOrCharitable need none. Absent: nobody has to pay. It cannot be changed.
	// +optional
	FundRoute FundRoute `json:"fundRoute,omitempty"`

	// funding is the ADP's decision to pay.
	// +optional
	Funding *FundingDecision `json:"funding,omitempty"`

	// acceptance is the provider's answer for the place that is held.
	// +optional
	Acceptance *AcceptanceDecision `json:"acceptance,omitempty"`

	// holdUntilTime asks for the place to be held longer than its pool's holdPeriodSeconds, but never longer than 28 days
	// in all. It counts for the hold that holdUntilAttempt names, and for no later one. Only those who hold the verb `admit` on
	// the pool may write it.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2100-01-01T00:00:00Z')",message="must be a moment from 2000 to 2099, such as 2026-11-22T21:00:00Z"
	// +optional
	HoldUntilTime *metav1.Time `json:"holdUntilTime,omitempty"`

	// holdUntilAttempt is the number in status.binding.attempt whose hold holdUntilTime is about, so that what one provider
	// agreed to never counts for the place of another.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	// +optional
	HoldUntilAttempt int32 `json:"holdUntilAttempt,omitempty"`

	// admission says that the person has arrived.
	// +optional
	Admission *Admission `json:"admission,omitempty"`

	// discharge says that the person has left.
	// +optional
	Discharge *Discharge `json:"discharge,omitempty"`

	// withdrawal gives the claim up.
	// +optional
	Withdrawal *Withdrawal `json:"withdrawal,omitempty"`
}
