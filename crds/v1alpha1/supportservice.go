package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ServiceType is what a service offers, in the words Scotland's plans use. A service may offer several. Detox,
// stabilisation, crisis and rehabilitation are different things (Scottish Government, FOI 202300376595).
//
// +kubebuilder:validation:Enum=OpioidSubstitutionTherapy;LongActingBuprenorphine;MATPrimaryCare;HeroinAssistedTreatment;SaferConsumptionFacility;NeedleExchange;NaloxoneSupply;NearFatalOverdoseResponse;Outreach;ResidentialRehab;Detox;Stabilisation;Crisis;DayProgramme;FamilyResidential;FamilySupport;RecoveryCommunity;Aftercare;RecoveryHousing;Advocacy;MentalHealth;PsychologicalSupport;DigitalInclusion;YoungPeople
type ServiceType string

// The service types, in the order of the enum.
const (
	// ServiceOpioidSubstitutionTherapy means methadone, buprenorphine and others, prescribed in place of other opioids.
	ServiceOpioidSubstitutionTherapy ServiceType = "OpioidSubstitutionTherapy"
	// ServiceLongActingBuprenorphine means buprenorphine given as an injection that lasts a week or a month.
	ServiceLongActingBuprenorphine ServiceType = "LongActingBuprenorphine"
	// ServiceMATPrimaryCare means medication assisted treatment shared with a GP or community pharmacy (MAT standard 7).
	ServiceMATPrimaryCare ServiceType = "MATPrimaryCare"
	// ServiceHeroinAssistedTreatment means supervised treatment with pharmaceutical heroin.
	ServiceHeroinAssistedTreatment ServiceType = "HeroinAssistedTreatment"
	// ServiceSaferConsumptionFacility means a place to use drugs under the care of staff.
	ServiceSaferConsumptionFacility ServiceType = "SaferConsumptionFacility"
	// ServiceNeedleExchange means new injecting equipment and disposal of used equipment.
	ServiceNeedleExchange ServiceType = "NeedleExchange"
	// ServiceNaloxoneSupply means take-home naloxone and how to use it.
	ServiceNaloxoneSupply ServiceType = "NaloxoneSupply"
	// ServiceNearFatalOverdoseResponse means contact with a person soon after a near-fatal overdose.
	ServiceNearFatalOverdoseResponse ServiceType = "NearFatalOverdoseResponse"
	// ServiceOutreach means workers who go to where people are (MAT standard 3).
	ServiceOutreach ServiceType = "Outreach"
	// ServiceResidentialRehab means a structured programme in a place to live.
	ServiceResidentialRehab ServiceType = "ResidentialRehab"
	// ServiceDetox means stopping or reducing safely under medical care.
	ServiceDetox ServiceType = "Detox"
	// ServiceStabilisation means help to bring use and prescriptions to a steady level.
	ServiceStabilisation ServiceType = "Stabilisation"
	// ServiceCrisis means a place or a team for a crisis, usually without an appointment.
	ServiceCrisis ServiceType = "Crisis"
	// ServiceDayProgramme means a structured programme by day.
	ServiceDayProgramme ServiceType = "DayProgramme"
	// ServiceFamilyResidential means a residential programme for parents together with their children.
	ServiceFamilyResidential ServiceType = "FamilyResidential"
	// ServiceFamilySupport means support for families and those close to a person who uses drugs or alcohol.
	ServiceFamilySupport ServiceType = "FamilySupport"
	// ServiceRecoveryCommunity means groups and cafés led by people in recovery.
	ServiceRecoveryCommunity ServiceType = "RecoveryCommunity"
	// ServiceAftercare means support in the weeks and months after leaving a service.
	ServiceAftercare ServiceType = "Aftercare"
	// ServiceRecoveryHousing means a home shared with others in recovery.
	ServiceRecoveryHousing ServiceType = "RecoveryHousing"
	// ServiceAdvocacy means independent advocacy and help with rights (MAT standard 8).
	ServiceAdvocacy ServiceType = "Advocacy"
	// ServiceMentalHealth means mental health care (MAT standard 9).
	ServiceMentalHealth ServiceType = "MentalHealth"
	// ServicePsychologicalSupport means psychological therapies and support (MAT standard 6).
	ServicePsychologicalSupport ServiceType = "PsychologicalSupport"
	// ServiceDigitalInclusion means phones, data and the skills to use them.
	ServiceDigitalInclusion ServiceType = "DigitalInclusion"
	// ServiceYoungPeople means a service made for young people.
	ServiceYoungPeople ServiceType = "YoungPeople"
)

// Operation says whether something runs.
//
// +kubebuilder:validation:Enum=Open;Planned;Paused;Closed;Unknown
type Operation string

