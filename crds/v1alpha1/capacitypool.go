package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PoolKind is what one place in a pool is.
//
// +kubebuilder:validation:Enum=ResidentialRehab;Detox;Stabilisation;Crisis;FamilyResidential;DayProgramme;Device
type PoolKind string

const (
	// PoolResidentialRehab means a bed in residential rehabilitation.
	PoolResidentialRehab PoolKind = "ResidentialRehab"
	// PoolDetox means a bed for detox.
	PoolDetox PoolKind = "Detox"
	// PoolStabilisation means a bed for stabilisation.
	PoolStabilisation PoolKind = "Stabilisation"
	// PoolCrisis means a bed for a crisis.
	PoolCrisis PoolKind = "Crisis"
	// PoolFamilyResidential means a unit for a parent with their children.
	PoolFamilyResidential PoolKind = "FamilyResidential"
	// PoolDayProgramme means a place on a day programme.
	PoolDayProgramme PoolKind = "DayProgramme"
	// PoolDevice means a connected phone.
	PoolDevice PoolKind = "Device"
)

// Features say whom a place in the pool fits. What is Unknown is never read as No, and never as Yes.
//
// +kubebuilder:validation:XValidation:rule="!has(self.minimumAgeYears) || !has(self.maximumAgeYears) || self.minimumAgeYears <= self.maximumAgeYears",message="minimumAgeYears must not be more than maximumAgeYears"
// +kubebuilder:validation:XValidation:rule="!has(self.maximumChildren) || self.children == 'Yes'",message="maximumChildren is only for places that take children; set children to Yes or remove maximumChildren"
// +kubebuilder:validation:MinProperties=0
type Features struct {
	// genders the places are for. Empty means it is not known. Any of: Women, Men, AnyGender.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:XValidation:rule="self.size() == 1 || !('AnyGender' in self)",message="AnyGender stands alone; leave out the others"
	// +optional
	Genders []Gender `json:"genders,omitempty"`

	// minimumAgeYears is the youngest age taken, in years.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=120
	// +optional
	MinimumAgeYears *int32 `json:"minimumAgeYears,omitempty"`

	// maximumAgeYears is the oldest age taken, in years.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=120
	// +optional
	MaximumAgeYears *int32 `json:"maximumAgeYears,omitempty"`

	// children says whether a parent's children can come too. Default: Unknown.
	// +default="Unknown"
	// +optional
	Children Known `json:"children,omitempty"`

	// maximumChildren is how many children one place has room for.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=12
	// +optional
	MaximumChildren int32 `json:"maximumChildren,omitempty"`

	// stepFree says whether a person who uses a wheelchair can live there. Default: Unknown.
	// +default="Unknown"
	// +optional
	StepFree Known `json:"stepFree,omitempty"`

	// detoxOnSite says whether detox is given in the same place. Default: Unknown.
	// +default="Unknown"
	// +optional
	DetoxOnSite Known `json:"detoxOnSite,omitempty"`

	// stayingOnMAT says whether people can stay on medication assisted treatment while there. Default: Unknown.
	// +default="Unknown"
	// +optional
	StayingOnMAT Known `json:"stayingOnMAT,omitempty"`
}

// ClaimScope says whose people may be placed.
//
// +kubebuilder:validation:Enum=Partnership;Selected;Scotland
type ClaimScope string

const (
	// ClaimPartnership means people referred by the Partnership that owns the pool.
	ClaimPartnership ClaimScope = "Partnership"
	// ClaimSelected means people referred by the Partnership that owns the pool and by those in partnerships.
	ClaimSelected ClaimScope = "Selected"
	// ClaimScotland means people referred by any Partnership.
	ClaimScotland ClaimScope = "Scotland"
)

// ClaimableBy says which Partnerships may claim a place in the pool.
//
// +kubebuilder:validation:XValidation:rule="(self.scope == 'Selected') == has(self.partnerships)",message="list partnerships when scope is Selected, and only then"
type ClaimableBy struct {
	// scope is Partnership, Selected or Scotland.
	// +required
	Scope ClaimScope `json:"scope,omitempty"`

	// partnerships that may claim, besides the one that owns the pool. Only with scope Selected.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +optional
	Partnerships []ObjectName `json:"partnerships,omitempty"`
}

