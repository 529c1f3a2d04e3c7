package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// BindingState says how far a claim and a place have come together.
//
// +kubebuilder:validation:Enum=Taking;Held;Admitted;Releasing
type BindingState string

const (
	// BindingTaking means the operator has chosen a pool and is taking a place in it. It does not hold one for certain yet.
	BindingTaking BindingState = "Taking"
	// BindingHeld means the place is held for this claim.
	BindingHeld BindingState = "Held"
	// BindingAdmitted means the person is in the place.
	BindingAdmitted BindingState = "Admitted"
	// BindingReleasing means the place is being given back.
	BindingReleasing BindingState = "Releasing"
)

// ReleaseReason is why a place was, or is being, given back.
//
// +kubebuilder:validation:Enum=HoldExpired;Unanswered;CannotOffer;FundingDeclined;Withdrawn;Deleted;Discharged;PoolDeleted;NotTaken;DuplicateReferral
type ReleaseReason string

const (
	// ReleaseHoldExpired means the place was paid for and accepted, and the hold ended before the person was admitted.
	ReleaseHoldExpired ReleaseReason = "HoldExpired"
	// ReleaseUnanswered means the hold ended before the ADP had decided about the funding, or before the provider had answered.
	ReleaseUnanswered ReleaseReason = "Unanswered"
	// ReleaseCannotOffer means the provider could not offer the place.
	ReleaseCannotOffer ReleaseReason = "CannotOffer"
	// ReleaseFundingDeclined means the ADP does not pay.
	ReleaseFundingDeclined ReleaseReason = "FundingDeclined"
	// ReleaseWithdrawn means the claim was given up.
	ReleaseWithdrawn ReleaseReason = "Withdrawn"
	// ReleaseDeleted means the Placement is being deleted.
	ReleaseDeleted ReleaseReason = "Deleted"
	// ReleaseDischarged means the person has left.
	ReleaseDischarged ReleaseReason = "Discharged"
	// ReleasePoolDeleted means the pool is being deleted, or has gone.
	ReleasePoolDeleted ReleaseReason = "PoolDeleted"
	// ReleaseNotTaken means the place, or the money for it, went to somebody else before it was taken.
	ReleaseNotTaken ReleaseReason = "NotTaken"
	// ReleaseDuplicateReferral means another Placement of the same referral and kind has a place, and comes first.
	ReleaseDuplicateReferral ReleaseReason = "DuplicateReferral"
)

// PlacementBinding is what binds a claim to a place. It is written before the place is taken, so that only one operator
// acts on one claim, and it is cleared after the place is given back. The place itself is the entry in its pool's
// status.allocations; this follows it.
type PlacementBinding struct {
	// attempt counts the bindings of this claim, from 1. The allocation carries the same number.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	// +required
	Attempt int32 `json:"attempt,omitempty"`

	// pool the place is in.
	// +required
	Pool PlacementPool `json:"pool,omitzero"`

	// poolUID is the UID of that pool, so that one made later with the same name is not taken for it.
	// +required
	PoolUID ObjectUID `json:"poolUID,omitempty"`

	// provider is the Partner that runs the pool's service.
	// +optional
	Provider ObjectName `json:"provider,omitempty"`

	// fund is the PlacementFund that pays, in the Placement's own namespace. Absent when none is needed.
	// +optional
	Fund ObjectName `json:"fund,omitempty"`

	// fundUID is the UID of that fund, so that one made later with the same name is not taken for it.
	// +optional
	FundUID ObjectUID `json:"fundUID,omitempty"`

	// state is Taking, Held, Admitted or Releasing.
	// +required
	State BindingState `json:"state,omitempty"`

	// releaseReason is why the place is being given back. Only with Releasing.
	// +optional
	ReleaseReason ReleaseReason `json:"releaseReason,omitempty"`

	// place is the number of the place in its pool. Absent while Taking.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=128
	// +optional
	Place int32 `json:"place,omitempty"`

	// takenTime is when the operator chose the pool.
	// +required
	TakenTime metav1.Time `json:"takenTime,omitzero"`

	// heldTime is when the place was first held.
	// +optional
	HeldTime *metav1.Time `json:"heldTime,omitempty"`

	// holdUntilTime is when the hold ends if the person has not been admitted.
	// +optional
	HoldUntilTime *metav1.Time `json:"holdUntilTime,omitempty"`

	// admittedTime is when the person arrived.
	// +optional
	AdmittedTime *metav1.Time `json:"admittedTime,omitempty"`
}