const (
	// OperationOpen means it runs.
	OperationOpen Operation = "Open"
	// OperationPlanned means it has been announced and does not run yet.
	OperationPlanned Operation = "Planned"
	// OperationPaused means it has stopped for a while.
	OperationPaused Operation = "Paused"
	// OperationClosed means it has ended. It stays listed, so that people who look for it learn that, and what to use instead.
	OperationClosed Operation = "Closed"
	// OperationUnknown means no recent source says. It is not shown as current.
	OperationUnknown Operation = "Unknown"
)

// Gender is whom a service or a place is for. It says nothing about how anybody is recorded elsewhere.
//
// +kubebuilder:validation:Enum=Women;Men;AnyGender
type Gender string

const (
	// GenderWomen means for women.
	GenderWomen Gender = "Women"
	// GenderMen means for men.
	GenderMen Gender = "Men"
	// GenderAny means for people of any gender.
	GenderAny Gender = "AnyGender"
)

// AudienceGroup is a group of people a service is made for.
//
// +kubebuilder:validation:Enum=Families;ParentsWithChildren;Pregnant;YoungPeople;OlderPeople;PeopleInPrison;PeopleLeavingPrison;PeopleInJusticeSystem;PeopleWithoutAHome;PeopleWhoInject;Veterans;LGBT;Carers
type AudienceGroup string

// The groups a service may be made for.
const (
	GroupFamilies              AudienceGroup = "Families"
	GroupParentsWithChildren   AudienceGroup = "ParentsWithChildren"
	GroupPregnant              AudienceGroup = "Pregnant"
	GroupYoungPeople           AudienceGroup = "YoungPeople"
	GroupOlderPeople           AudienceGroup = "OlderPeople"
	GroupPeopleInPrison        AudienceGroup = "PeopleInPrison"
	GroupPeopleLeavingPrison   AudienceGroup = "PeopleLeavingPrison"
	GroupPeopleInJusticeSystem AudienceGroup = "PeopleInJusticeSystem"
	GroupPeopleWithoutAHome    AudienceGroup = "PeopleWithoutAHome"
	GroupPeopleWhoInject       AudienceGroup = "PeopleWhoInject"
	GroupVeterans              AudienceGroup = "Veterans"
	GroupLGBT                  AudienceGroup = "LGBT"
	GroupCarers                AudienceGroup = "Carers"
)

// Audience says whom a service is for. What is left out is not known to be limited.
//
// +kubebuilder:validation:XValidation:rule="!has(self.minimumAgeYears) || !has(self.maximumAgeYears) || self.minimumAgeYears <= self.maximumAgeYears",message="minimumAgeYears must not be more than maximumAgeYears"
// +kubebuilder:validation:MinProperties=0
type Audience struct {
	// genders the service is for. Empty means it is not known. Any of: Women, Men, AnyGender.
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

	// groups the service is made for, for example ParentsWithChildren. Any of: Families, ParentsWithChildren, Pregnant,
	// YoungPeople, OlderPeople, PeopleInPrison, PeopleLeavingPrison, PeopleInJusticeSystem, PeopleWithoutAHome,
	// PeopleWhoInject, Veterans, LGBT, Carers.
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=13
	// +optional
	Groups []AudienceGroup `json:"groups,omitempty"`

	// catchment says from where people are taken. Default: Unknown.
	// +default="Unknown"
	// +optional
	Catchment Catchment `json:"catchment,omitempty"`

	// summary says in a sentence who can come, in the provider's words, for example "Adults from anywhere in
	// Scotland.".
	// +kubebuilder:validation:MaxLength=500
	// +optional
	Summary Prose `json:"summary,omitempty"`
}

// Catchment says from where people are taken.
//
// +kubebuilder:validation:Enum=Partnership;HealthBoard;Scotland;UnitedKingdom;Unknown
type Catchment string

const (
	// CatchmentPartnership means people of the Partnership's own area.
	CatchmentPartnership Catchment = "Partnership"
	// CatchmentHealthBoard means people of the health board's area.
	CatchmentHealthBoard Catchment = "HealthBoard"
	// CatchmentScotland means people from anywhere in Scotland.
	CatchmentScotland Catchment = "Scotland"
	// CatchmentUnitedKingdom means people from anywhere in the United Kingdom.
	CatchmentUnitedKingdom Catchment = "UnitedKingdom"
	// CatchmentUnknown means nobody has said.
	CatchmentUnknown Catchment = "Unknown"
)

// Substance is what a service helps with.
//
// +kubebuilder:validation:Enum=Alcohol;Opioids;Benzodiazepines;Stimulants;Cannabis;PrescribedMedicines;OtherDrugs
type Substance string

