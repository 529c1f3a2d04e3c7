package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// UnmetNeedSpec names the week that is counted.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="the week cannot be changed"
type UnmetNeedSpec struct {
	// week that is counted, from Monday to Sunday, as ISO 8601 writes it, for example "2026-W48".
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=8
	// +kubebuilder:validation:XValidation:rule="self.matches('^20[0-9]{2}-W(0[1-9]|[1-4][0-9]|5[0-3])$')",message="must be a week as ISO 8601 writes it, such as 2026-W48"
	// +required
	Week string `json:"week,omitempty"`
}

// NeedName is one need a claim can have.
//
// +kubebuilder:validation:Enum=None;Gender;SingleGender;Age;Children;StepFree;DetoxOnSite;StayingOnMAT;Language
type NeedName string

const (
	// NeedNone means the claim asked for nothing in particular.
	NeedNone NeedName = "None"
	// NeedGender means a place for a gender was asked for.
	NeedGender NeedName = "Gender"
	// NeedSingleGender means a place for one gender alone was asked for.
	NeedSingleGender NeedName = "SingleGender"
	// NeedAge means an age was given.
	NeedAge NeedName = "Age"
	// NeedChildren means children were to come too.
	NeedChildren NeedName = "Children"
	// NeedStepFree means a step-free place was asked for.
	NeedStepFree NeedName = "StepFree"
	// NeedDetoxOnSite means detox in the same place was asked for.
	NeedDetoxOnSite NeedName = "DetoxOnSite"
	// NeedStayingOnMAT means staying on medication assisted treatment was asked for.
	NeedStayingOnMAT NeedName = "StayingOnMAT"
	// NeedLanguage means support in another language than English was asked for.
	NeedLanguage NeedName = "Language"
)

// UnmetCountState says whether a count is given.
//
// +kubebuilder:validation:Enum=Known;Withheld
type UnmetCountState string

const (
	// UnmetKnown means claims has the count.
	UnmetKnown UnmetCountState = "Known"
	// UnmetWithheld means the count is from 1 to 4 and is not given, because it could point at a person.
	UnmetWithheld UnmetCountState = "Withheld"
)

// UnmetCount is how many claims of one kind, with one need, could not be met for one reason.
type UnmetCount struct {
	// kind of place that was asked for.
	// +required
	Kind PoolKind `json:"kind,omitempty"`

	// need that was asked for.
	// +required
	Need NeedName `json:"need,omitempty"`

	// reason it could not be met.
	// +required
	Reason WaitingReason `json:"reason,omitempty"`

	// state says whether the count is given.
	// +required
	State UnmetCountState `json:"state,omitempty"`

	// claims counts each claim once, however long it waited in the week. Absent when withheld. Counts of different needs and
	// reasons overlap: one claim may have several. Unit: claims.
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	Claims int32 `json:"claims,omitempty"`
}

// UnmetNeedStatus is what was asked for in the week and not met.
//
// +kubebuilder:validation:MinProperties=1
type UnmetNeedStatus struct {
	// observedGeneration is the generation of the spec that this status speaks of.
	// +kubebuilder:validation:Minimum=1
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// asOfTime is when the counts were last worked out. After the end of the week they no longer change.
	// +optional
	AsOfTime *metav1.Time `json:"asOfTime,omitempty"`

	// counts by kind, need and reason, the greatest first as far as they are given.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=512
	// +optional
	Counts []UnmetCount `json:"counts,omitempty"`
}

// UnmetNeed is the ledger of what people of one Partnership asked for in one week and could not be given. Counts of people
// from 1 to 4 are withheld; nothing in it points at a person.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=unmet,categories=lifeline
// +kubebuilder:printcolumn:name="Week",type=string,JSONPath=`.spec.week`
// +kubebuilder:printcolumn:name="Kinds",type=string,JSONPath=`.status.counts[*].kind`
// +kubebuilder:printcolumn:name="Reasons",type=string,JSONPath=`.status.counts[*].reason`,priority=1
// +kubebuilder:printcolumn:name="AsOf",type=date,JSONPath=`.status.asOfTime`
type UnmetNeed struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec names the week. Written by the operator.
	// +required
	Spec UnmetNeedSpec `json:"spec,omitzero"`

	// status has the counts. Written by the operator.
	// +optional
	Status UnmetNeedStatus `json:"status,omitzero"`
}

// UnmetNeedList is a list of UnmetNeeds.
//
// +kubebuilder:object:root=true
type UnmetNeedList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []UnmetNeed `json:"items"`
}