// WaitingReason is why a pool cannot give a claim a place now. It is the word used in the claim's status, in the ledger of
// unmet need and for partner apps.
//
// +kubebuilder:validation:Enum=PoolNotFound;NotClaimable;OtherKind;NotOpen;Unconfirmed;Disputed;Full;GenderNotTaken;GenderNotKnown;NotSingleGender;AgeNotTaken;ChildrenNotTaken;ChildrenNotKnown;TooManyChildren;NotStepFree;StepFreeNotKnown;NoDetoxOnSite;DetoxOnSiteNotKnown;NoStayingOnMAT;StayingOnMATNotKnown;LanguageNotSpoken;LanguageNotKnown;RouteNotTaken;NoFund;FundUsedUp;FundingDeclined;FundingAwaited;SaidCannotOffer;NoAnswer;NotBefore;OthersFirst;NoPool
type WaitingReason string

// The reasons, in the order in which a pool is judged. What is not known is another answer than no.
const (
	// WaitingPoolNotFound means the pool the claim names does not exist.
	WaitingPoolNotFound WaitingReason = "PoolNotFound"
	// WaitingNotClaimable means the pool is not for people referred by this Partnership.
	WaitingNotClaimable WaitingReason = "NotClaimable"
	// WaitingOtherKind means the pool the claim names is of another kind.
	WaitingOtherKind WaitingReason = "OtherKind"
	// WaitingNotOpen means the pool is not open, or what it belongs to is not.
	WaitingNotOpen WaitingReason = "NotOpen"
	// WaitingSaidCannotOffer means the provider said for this claim that it cannot offer a place.
	WaitingSaidCannotOffer WaitingReason = "SaidCannotOffer"
	// WaitingNoAnswer means the provider let a hold for this claim end without an answer, and has not counted since.
	WaitingNoAnswer WaitingReason = "NoAnswer"
	// WaitingGenderNotTaken means the places are for another gender.
	WaitingGenderNotTaken WaitingReason = "GenderNotTaken"
	// WaitingGenderNotKnown means it is not known whom the places are for, or not said what the person needs.
	WaitingGenderNotKnown WaitingReason = "GenderNotKnown"
	// WaitingNotSingleGender means the places are not for one gender alone.
	WaitingNotSingleGender WaitingReason = "NotSingleGender"
	// WaitingAgeNotTaken means the places are for other ages.
	WaitingAgeNotTaken WaitingReason = "AgeNotTaken"
	// WaitingChildrenNotTaken means children cannot come too.
	WaitingChildrenNotTaken WaitingReason = "ChildrenNotTaken"
	// WaitingChildrenNotKnown means it is not known whether, or how many, children can come too.
	WaitingChildrenNotKnown WaitingReason = "ChildrenNotKnown"
	// WaitingTooManyChildren means there is not room for so many children.
	WaitingTooManyChildren WaitingReason = "TooManyChildren"
	// WaitingNotStepFree means a person who uses a wheelchair cannot live there.
	WaitingNotStepFree WaitingReason = "NotStepFree"
	// WaitingStepFreeNotKnown means it is not known whether they can.
	WaitingStepFreeNotKnown WaitingReason = "StepFreeNotKnown"
	// WaitingNoDetoxOnSite means detox is not given there.
	WaitingNoDetoxOnSite WaitingReason = "NoDetoxOnSite"
	// WaitingDetoxOnSiteNotKnown means it is not known whether it is.
	WaitingDetoxOnSiteNotKnown WaitingReason = "DetoxOnSiteNotKnown"
	// WaitingNoStayingOnMAT means people cannot stay on medication assisted treatment there.
	WaitingNoStayingOnMAT WaitingReason = "NoStayingOnMAT"
	// WaitingStayingOnMATNotKnown means it is not known whether they can.
	WaitingStayingOnMATNotKnown WaitingReason = "StayingOnMATNotKnown"
	// WaitingLanguageNotSpoken means support is not given in the language.
	WaitingLanguageNotSpoken WaitingReason = "LanguageNotSpoken"
	// WaitingLanguageNotKnown means it is not known in which languages support is given.
	WaitingLanguageNotKnown WaitingReason = "LanguageNotKnown"
	// WaitingRouteNotTaken means the places cannot be paid for by the claim's route.
	WaitingRouteNotTaken WaitingReason = "RouteNotTaken"
	// WaitingNoFund means the Partnership has no fund by this route for this financial year.
	WaitingNoFund WaitingReason = "NoFund"
	// WaitingFundUsedUp means all placements of the fund are promised or used.
	WaitingFundUsedUp WaitingReason = "FundUsedUp"
	// WaitingFundingDeclined means the ADP decided not to pay.
	WaitingFundingDeclined WaitingReason = "FundingDeclined"
	// WaitingFundingAwaited means a hold ended before the ADP had decided whether it pays, and it has not decided yet.
	WaitingFundingAwaited WaitingReason = "FundingAwaited"
	// WaitingUnconfirmed means nobody has confirmed the count in time.
	WaitingUnconfirmed WaitingReason = "Unconfirmed"
	// WaitingDisputed means a provider said there was no place after all, and nobody has counted since.
	WaitingDisputed WaitingReason = "Disputed"
	// WaitingFull means every place is taken.
	WaitingFull WaitingReason = "Full"
	// WaitingNotBefore means the earliest moment a place can be used has not come.
	WaitingNotBefore WaitingReason = "NotBefore"
	// WaitingOthersFirst means a place is free, and others whom it fits come before.
	WaitingOthersFirst WaitingReason = "OthersFirst"
	// WaitingNoPool means there is no pool of this kind that the Partnership may claim.
	WaitingNoPool WaitingReason = "NoPool"
)