// The substances a service may help with.
const (
	SubstanceAlcohol             Substance = "Alcohol"
	SubstanceOpioids             Substance = "Opioids"
	SubstanceBenzodiazepines     Substance = "Benzodiazepines"
	SubstanceStimulants          Substance = "Stimulants"
	SubstanceCannabis            Substance = "Cannabis"
	SubstancePrescribedMedicines Substance = "PrescribedMedicines"
	SubstanceOtherDrugs          Substance = "OtherDrugs"
)

// AccessRoute is a way into a service.
//
// +kubebuilder:validation:Enum=SelfReferral;DropIn;FamilyOrFriend;GP;AnyProfessional;Partnership;Prison;CommunityJustice;AmbulanceService;Police
type AccessRoute string

// The ways into a service.
const (
	RouteSelfReferral     AccessRoute = "SelfReferral"
	RouteDropIn           AccessRoute = "DropIn"
	RouteFamilyOrFriend   AccessRoute = "FamilyOrFriend"
	RouteGP               AccessRoute = "GP"
	RouteAnyProfessional  AccessRoute = "AnyProfessional"
	RoutePartnership      AccessRoute = "Partnership"
	RoutePrison           AccessRoute = "Prison"
	RouteCommunityJustice AccessRoute = "CommunityJustice"
	RouteAmbulanceService AccessRoute = "AmbulanceService"
	RoutePolice           AccessRoute = "Police"
)

// Access says how to get in.
//
// +kubebuilder:validation:MinProperties=0
type Access struct {
	// routes are the ways in. Empty means they are not known. Any of: SelfReferral, DropIn, FamilyOrFriend, GP,
	// AnyProfessional, Partnership, Prison, CommunityJustice, AmbulanceService, Police.
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=10
	// +optional
	Routes []AccessRoute `json:"routes,omitempty"`

	// accepting says whether new people are taken on at present. Default: Unknown.
	// +default="Unknown"
	// +optional
	Accepting Known `json:"accepting,omitempty"`

	// typicalWaitDays is how long people usually wait from referral to start, in days.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1095
	// +optional
	TypicalWaitDays *int32 `json:"typicalWaitDays,omitempty"`

	// summary says in a sentence or two how to start, for example "Call in, or be brought; no appointment needed.".
	// +kubebuilder:validation:MaxLength=500
	// +optional
	Summary Prose `json:"summary,omitempty"`
}

// Verification is the last time somebody checked an entry against the service itself.
type Verification struct {
	// verifiedTime is when it was checked, for example "2026-11-22T21:00:00Z": a date, a capital T, a time and a zone
	// (RFC 3339), from 2000 to 2099.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2100-01-01T00:00:00Z')",message="must be a moment from 2000 to 2099, such as 2026-11-22T21:00:00Z"
	// +required
	VerifiedTime metav1.Time `json:"verifiedTime,omitzero"`

	// verifiedBy is the Partner or Partnership that checked it, for example "phoenix-futures".
	// +required
	VerifiedBy ObjectName `json:"verifiedBy,omitempty"`
}

