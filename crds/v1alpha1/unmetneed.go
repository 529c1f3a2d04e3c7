package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// UnmetNeedSpec names the week that is counted.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="the week cannot be changed: the ledger of another week is another object"
type UnmetNeedSpec struct {
	// week that is counted, from Monday to Sunday in UTC, as ISO 8601 writes it, for example "2026-W48".
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=8
	// +kubebuilder:validation:XValidation:rule="self.matches('^20[0-9]{2}-W(0[1-9]|[1-4][0-9]|5[0-3])$')",message="must be a week as ISO 8601 writes it, such as 2026-W48"
	// +required
	Week string `json:"week,omitempty"`
}

// NeedName is the need that a claim is counted for.
//
// +kubebuilder:validation:Enum=None;Gender;SingleGender;Age;Children;StepFree;DetoxOnSite;StayingOnMAT;Language;Several
type NeedName string

const (
	// NeedNone means the claim asked for nothing in particular.
	NeedNone NeedName = "None"
	// NeedGender means a place for women, or for men, was asked for.
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
	// NeedSeveral means more than one need was asked for, and the reason is about none of them.
	NeedSeveral NeedName = "Several"
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

// UnmetCount is how many claims for one kind of place, counted for one need, could not be met for one reason. A claim counts in
// one of a ledger's counts only, and of several claims for one referral one counts.
//
// +kubebuilder:validation:XValidation:rule="(self.state == 'Known') == has(self.claims)",message="claims is given when state is Known, and only then"
type UnmetCount struct {
	// kind of place that was asked for.
	// +required
	Kind PoolKind `json:"kind,omitempty"`

	// need that was asked for: the one that the reason is about, such as Children for ChildrenNotTaken; or else the only one the
	// claim has, Several if it has more, and None if it has none.
	// +required
	Need NeedName `json:"need,omitempty"`

	// reason it could not be met: the one that held for most pools.
	// +required
	Reason WaitingReason `json:"reason,omitempty"`

	// state says whether the count is given.
	// +required
	State UnmetCountState `json:"state,omitempty"`

	// claims is the greatest number of claims that could not be met at one time in the week. Absent when withheld. Counts may be
	// added, since no claim is in two of them at one time; but the sum lacks those withheld, and the greatest number of each may
	// be of another minute. Unit: claims.
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	Claims int32 `json:"claims,omitempty"`
}

// UnmetNeedStatus is what was asked for in the week and not met.
//
// +kubebuilder:validation:MinProperties=1
type UnmetNeedStatus struct {
	// conditions are Ready.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=8
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`

	// observedGeneration is the generation of the spec that this status speaks of.
	// +kubebuilder:validation:Minimum=1
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// rows is how many counts there are, withheld ones too. 0: nothing was unmet.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=512
	// +optional
	Rows *int32 `json:"rows,omitempty"`

	// counts by kind, need and reason: the greatest first, those withheld last. There are no totals, so that none gives a withheld
	// count away.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=512
	// +optional
	Counts []UnmetCount `json:"counts,omitempty"`
}

// UnmetNeed is the ledger of what people of one Partnership asked for in one week and could not be given: claims that nothing
// fits, that nobody can pay for, or that have waited for more than three weeks. Counts from 1 to 4 are withheld, and nothing
// in it points at a person. Each Partnership has one for each week, also for a week in which nothing was unmet.
//
// It says of no count at what time in the week it was so. Kubernetes does, to whoever may read the ledger: managedFields has
// the time of the last change, and a watch shows each change when it is made.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=unmet,categories=lifeline
// +kubebuilder:validation:XValidation:rule="self.metadata.name == self.spec.week.lowerAscii()",message="the name is the week in small letters, such as 2026-w48"
// +kubebuilder:printcolumn:name="Week",type=string,JSONPath=`.spec.week`
// +kubebuilder:printcolumn:name="Counts",type=integer,JSONPath=`.status.rows`
// +kubebuilder:printcolumn:name="Most",type=integer,JSONPath=`.status.counts[0].claims`
// +kubebuilder:printcolumn:name="Kind",type=string,JSONPath=`.status.counts[0].kind`
// +kubebuilder:printcolumn:name="Need",type=string,JSONPath=`.status.counts[0].need`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.counts[0].reason`
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