// WaitingCount says for how many pools a reason holds.
type WaitingCount struct {
	// reason the pools cannot give a place now.
	// +required
	Reason WaitingReason `json:"reason,omitempty"`

	// pools for which the reason holds. One pool may have several reasons.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	// +required
	Pools int32 `json:"pools,omitempty"`
}

// UnansweredHold is a hold that a provider let end without an answer.
type UnansweredHold struct {
	// pool the place was in.
	// +required
	Pool PlacementPool `json:"pool,omitzero"`

	// endedTime is when the hold ended.
	// +required
	EndedTime metav1.Time `json:"endedTime,omitzero"`
}

// QueuePosition is where a claim stands in the queue of one pool.
type QueuePosition struct {
	// pool whose queue it is: the one where the claim stands nearest to the front.
	// +required
	Pool PlacementPool `json:"pool,omitzero"`

	// position in that queue; 1 is next.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +required
	Position int32 `json:"position,omitempty"`

	// asOfTime is when the position was worked out. Positions far from the front are renewed less often.
	// +required
	AsOfTime metav1.Time `json:"asOfTime,omitzero"`
}

// PlacementStatus is what the operator works out.
//
// +kubebuilder:validation:MinProperties=1
type PlacementStatus struct {
	// conditions are Ready, Placed, FundingApproved, Accepted, HoldEnding, Ended.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=12
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`

	// observedGeneration is the generation of the spec that this status speaks of.
	// +kubebuilder:validation:Minimum=1
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// partnership the person is referred by.
	// +optional
	Partnership ObjectName `json:"partnership,omitempty"`

	// queueTime is since when the claim has waited, as far as its turn goes: its creation or its notBeforeTime, whichever is
	// later, or the moment its last hold expired.
	// +optional
	QueueTime *metav1.Time `json:"queueTime,omitempty"`

	// attempts is how often the operator has chosen a pool for the claim. Absent: never.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	// +optional
	Attempts int32 `json:"attempts,omitempty"`

	// lapses is how many holds expired though the place was paid for and accepted. After the first the claim counts as Routine,
	// and after the third it ends. Absent: none.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=3
	// +optional
	Lapses int32 `json:"lapses,omitempty"`

	// cannotOffer are the pools whose providers said for this claim that they cannot offer a place, for another reason than that
	// there was none after all: that is no longer so once somebody has counted.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=32
	// +optional
	CannotOffer []PlacementPool `json:"cannotOffer,omitempty"`

	// unanswered are the holds for this claim that providers let end without an answer. The claim is given no place in such a
	// pool until somebody has counted there since; it keeps its turn everywhere.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=32
	// +optional
	Unanswered []UnansweredHold `json:"unanswered,omitempty"`

	// binding binds the claim to a place. Absent while it waits and when it has ended.
	// +optional
	Binding *PlacementBinding `json:"binding,omitempty"`

	// lastRelease is why the last place was given back.
	// +optional
	LastRelease ReleaseReason `json:"lastRelease,omitempty"`

	// queue is where the claim stands. Absent unless it waits in some queue.
	// +optional
	Queue *QueuePosition `json:"queue,omitempty"`

	// waitingFor counts, for each reason, the pools that cannot give a place now.
	// +listType=map
	// +listMapKey=reason
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=32
	// +optional
	WaitingFor []WaitingCount `json:"waitingFor,omitempty"`

	// explanation says in words where the claim stands, what it waits for and, when nothing fits, why.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	Explanation string `json:"explanation,omitempty"`

	// endedTime is when the claim ended.
	// +optional
	EndedTime *metav1.Time `json:"endedTime,omitempty"`
}

// Placement is a claim on one place for one referral: who may have it, what it must be like and how it is paid for. The
// operator finds a place, holds it, and says where the claim stands until then.
//
// It carries only what matching needs, as codes. It is still about somebody: only its ADP, the provider whose place is held
// and the operator may read it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=plc,categories=lifeline
// +kubebuilder:validation:XValidation:rule="!format.dns1123Label().validate(self.metadata.name).hasValue()",message="the name must be lower-case letters, digits and '-' only, at most 63 characters, so that pools and funds can refer to it"
// +kubebuilder:validation:XValidation:rule="!(has(self.spec.acceptance) || has(self.spec.holdUntilTime) || has(self.spec.admission) || has(self.spec.discharge)) || (has(self.status) && has(self.status.attempts) && self.status.attempts > 0)",message="no place is held for this Placement yet: leave out acceptance, holdUntilTime, admission and discharge until status.binding says Held"
// +kubebuilder:validation:XValidation:rule="(has(self.spec.acceptance) == has(oldSelf.spec.acceptance) && (!has(self.spec.acceptance) || self.spec.acceptance == oldSelf.spec.acceptance)) || (has(self.spec.acceptance) && has(self.status) && has(self.status.binding) && self.status.binding.state == 'Held' && self.status.binding.attempt == self.spec.acceptance.attempt)",message="acceptance answers for the place that is held now: set acceptance.attempt to status.binding.attempt, while its state is Held"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.admission) || has(oldSelf.spec.admission) || (has(self.status) && has(self.status.binding) && self.status.binding.state == 'Held' && has(self.spec.acceptance) && self.spec.acceptance.attempt == self.status.binding.attempt)",message="no place that its provider accepted is held for this Placement now: see status.binding"
// +kubebuilder:validation:XValidation:rule="(has(self.spec.holdUntilTime) == has(oldSelf.spec.holdUntilTime) && (!has(self.spec.holdUntilTime) || self.spec.holdUntilTime == oldSelf.spec.holdUntilTime) && has(self.spec.holdUntilAttempt) == has(oldSelf.spec.holdUntilAttempt) && (!has(self.spec.holdUntilAttempt) || self.spec.holdUntilAttempt == oldSelf.spec.holdUntilAttempt)) || (has(self.status) && has(self.status.binding) && self.status.binding.state == 'Held' && (!has(self.spec.holdUntilTime) || (has(self.spec.holdUntilAttempt) && self.spec.holdUntilAttempt == self.status.binding.attempt)))",message="holdUntilTime is for the place that is held now: set holdUntilAttempt to status.binding.attempt, while its state is Held"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.admission) || has(oldSelf.spec.admission) || !(has(self.status) && has(self.status.binding) && has(self.status.binding.heldTime) && has(self.status.binding.holdUntilTime)) || (self.spec.admission.time >= self.status.binding.heldTime - duration('168h') && self.spec.admission.time <= self.status.binding.holdUntilTime + duration('672h'))",message="admission.time must be the moment the person arrived: at most a week before the place was held, and not more than four weeks after the hold ends"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.acceptance) || (has(oldSelf.spec.acceptance) && self.spec.acceptance == oldSelf.spec.acceptance) || !(has(self.status) && has(self.status.binding) && has(self.status.binding.heldTime) && has(self.status.binding.holdUntilTime)) || (self.spec.acceptance.decidedTime >= self.status.binding.heldTime - duration('168h') && self.spec.acceptance.decidedTime <= self.status.binding.holdUntilTime + duration('672h'))",message="acceptance.decidedTime must be the moment the provider answered: at most a week before the place was held, and not more than four weeks after the hold ends"
// +kubebuilder:printcolumn:name="Kind",type=string,JSONPath=`.spec.kind`
// +kubebuilder:printcolumn:name="Priority",type=string,JSONPath=`.spec.priority`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.conditions[?(@.type=="Placed")].reason`
// +kubebuilder:printcolumn:name="Position",type=integer,JSONPath=`.status.queue.position`
// +kubebuilder:printcolumn:name="Pool",type=string,JSONPath=`.status.binding.pool.name`
// +kubebuilder:printcolumn:name="Until",type=string,JSONPath=`.status.binding.holdUntilTime`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Funding",type=string,JSONPath=`.status.conditions[?(@.type=="FundingApproved")].reason`,priority=1
// +kubebuilder:printcolumn:name="Accepted",type=string,JSONPath=`.status.conditions[?(@.type=="Accepted")].reason`,priority=1
// +kubebuilder:printcolumn:name="Attempts",type=integer,JSONPath=`.status.attempts`,priority=1
// +kubebuilder:printcolumn:name="Why",type=string,JSONPath=`.status.explanation`,priority=1
type Placement struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the claim, and what the ADP and the provider decided about it. Written by the ADP and the provider, each its own
	// fields: an admission policy decides by the verbs that go with them.
	// +required
	Spec PlacementSpec `json:"spec,omitzero"`

	// status is what the operator works out. Nobody else writes it.
	// +optional
	Status PlacementStatus `json:"status,omitzero"`
}

// PlacementList is a list of Placements.
//
// +kubebuilder:object:root=true
type PlacementList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Placement `json:"items"`
}