// SupportServiceSpec says what is offered, to whom, where, when, and how to get in.
//
// +kubebuilder:validation:XValidation:rule="self.operation == 'Closed' || !has(self.closedOn)",message="closedOn is only for a service whose operation is Closed; set operation to Closed or remove closedOn"
// +kubebuilder:validation:XValidation:rule="!(self.operation in ['Planned', 'Paused', 'Closed']) || !has(self.access) || !has(self.access.accepting) || self.access.accepting != 'Yes'",message="a service that is planned, paused or closed takes nobody on; set access.accepting to No or remove it"
// +kubebuilder:validation:XValidation:rule="self.operation != 'Closed' || has(self.closedOn)",message="a closed service needs closedOn, the date it closed as published (YYYY, YYYY-MM or YYYY-MM-DD)"
type SupportServiceSpec struct {
	// displayName is the name people know the service by, for example "Rae House".
	// +kubebuilder:validation:MaxLength=160
	// +required
	DisplayName OneLine `json:"displayName,omitempty"`

	// summary says in a few plain sentences what the service does, for example "A place to live for twelve weeks, with a
	// programme by day.".
	// +kubebuilder:validation:MaxLength=2000
	// +optional
	Summary Prose `json:"summary,omitempty"`

	// types are what the service offers, for example ResidentialRehab and Detox. Any of: OpioidSubstitutionTherapy,
	// LongActingBuprenorphine, MATPrimaryCare, HeroinAssistedTreatment, SaferConsumptionFacility, NeedleExchange,
	// NaloxoneSupply, NearFatalOverdoseResponse, Outreach, ResidentialRehab, Detox, Stabilisation, Crisis, DayProgramme,
	// FamilyResidential, FamilySupport, RecoveryCommunity, Aftercare, RecoveryHousing, Advocacy, MentalHealth,
	// PsychologicalSupport, DigitalInclusion, YoungPeople.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=24
	// +required
	Types []ServiceType `json:"types,omitempty"`

	// providerRef names the Partner that runs the service.
	// +required
	ProviderRef PartnerReference `json:"providerRef,omitzero"`

	// operation says whether the service runs. Default: Open.
	// +default="Open"
	// +optional
	Operation Operation `json:"operation,omitempty"`

	// closedOn is the date the service closed, as published. for example "2023" or "2023-06".
	// Required when operation is Closed, and only then.
	// +optional
	ClosedOn PartialDate `json:"closedOn,omitempty"`

	// audience says whom the service is for.
	// +optional
	Audience *Audience `json:"audience,omitempty"`

	// substances the service helps with. Empty means they are not known. Any of: Alcohol, Opioids, Benzodiazepines,
	// Stimulants, Cannabis, PrescribedMedicines, OtherDrugs.
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=7
	// +optional
	Substances []Substance `json:"substances,omitempty"`

	// matStandards are the numbers of the MAT standards the service delivers, 1 to 10.
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=10
	// +optional
	MATStandards []MATStandard `json:"matStandards,omitempty"`

	// locations where the service is given. Empty means it comes to people, or that its place is not published.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Locations []Location `json:"locations,omitempty"`

	// contact says how to reach the service.
	// +optional
	Contact *Contact `json:"contact,omitempty"`

	// access says how to get in.
	// +optional
	Access *Access `json:"access,omitempty"`

	// languages the service is given in, as two- or three-letter codes (BCP 47 primary subtags), for example "en", "gd",
	// "pl".
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=2
	// +kubebuilder:validation:items:MaxLength=3
	// +kubebuilder:validation:XValidation:rule="self.all(l, l.matches('^[a-z]{2,3}$'))",message="each language must be a two- or three-letter code in lower case, such as en, gd or pl"
	// +optional
	Languages []string `json:"languages,omitempty"`

	// careInspectorateNumber is the service's number at the regulator, CS and ten digits, for example "CS2016348196".
	// +kubebuilder:validation:MinLength=12
	// +kubebuilder:validation:MaxLength=12
	// +kubebuilder:validation:XValidation:rule="self.matches('^CS[0-9]{10}$')",message="must be CS and ten digits, such as CS2016348196"
	// +optional
	CareInspectorateNumber string `json:"careInspectorateNumber,omitempty"`

	// verification is the last time somebody checked the entry against the service itself.
	// +optional
	Verification *Verification `json:"verification,omitempty"`

	// verifyEveryDays is how often the entry ought to be checked, in days. Default: 180.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1095
	// +default=180
	// +optional
	VerifyEveryDays int32 `json:"verifyEveryDays,omitempty"`

	// sources say where the facts above come from.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Sources []Source `json:"sources,omitempty"`
}

// SupportServiceStatus is what the operator works out.
//
// +kubebuilder:validation:MinProperties=1
type SupportServiceStatus struct {
	// conditions are Ready, ReferencesResolved, RecentlyVerified.
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

	// partnership that owns the namespace the service is in.
	// +optional
	Partnership ObjectName `json:"partnership,omitempty"`

	// pools is the number of CapacityPools that belong to the service.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +optional
	Pools *int32 `json:"pools,omitempty"`
}

// SupportService is a service for people who use drugs or alcohol, or for those close to them: what it offers, to whom,
// where, when, how to get in and how long people wait.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=ssv,categories=lifeline
// +kubebuilder:validation:XValidation:rule="!format.dns1123Label().validate(self.metadata.name).hasValue()",message="the name must be lower-case letters, digits and '-' only, at most 63 characters, so that pools can refer to it"
// +kubebuilder:printcolumn:name="Name shown",type=string,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Types",type=string,JSONPath=`.spec.types`
// +kubebuilder:printcolumn:name="Operation",type=string,JSONPath=`.spec.operation`
// +kubebuilder:printcolumn:name="Verified",type=string,JSONPath=`.status.conditions[?(@.type=="RecentlyVerified")].status`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Provider",type=string,JSONPath=`.spec.providerRef.name`,priority=1
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,priority=1
type SupportService struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says what is offered, to whom, where, when, and how to get in. Written by the ADP's administrators.
	// +required
	Spec SupportServiceSpec `json:"spec,omitzero"`

	// status is what the operator works out. Nobody else writes it.
	// +optional
	Status SupportServiceStatus `json:"status,omitzero"`
}

// SupportServiceList is a list of SupportServices.
//
// +kubebuilder:object:root=true
type SupportServiceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []SupportService `json:"items"`
}
