package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CouncilCode is the GSS code of a Scottish council area. Codes replaced in 2018 and 2019 are refused with the rest of
// the register's old codes by the importer, not here: the shape is what is checked.
//
// +kubebuilder:validation:MinLength=9
// +kubebuilder:validation:MaxLength=9
// +kubebuilder:validation:XValidation:rule="self.matches('^S12[0-9]{6}$')",message="must be the GSS code of a council area: S12 and six digits, such as S12000049"
type CouncilCode string

// HealthBoardCode is the GSS code of a Scottish health board.
//
// +kubebuilder:validation:MinLength=9
// +kubebuilder:validation:MaxLength=9
// +kubebuilder:validation:XValidation:rule="self.matches('^S08[0-9]{6}$')",message="must be the GSS code of a health board: S08 and six digits, such as S08000031"
type HealthBoardCode string

// CouncilArea is a council area a Partnership covers.
type CouncilArea struct {
	// code is the GSS code of the council area, for example "S12000049".
	// +required
	Code CouncilCode `json:"code,omitempty"`

	// name of the council area, for example "Glasgow City".
	// +kubebuilder:validation:MaxLength=100
	// +required
	Name OneLine `json:"name,omitempty"`
}

// HealthBoardArea is a health board area a Partnership lies in.
type HealthBoardArea struct {
	// code is the GSS code of the health board, for example "S08000031".
	// +required
	Code HealthBoardCode `json:"code,omitempty"`

	// name of the health board, for example "Greater Glasgow and Clyde".
	// +kubebuilder:validation:MaxLength=100
	// +required
	Name OneLine `json:"name,omitempty"`
}

// MATRatingValue is how far a Partnership has come with one of the ten MAT (medication assisted treatment) standards, on
// Public Health Scotland's scale.
//
// +kubebuilder:validation:Enum=Red;Amber;ProvisionalAmber;ProvisionalGreen;Green;Blue
type MATRatingValue string

const (
	// MATRed means no evidence of implementation.
	MATRed MATRatingValue = "Red"
	// MATAmber means evidence of partial implementation.
	MATAmber MATRatingValue = "Amber"
	// MATProvisionalAmber means partial, not confirmed in all evidence streams.
	MATProvisionalAmber MATRatingValue = "ProvisionalAmber"
	// MATProvisionalGreen means implementation not confirmed in all evidence streams.
	MATProvisionalGreen MATRatingValue = "ProvisionalGreen"
	// MATGreen means fully implemented.
	MATGreen MATRatingValue = "Green"
	// MATBlue means sustained implementation and ongoing monitoring.
	MATBlue MATRatingValue = "Blue"
)

// MATStandard is the number of one of the ten MAT standards (Scottish Government, 2021).
//
// +kubebuilder:validation:Minimum=1
// +kubebuilder:validation:Maximum=10
type MATStandard int32

// MATRating is the published rating of a Partnership for one MAT standard.
type MATRating struct {
	// standard is the number of the MAT standard, 1 to 10.
	// +required
	Standard MATStandard `json:"standard,omitempty"`

	// value of the rating.
	// +required
	Value MATRatingValue `json:"value,omitempty"`

	// source of the rating.
	// +required
	Source Source `json:"source,omitzero"`
}

// PartnershipSpec says what a Partnership is and which areas it covers.
type PartnershipSpec struct {
	// displayName is the name people know it by, for example "Glasgow City ADP".
	// +kubebuilder:validation:MaxLength=120
	// +required
	DisplayName OneLine `json:"displayName,omitempty"`

	// councils are the council areas it covers. A council may be covered by more than one Partnership.
	// +listType=map
	// +listMapKey=code
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +required
	Councils []CouncilArea `json:"councils,omitempty"`

	// healthBoards are the health board areas it lies in.
	// +listType=map
	// +listMapKey=code
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=14
	// +required
	HealthBoards []HealthBoardArea `json:"healthBoards,omitempty"`

	// scotPHOCode is the code ScotPHO uses for the area, for example "S11000015". Publishers group areas differently, so two
	// Partnerships may share one; it identifies nothing.
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=9
	// +kubebuilder:validation:XValidation:rule="self.matches('^S11[0-9]{6}$')",message="must be S11 and six digits, such as S11000015"
	// +optional
	ScotPHOCode string `json:"scotPHOCode,omitempty"`

	// contact says how to reach the Partnership.
	// +optional
	Contact *Contact `json:"contact,omitempty"`

	// matRatings are its published ratings for the ten MAT standards, as Public Health Scotland gives them.
	// +listType=map
	// +listMapKey=standard
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=10
	// +optional
	MATRatings []MATRating `json:"matRatings,omitempty"`

	// administrators may write services, places and reports in the Partnership's own namespace, and nothing in any other.
	// +listType=map
	// +listMapKey=kind
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=32
	// +optional
	Administrators []Account `json:"administrators,omitempty"`

	// sources say where the facts above come from.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Sources []Source `json:"sources,omitempty"`
}