// CapacityPoolSpec describes a number of like places.
//
// +kubebuilder:validation:XValidation:rule="self.serviceRef == oldSelf.serviceRef",message="serviceRef cannot be changed: make a new pool for the other service and close this one"
// +kubebuilder:validation:XValidation:rule="self.kind == oldSelf.kind",message="kind cannot be changed: a place of another kind is another pool"
// +kubebuilder:validation:XValidation:rule="self.kind != 'FamilyResidential' || !has(self.features) || !has(self.features.children) || self.features.children != 'No'",message="a FamilyResidential place is for a parent with their children; set features.children to Yes or Unknown, or choose another kind"
type CapacityPoolSpec struct {
	// displayName tells the pool from others of its service, for example "Residential rehab beds".
	// +kubebuilder:validation:MaxLength=160
	// +required
	DisplayName OneLine `json:"displayName,omitempty"`

	// serviceRef names the SupportService the places belong to, in the same namespace. It cannot be changed.
	// +required
	ServiceRef SupportServiceReference `json:"serviceRef,omitzero"`

	// kind of place. It cannot be changed.
	// +required
	Kind PoolKind `json:"kind,omitempty"`

	// operation says whether the places are in use at all. Default: Open. Places of a pool that is not Open are never free.
	// +default="Open"
	// +optional
	Operation Operation `json:"operation,omitempty"`

	// registered is the number of places relied on, with its source: what the regulator allows where that is known, else
	// the provider's own maximum. Absent when no source gives a number.
	// +optional
	Registered *PlacesFigure `json:"registered,omitempty"`

	// otherFigures are published numbers that differ from registered, such as the provider's own where the regulator's is
	// known, each with its source. They are kept, never overwritten.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=8
	// +optional
	OtherFigures []PlacesFigure `json:"otherFigures,omitempty"`

	// features say whom a place fits. What is Unknown is never read as No, and never as Yes.
	// +optional
	Features *Features `json:"features,omitempty"`

	// claimableBy says which Partnerships may claim a place. Absent: the one that owns the pool.
	// +optional
	ClaimableBy *ClaimableBy `json:"claimableBy,omitempty"`

	// fundRoutes are the ways a place can be paid for. Any of: ADP, AdditionalPlacementFund, NationalMission, NHSWard,
	// DualHousingSupport, OtherLocalAuthority, SelfFunded, Insurance, BenefitsOrCharitable. Absent: by any, or at no cost.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=9
	// +optional
	FundRoutes []FundRoute `json:"fundRoutes,omitempty"`

	// holdPeriodSeconds is how long a place is held for a person before it is offered to the next, in seconds. Default:
	// 172800, two days; from 15 minutes to 28 days.
	// +kubebuilder:validation:Minimum=900
	// +kubebuilder:validation:Maximum=2419200
	// +default=172800
	// +optional
	HoldPeriodSeconds int32 `json:"holdPeriodSeconds,omitempty"`

	// confirmEverySeconds is how often the count must be confirmed, in seconds. A count younger than this is Confirmed,
	// younger than twice this Ageing, and Unconfirmed after that. Default: 86400, one day; from 1 minute to 31 days.
	// +kubebuilder:validation:Minimum=60
	// +kubebuilder:validation:Maximum=2678400
	// +default=86400
	// +optional
	ConfirmEverySeconds int32 `json:"confirmEverySeconds,omitempty"`
}

// Trust says how far a figure can be relied on.
//
// +kubebuilder:validation:Enum=Confirmed;Ageing;Unconfirmed;Disputed
type Trust string

const (
	// TrustConfirmed means counted within the pool's own interval.
	TrustConfirmed Trust = "Confirmed"
	// TrustAgeing means counted within twice the interval.
	TrustAgeing Trust = "Ageing"
	// TrustUnconfirmed means counted longer ago, or never. Shown as last known with its age, never counted as free.
	TrustUnconfirmed Trust = "Unconfirmed"
	// TrustDisputed means a provider said since the count that there was no free place after all. Treated as Unconfirmed until
	// somebody counts again.
	TrustDisputed Trust = "Disputed"
)

// CountProvenance says whether somebody counted, or the count was invented to show how the directory works.
//
// +kubebuilder:validation:Enum=Counted;Illustrative
type CountProvenance string

const (
	// CountCounted means the provider counted.
	CountCounted CountProvenance = "Counted"
	// CountIllustrative means invented for a demonstration. Every answer that shows it says so.
	CountIllustrative CountProvenance = "Illustrative"
)

// AllocationState says whether a place is held for somebody or somebody is in it.
//
// +kubebuilder:validation:Enum=Held;Admitted
type AllocationState string

const (
	// AllocationHeld means the place is kept for the claim until holdUntilTime.
	AllocationHeld AllocationState = "Held"
	// AllocationAdmitted means the person is in the place.
	AllocationAdmitted AllocationState = "Admitted"
)

