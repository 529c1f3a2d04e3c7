package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// FundRoute is how a placement is paid for.
//
// +kubebuilder:validation:Enum=ADP;AdditionalPlacementFund;NationalMission;NHSWard;DualHousingSupport;OtherLocalAuthority;SelfFunded;Insurance;BenefitsOrCharitable
type FundRoute string

const (
	// RouteADP means the Alcohol and Drug Partnership's own money.
	RouteADP FundRoute = "ADP"
	// RouteAdditionalPlacementFund means the national fund for more placements.
	RouteAdditionalPlacementFund FundRoute = "AdditionalPlacementFund"
	// RouteNationalMission means money of the National Mission.
	RouteNationalMission FundRoute = "NationalMission"
	// RouteNHSWard means a bed on a ward of the NHS.
	RouteNHSWard FundRoute = "NHSWard"
	// RouteDualHousingSupport means help with the rent at home during a stay.
	RouteDualHousingSupport FundRoute = "DualHousingSupport"
	// RouteOtherLocalAuthority means another council pays.
	RouteOtherLocalAuthority FundRoute = "OtherLocalAuthority"
	// RouteSelfFunded means the person or their family pays.
	RouteSelfFunded FundRoute = "SelfFunded"
	// RouteInsurance means an insurer pays.
	RouteInsurance FundRoute = "Insurance"
	// RouteBenefitsOrCharitable means benefits or a charity pay.
	RouteBenefitsOrCharitable FundRoute = "BenefitsOrCharitable"
)

// NeedsFund reports whether places paid for by this route are counted against a PlacementFund and approved by the ADP. No
// route means that nobody has to pay.
func (r FundRoute) NeedsFund() bool {
	switch r {
	case "", RouteSelfFunded, RouteInsurance, RouteBenefitsOrCharitable:
		return false
	default:
		return true
	}
}

// PlacementFundSpec is how many placements can be paid for by one route in one financial year.
//
// +kubebuilder:validation:XValidation:rule="self.route == oldSelf.route",message="route cannot be changed: make a new fund"
// +kubebuilder:validation:XValidation:rule="self.financialYear == oldSelf.financialYear",message="financialYear cannot be changed: make a new fund"
type PlacementFundSpec struct {
	// route is how the placements are paid for. It cannot be changed.
	// +kubebuilder:validation:XValidation:rule="!(self in ['SelfFunded', 'Insurance', 'BenefitsOrCharitable'])",message="places paid for by this route need no fund"
	// +required
	Route FundRoute `json:"route,omitempty"`

	// financialYear the placements are paid in, from 1 April to 31 March, for example "2026-27". It cannot be changed.
	// +kubebuilder:validation:MinLength=7
	// +kubebuilder:validation:MaxLength=7
	// +kubebuilder:validation:XValidation:rule="self.matches('^20[0-9]{2}-[0-9]{2}$') && (int(self.substring(2, 4)) + 1) % 100 == int(self.substring(5, 7))",message="must be a financial year, such as 2026-27"
	// +required
	FinancialYear string `json:"financialYear,omitempty"`

	// places is how many placements can be paid for. It may be lowered below what is promised already: no promise is broken,
	// and no more are made. Unit: placements.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	// +required
	Places *int32 `json:"places,omitempty"`
}

// CommitmentState says whether a funded placement is promised or used.
//
// +kubebuilder:validation:Enum=Promised;Used
type CommitmentState string

const (
	// CommitmentPromised means a place is being taken or held. It comes back if nobody is admitted.
	CommitmentPromised CommitmentState = "Promised"
	// CommitmentUsed means the person was admitted. It does not come back.
	CommitmentUsed CommitmentState = "Used"
)

// FundCommitment is one funded placement.
type FundCommitment struct {
	// claimUID is the UID of the Placement.
	// +required
	ClaimUID ObjectUID `json:"claimUID,omitempty"`

	// claimName is the name of the Placement, in the fund's namespace.
	// +required
	ClaimName ObjectName `json:"claimName,omitempty"`

	// attempt of the claim.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	// +required
	Attempt int32 `json:"attempt,omitempty"`

	// state is Promised or Used.
	// +required
	State CommitmentState `json:"state,omitempty"`
}

// PlacementFundStatus is what the operator works out. committed, used and remaining follow from the commitments.
//
// +kubebuilder:validation:MinProperties=1
type PlacementFundStatus struct {
	// conditions are Ready, Overcommitted.
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

	// committed is how many placements are promised and not used yet.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Committed *int32 `json:"committed,omitempty"`

	// used is how many placements were used.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Used *int32 `json:"used,omitempty"`

	// remaining is places less committed less used, and never less than none.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Remaining *int32 `json:"remaining,omitempty"`

	// commitments are the funded placements, one for each claim.
	// +listType=map
	// +listMapKey=claimUID
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=1000
	// +optional
	Commitments []FundCommitment `json:"commitments,omitempty"`
}

// PlacementFund is the placements one Partnership can pay for by one route in one financial year.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=fund;funds,categories=lifeline
// +kubebuilder:validation:XValidation:rule="!format.dns1123Label().validate(self.metadata.name).hasValue()",message="the name must be lower-case letters, digits and '-' only, at most 63 characters, so that Placements can refer to it"
// +kubebuilder:validation:XValidation:rule="!has(self.status) || !has(self.status.commitments) || self.status.commitments.size() <= self.spec.places || (has(oldSelf.status) && has(oldSelf.status.commitments) && self.status.commitments.size() <= oldSelf.status.commitments.size())",message="every placement of this fund is promised or used: no more can be promised"
// +kubebuilder:printcolumn:name="Route",type=string,JSONPath=`.spec.route`
// +kubebuilder:printcolumn:name="Year",type=string,JSONPath=`.spec.financialYear`
// +kubebuilder:printcolumn:name="Places",type=integer,JSONPath=`.spec.places`
// +kubebuilder:printcolumn:name="Committed",type=integer,JSONPath=`.status.committed`
// +kubebuilder:printcolumn:name="Used",type=integer,JSONPath=`.status.used`
// +kubebuilder:printcolumn:name="Remaining",type=integer,JSONPath=`.status.remaining`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,priority=1
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
type PlacementFund struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says how many placements can be paid for. Written by the ADP's administrators.
	// +required
	Spec PlacementFundSpec `json:"spec,omitzero"`

	// status is what the operator works out. Nobody else writes it.
	// +optional
	Status PlacementFundStatus `json:"status,omitzero"`
}

// PlacementFundList is a list of PlacementFunds.
//
// +kubebuilder:object:root=true
type PlacementFundList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []PlacementFund `json:"items"`
}