// PlaceTotals adds up pools of one kind. Only figures that are Confirmed or Ageing are added; the others are counted in
// unconfirmedPools, so that a total never hides what it leaves out.
type PlaceTotals struct {
	// kind of the places added up. Kinds are never added together: they are different things.
	// +required
	Kind PoolKind `json:"kind,omitempty"`

	// pools is the number of open pools of the kind.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +required
	Pools *int32 `json:"pools,omitempty"`

	// unconfirmedPools is how many of them are left out of the figures below, because nobody has confirmed them in time.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +required
	UnconfirmedPools *int32 `json:"unconfirmedPools,omitempty"`

	// registered places of all open pools of the kind whose registered number is known.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +required
	Registered *int32 `json:"registered,omitempty"`

	// staffed places, of the pools that are not left out.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +required
	Staffed *int32 `json:"staffed,omitempty"`

	// occupied places, of the pools that are not left out.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +required
	Occupied *int32 `json:"occupied,omitempty"`

	// held places, of the pools that are not left out.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +required
	Held *int32 `json:"held,omitempty"`

	// free places, of the pools that are not left out.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +required
	Free *int32 `json:"free,omitempty"`
}

// PartnershipStatus is what the operator works out.
//
// +kubebuilder:validation:MinProperties=1
type PartnershipStatus struct {
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

	// namespace that belongs to the Partnership: adp-<name>.
	// +optional
	Namespace ObjectName `json:"namespace,omitempty"`

	// services is the number of SupportServices in its namespace.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +optional
	Services *int32 `json:"services,omitempty"`

	// openServices is how many of them are open.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +optional
	OpenServices *int32 `json:"openServices,omitempty"`

	// places adds up the CapacityPools of its namespace, kind by kind.
	// +listType=map
	// +listMapKey=kind
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Places []PlaceTotals `json:"places,omitempty"`

	// freePlaces is the number of places free now, of every kind with beds or units (day places and devices are left out).
	// Absent when none of them has a count to go by. A glance for `kubectl get adp`; see places for the kinds.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +optional
	FreePlaces *int32 `json:"freePlaces,omitempty"`
}

// Partnership is an Alcohol and Drug Partnership (ADP): the health board, councils, police and charities of an area, who
// plan its services together. The operator gives each its own namespace, adp-<name>, with roles for its administrators
// and providers.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=adp,categories=lifeline
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 59",message="the name must be at most 59 characters, so that its namespace adp-<name> is at most 63"
// +kubebuilder:validation:XValidation:rule="!format.dns1123Label().validate(self.metadata.name).hasValue()",message="the name must be lower-case letters, digits and '-' only, because the namespace adp-<name> is made from it"
// +kubebuilder:printcolumn:name="Name shown",type=string,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Services",type=integer,JSONPath=`.status.services`
// +kubebuilder:printcolumn:name="Free",type=integer,JSONPath=`.status.freePlaces`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Namespace",type=string,JSONPath=`.status.namespace`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Partnership struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says what the Partnership is and which areas it covers. Written by platform admins.
	// +required
	Spec PartnershipSpec `json:"spec,omitzero"`

	// status is what the operator works out. Nobody else writes it.
	// +optional
	Status PartnershipStatus `json:"status,omitzero"`
}

// PartnershipList is a list of Partnerships.
//
// +kubebuilder:object:root=true
type PartnershipList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Partnership `json:"items"`
}