// Allocation is one place given to one claim. While it stands nobody else can have the place: the API server refuses a
// write that gives it to another claim.
//
// +kubebuilder:validation:XValidation:rule="self.claimUID == oldSelf.claimUID",message="the place is given to another claim: release it first"
// +kubebuilder:validation:XValidation:rule="oldSelf.state != 'Admitted' || self.state == 'Admitted'",message="somebody is in the place: it cannot be only held again"
type Allocation struct {
	// place is the number of the place in its pool, from 1.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=128
	// +required
	Place int32 `json:"place,omitempty"`

	// claimUID is the UID of the Placement that has the place.
	// +required
	ClaimUID ObjectUID `json:"claimUID,omitempty"`

	// partnership in whose namespace the Placement is.
	// +required
	Partnership ObjectName `json:"partnership,omitempty"`

	// claimName is the name of the Placement.
	// +required
	ClaimName ObjectName `json:"claimName,omitempty"`

	// attempt of the claim that took the place.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	// +required
	Attempt int32 `json:"attempt,omitempty"`

	// state is Held or Admitted.
	// +required
	State AllocationState `json:"state,omitempty"`

	// heldTime is when the place was given.
	// +required
	HeldTime metav1.Time `json:"heldTime,omitzero"`

	// holdUntilTime is when the hold ends unless somebody is admitted.
	// +required
	HoldUntilTime metav1.Time `json:"holdUntilTime,omitzero"`

	// admittedTime is when the person arrived. Only with Admitted.
	// +optional
	AdmittedTime *metav1.Time `json:"admittedTime,omitempty"`

	// expectedEndTime is when the stay is expected to end. Absent when nobody said.
	// +optional
	ExpectedEndTime *metav1.Time `json:"expectedEndTime,omitempty"`
}

// PlaceCount is a count as it was reported, before admissions and discharges since are carried forward.
type PlaceCount struct {
	// staffed is the number of places open.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=128
	// +required
	Staffed *int32 `json:"staffed,omitempty"`

	// occupied is the number of places with somebody in them.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=256
	// +required
	Occupied *int32 `json:"occupied,omitempty"`

	// held is the number of places the provider promised outside Lifeline.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=256
	// +required
	Held *int32 `json:"held,omitempty"`
}

// Departure is a discharge since the last count of somebody that count included.
type Departure struct {
	// claimUID is the UID of the Placement.
	// +required
	ClaimUID ObjectUID `json:"claimUID,omitempty"`

	// admittedTime is when the person arrived, or when the place was given to them if that was later: a count before that
	// cannot be relied on to have them in it.
	// +required
	AdmittedTime metav1.Time `json:"admittedTime,omitzero"`

	// dischargedTime is when the person left.
	// +required
	DischargedTime metav1.Time `json:"dischargedTime,omitzero"`
}

// CapacityPoolStatus is what the operator works out from the reports and from the places it has given.
//
// +kubebuilder:validation:MinProperties=1
type CapacityPoolStatus struct {
	// conditions are Ready, ReferencesResolved, Overcommitted, CountMismatch, ReportsAccepted.
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

	// partnership that owns the namespace the pool is in.
	// +optional
	Partnership ObjectName `json:"partnership,omitempty"`

	// provider is the Partner that runs the pool's service.
	// +optional
	Provider ObjectName `json:"provider,omitempty"`

	// counted is the last count as it was reported. staffed, occupied and held follow from it, from the allocations and from
	// the departures.
	// +optional
	Counted *PlaceCount `json:"counted,omitempty"`

	// staffed is the number of places open at the last count. Absent when nobody has counted.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=128
	// +optional
	Staffed *int32 `json:"staffed,omitempty"`

	// occupied is the number of places with somebody in them: those of the last count, and who came or left since.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=384
	// +optional
	Occupied *int32 `json:"occupied,omitempty"`

	// held is the number of places promised to somebody who has not arrived yet.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=384
	// +optional
	Held *int32 `json:"held,omitempty"`

	// free is staffed less occupied less held, never below zero. Absent when the figure is Unconfirmed or the pool is not
	// open: a place nobody has confirmed is not a free place.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=128
	// +optional
	Free *int32 `json:"free,omitempty"`

	// trust says how far the figures can be relied on. It changes by itself as time passes.
	// +optional
	Trust Trust `json:"trust,omitempty"`

	// confirmedTime is the moment the count speaks of.
	// +optional
	ConfirmedTime *metav1.Time `json:"confirmedTime,omitempty"`

	// confirmedBy is the Partner or Partnership that counted.
	// +optional
	ConfirmedBy ObjectName `json:"confirmedBy,omitempty"`

	// trustChangeTime is when trust changes next if nobody counts again. Absent when it is Unconfirmed already.
	// +optional
	TrustChangeTime *metav1.Time `json:"trustChangeTime,omitempty"`

	// provenance says whether the figures were counted or are illustrative.
	// +optional
	Provenance CountProvenance `json:"provenance,omitempty"`

	// waiting is how many claims wait in the queue of this pool. It follows the queue within a minute.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	Waiting *int32 `json:"waiting,omitempty"`

	// languages the pool's service is given in, so that claims can be matched to the pool alone.
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=2
	// +kubebuilder:validation:items:MaxLength=3
	// +optional
	Languages []string `json:"languages,omitempty"`

	// allocations are the places given to claims, one entry for each place, at most one for each claim. They are the truth
	// about who has a place; a Placement's status follows them.
	// +listType=map
	// +listMapKey=place
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:XValidation:rule="self.map(a, a.claimUID).distinct().size() == self.size()",message="a claim can have one place only"
	// +optional
	Allocations []Allocation `json:"allocations,omitempty"`

	// departures are the discharges since the last count of people whom that count included.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=256
	// +optional
	Departures []Departure `json:"departures,omitempty"`

	// disputedTime is when a provider last said that there was no free place after all. A later count settles it.
	// +optional
	DisputedTime *metav1.Time `json:"disputedTime,omitempty"`

	// reportName is the CapacityReport the figures come from.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +optional
	ReportName string `json:"reportName,omitempty"`
}

