package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CapacityReportSpec is a count at a moment. A count is a fact, so it cannot be changed; a later count is a new report.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a count cannot be changed once it is given: create a new CapacityReport with a later observedTime"
type CapacityReportSpec struct {
	// poolRef names the CapacityPool that was counted, in the same namespace.
	// +required
	PoolRef CapacityPoolReference `json:"poolRef,omitzero"`

	// observedTime is the moment of the count, for example "2026-11-22T21:00:00Z": a date, a capital T, a time and a zone
	// (RFC 3339), from 2000 to 2099. A moment later than the report's own creation is not believed.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2100-01-01T00:00:00Z')",message="must be a moment from 2000 to 2099, such as 2026-11-22T21:00:00Z"
	// +required
	ObservedTime metav1.Time `json:"observedTime,omitzero"`

	// staffed is the number of places open now, whether or not somebody is in them. Beds that are closed for want of staff
	// do not count.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=128
	// +required
	Staffed *int32 `json:"staffed,omitempty"`

	// occupied is the number of places with somebody in them. It may be more than staffed: that happens, and is
	// then reported as Overcommitted.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=256
	// +required
	Occupied *int32 `json:"occupied,omitempty"`

	// held is the number of places promised by the provider itself, outside Lifeline, to people who have not arrived yet.
	// Default: 0.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=128
	// +default=0
	// +optional
	Held *int32 `json:"held,omitempty"`

	// reportedBy is the Partner that counted, which must be the one that runs the pool's service. Absent: the Partnership
	// counted.
	// +optional
	ReportedBy *PartnerReference `json:"reportedBy,omitempty"`

	// provenance says whether somebody counted, or the count is invented for a demonstration. Default: Counted.
	// +default="Counted"
	// +optional
	Provenance CountProvenance `json:"provenance,omitempty"`
}

// CapacityReportStatus is what became of the report.
//
// +kubebuilder:validation:MinProperties=1
type CapacityReportStatus struct {
	// conditions are Ready, Merged. Ready is False when the report cannot be used, and says why.
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
}

// CapacityReport is a provider's count of one pool at a moment. Reports may arrive late and in any order: the one observed
// last is the one that counts.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=rpt,categories=lifeline
// +kubebuilder:printcolumn:name="Pool",type=string,JSONPath=`.spec.poolRef.name`
// +kubebuilder:printcolumn:name="Staffed",type=integer,JSONPath=`.spec.staffed`
// +kubebuilder:printcolumn:name="Occupied",type=integer,JSONPath=`.spec.occupied`
// +kubebuilder:printcolumn:name="Observed",type=date,JSONPath=`.spec.observedTime`
// +kubebuilder:printcolumn:name="Merged",type=string,JSONPath=`.status.conditions[?(@.type=="Merged")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Merged")].reason`
// +kubebuilder:printcolumn:name="Held",type=integer,JSONPath=`.spec.held`,priority=1
// +kubebuilder:printcolumn:name="By",type=string,JSONPath=`.spec.reportedBy.name`,priority=1
// +kubebuilder:printcolumn:name="Provenance",type=string,JSONPath=`.spec.provenance`,priority=1
type CapacityReport struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the count. Written by the provider or the ADP's administrators, once; it never changes.
	// +required
	Spec CapacityReportSpec `json:"spec,omitzero"`

	// status is what became of the report. Written by the operator.
	// +optional
	Status CapacityReportStatus `json:"status,omitzero"`
}

// CapacityReportList is a list of CapacityReports.
//
// +kubebuilder:object:root=true
type CapacityReportList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []CapacityReport `json:"items"`
}