// CapacityPool is a number of like places in one service: beds, family units, day places or phones. The operator merges
// the reports about it into four numbers (registered, staffed, occupied, held), what is free, and how far that can be
// trusted.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=beds;bed;pool,categories=lifeline
// +kubebuilder:validation:XValidation:rule="!format.dns1123Label().validate(self.metadata.name).hasValue()",message="the name must be lower-case letters, digits and '-' only, at most 63 characters, so that reports can refer to it"
// +kubebuilder:validation:XValidation:rule="!has(self.status) || !has(self.status.allocations) || self.status.allocations.all(a, has(oldSelf.status) && has(oldSelf.status.allocations) && oldSelf.status.allocations.exists(o, o.claimUID == a.claimUID)) || (has(self.status.staffed) && has(self.status.occupied) && has(self.status.held) && self.status.occupied + self.status.held <= self.status.staffed)",message="no place is free: a place can be given only where staffed is at least occupied and held together"
// +kubebuilder:validation:XValidation:rule="!has(self.status) || !has(self.status.allocations) || self.status.allocations.all(a, has(oldSelf.status) && has(oldSelf.status.allocations) && oldSelf.status.allocations.exists(o, o.claimUID == a.claimUID)) || (has(self.status.occupied) && has(self.status.held) && self.status.held >= self.status.allocations.filter(a, a.state == 'Held').size() && self.status.occupied >= self.status.allocations.filter(a, a.state == 'Admitted').size())",message="a place is given only together with the numbers: held must count every allocation that is Held, and occupied every one that is Admitted"
// +kubebuilder:printcolumn:name="Kind",type=string,JSONPath=`.spec.kind`
// +kubebuilder:printcolumn:name="Staffed",type=integer,JSONPath=`.status.staffed`
// +kubebuilder:printcolumn:name="Occupied",type=integer,JSONPath=`.status.occupied`
// +kubebuilder:printcolumn:name="Held",type=integer,JSONPath=`.status.held`
// +kubebuilder:printcolumn:name="Free",type=integer,JSONPath=`.status.free`
// +kubebuilder:printcolumn:name="Trust",type=string,JSONPath=`.status.trust`
// +kubebuilder:printcolumn:name="Waiting",type=integer,JSONPath=`.status.waiting`
// +kubebuilder:printcolumn:name="Confirmed",type=date,JSONPath=`.status.confirmedTime`
// +kubebuilder:printcolumn:name="Partnership",type=string,JSONPath=`.status.partnership`,priority=1
// +kubebuilder:printcolumn:name="Registered",type=integer,JSONPath=`.spec.registered.places`,priority=1
// +kubebuilder:printcolumn:name="Operation",type=string,JSONPath=`.spec.operation`,priority=1
// +kubebuilder:printcolumn:name="Provenance",type=string,JSONPath=`.status.provenance`,priority=1
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,priority=1
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
type CapacityPool struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec describes the places. Written by the ADP's administrators.
	// +required
	Spec CapacityPoolSpec `json:"spec,omitzero"`

	// status is what the operator works out. Nobody else writes it.
	// +optional
	Status CapacityPoolStatus `json:"status,omitzero"`
}

// CapacityPoolList is a list of CapacityPools.
//
// +kubebuilder:object:root=true
type CapacityPoolList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []CapacityPool `json:"items"`
}
