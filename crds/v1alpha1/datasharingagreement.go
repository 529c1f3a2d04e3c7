package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// SharingPurpose is what people's data may be shared for. There is one for each purpose of the rules of sharing but a person's
// own access to what is held about them, which needs no agreement; what those rules prohibit is not among them.
//
// +kubebuilder:validation:Enum=DirectCare;ReferralCoordination;OverdoseResponse;AdultProtection;ChildProtection;ServiceMonitoring;DeathReview
type SharingPurpose string

const (
	// PurposeDirectCare means caring for the person.
	PurposeDirectCare SharingPurpose = "DirectCare"
	// PurposeReferralCoordination means getting a referral to where it should go.
	PurposeReferralCoordination SharingPurpose = "ReferralCoordination"
	// PurposeOverdoseResponse means reaching out after a near-fatal overdose.
	PurposeOverdoseResponse SharingPurpose = "OverdoseResponse"
	// PurposeAdultProtection means protecting an adult at risk of harm.
	PurposeAdultProtection SharingPurpose = "AdultProtection"
	// PurposeChildProtection means protecting a child at risk of harm.
	PurposeChildProtection SharingPurpose = "ChildProtection"
	// PurposeServiceMonitoring means looking at how a service does, without knowing who its people are.
	PurposeServiceMonitoring SharingPurpose = "ServiceMonitoring"
	// PurposeDeathReview means learning from a death.
	PurposeDeathReview SharingPurpose = "DeathReview"
)

// DataCategory is one of the nine categories that every field of a referral is in one of.
//
// +kubebuilder:validation:Enum=Admin;Identity;Contact;Demographic;Need;Clinical;Risk;Social;Restricted
type DataCategory string

const (
	// CategoryAdmin means the referral itself: its state, from whom, to whom, how urgent.
	CategoryAdmin DataCategory = "Admin"
	// CategoryIdentity means who the person is: name, date of birth, CHI number, address.
	CategoryIdentity DataCategory = "Identity"
	// CategoryContact means how to reach the person safely.
	CategoryContact DataCategory = "Contact"
	// CategoryDemographic means age band, gender, locality.
	CategoryDemographic DataCategory = "Demographic"
	// CategoryNeed means why the person asks for help, and what they hope for.
	CategoryNeed DataCategory = "Need"
	// CategoryClinical means treatment and health.
	CategoryClinical DataCategory = "Clinical"
	// CategoryRisk means overdose and other risks.
	CategoryRisk DataCategory = "Risk"
	// CategorySocial means housing and who depends on the person.
	CategorySocial DataCategory = "Social"
	// CategoryRestricted means blood-borne viruses and justice.
	CategoryRestricted DataCategory = "Restricted"
)

// Article6Basis is a lawful basis under Article 6(1) of the UK GDPR.
//
// +kubebuilder:validation:Enum=PublicTask;LegalObligation;VitalInterests;LegitimateInterests;RecognisedLegitimateInterests;Consent
type Article6Basis string

const (
	// Article6PublicTask means 6(1)(e): a task of the controller in the public interest.
	Article6PublicTask Article6Basis = "PublicTask"
	// Article6LegalObligation means 6(1)(c).
	Article6LegalObligation Article6Basis = "LegalObligation"
	// Article6VitalInterests means 6(1)(d).
	Article6VitalInterests Article6Basis = "VitalInterests"
	// Article6LegitimateInterests means 6(1)(f); not for public authorities in their tasks.
	Article6LegitimateInterests Article6Basis = "LegitimateInterests"
	// Article6RecognisedLegitimateInterests means 6(1)(ea): safeguarding, emergencies, a public body's request.
	Article6RecognisedLegitimateInterests Article6Basis = "RecognisedLegitimateInterests"
	// Article6Consent means 6(1)(a).
	Article6Consent Article6Basis = "Consent"
)

// Article9Condition is a condition for data about health under Article 9(2) of the UK GDPR.
//
// +kubebuilder:validation:Enum=HealthOrSocialCare;SubstantialPublicInterest;VitalInterests;PublicHealth;ResearchOrStatistics;ExplicitConsent
type Article9Condition string

const (
	// Article9HealthOrSocialCare means 9(2)(h).
	Article9HealthOrSocialCare Article9Condition = "HealthOrSocialCare"
	// Article9SubstantialPublicInterest means 9(2)(g), with a condition of Schedule 1 of the Data Protection Act 2018.
	Article9SubstantialPublicInterest Article9Condition = "SubstantialPublicInterest"
	// Article9VitalInterests means 9(2)(c).
	Article9VitalInterests Article9Condition = "VitalInterests"
	// Article9PublicHealth means 9(2)(i).
	Article9PublicHealth Article9Condition = "PublicHealth"
	// Article9ResearchOrStatistics means 9(2)(j).
	Article9ResearchOrStatistics Article9Condition = "ResearchOrStatistics"
	// Article9ExplicitConsent means 9(2)(a).
	Article9ExplicitConsent Article9Condition = "ExplicitConsent"
)

// LawfulBasis is what the parties rest their sharing on under data protection law.
type LawfulBasis struct {
	// article6 are the bases under Article 6(1) of the UK GDPR. Any of: PublicTask, LegalObligation, VitalInterests,
	// LegitimateInterests, RecognisedLegitimateInterests, Consent.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	// +required
	Article6 []Article6Basis `json:"article6,omitempty"`

	// article9 are the conditions for data about health under Article 9(2) of the UK GDPR. Any of: HealthOrSocialCare,
	// SubstantialPublicInterest, VitalInterests, PublicHealth, ResearchOrStatistics, ExplicitConsent.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	// +required
	Article9 []Article9Condition `json:"article9,omitempty"`
}

// ConfidentialityBasis is what justifies a disclosure under the duty of confidentiality, which is another question than data
// protection law.
//
// +kubebuilder:validation:Enum=Consented;DidNotObject;SharedWithoutAsking;NotIdentifying
type ConfidentialityBasis string

const (
	// ConfidentialityConsented means the person agreed.
	ConfidentialityConsented ConfidentialityBasis = "Consented"
	// ConfidentialityDidNotObject means the person was told, could object, and did not.
	ConfidentialityDidNotObject ConfidentialityBasis = "DidNotObject"
	// ConfidentialitySharedWithoutAsking means a law or an overriding interest.
	ConfidentialitySharedWithoutAsking ConfidentialityBasis = "SharedWithoutAsking"
	// ConfidentialityNotIdentifying means that nobody can be told from what is shared.
	ConfidentialityNotIdentifying ConfidentialityBasis = "NotIdentifying"
)

// Standing says whether the parties stand by an agreement.
//
// +kubebuilder:validation:Enum=Active;Suspended
type Standing string

const (
	// StandingActive means the agreement counts while its time runs.
	StandingActive Standing = "Active"
	// StandingSuspended means nothing may be shared under the agreement until it is Active again.
	StandingSuspended Standing = "Suspended"
)

// Permission says whether an agreement allows something.
//
// +kubebuilder:validation:Enum=NotAllowed;Allowed
type Permission string

const (
	// PermissionNotAllowed means it does not.
	PermissionNotAllowed Permission = "NotAllowed"
	// PermissionAllowed means it does.
	PermissionAllowed Permission = "Allowed"
)

// DataSharingAgreementSpec says who may share what with whom, for what, and from when until when.
//
// +kubebuilder:validation:XValidation:rule="self.fromTime < self.untilTime",message="untilTime must be later than fromTime: the agreement is in force from fromTime, and no longer at untilTime"
// +kubebuilder:validation:XValidation:rule="self.fromTime < self.reviewByTime && self.reviewByTime <= self.untilTime",message="reviewByTime must be later than fromTime and no later than untilTime: set it to when the parties are to look at the agreement again"
type DataSharingAgreementSpec struct {
	// displayName is the name people know the agreement by, for example "Harbour and NHS Firth: referrals into rehab".
	// +kubebuilder:validation:MaxLength=160
	// +required
	DisplayName OneLine `json:"displayName,omitempty"`

	// parties are the names of the Partners that agreed, for example "harbour" and "nhs-firth". Each of them may share with
	// each other one.
	// +listType=set
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=64
	// +required
	Parties []ObjectName `json:"parties,omitempty"`

	// purposes for which they may share. Any of: DirectCare, ReferralCoordination, OverdoseResponse, AdultProtection,
	// ChildProtection, ServiceMonitoring, DeathReview.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	// +required
	Purposes []SharingPurpose `json:"purposes,omitempty"`

	// categories of data that they may share; what else is in the way (consent, role, purpose) is in the way all the same. Any
	// of: Admin, Identity, Contact, Demographic, Need, Clinical, Risk, Social, Restricted.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=9
	// +required
	Categories []DataCategory `json:"categories,omitempty"`

	// lawfulBasis is what the parties rest their sharing on under the UK GDPR. It is there for people to read: the rules of
	// sharing state the basis of each decision, whatever stands here.
	// +required
	LawfulBasis LawfulBasis `json:"lawfulBasis,omitzero"`

	// confidentiality is what justifies their sharing under the duty of confidentiality. It is there for people to read, as
	// lawfulBasis is. Any of: Consented, DidNotObject, SharedWithoutAsking, NotIdentifying.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	// +required
	Confidentiality []ConfidentialityBasis `json:"confidentiality,omitempty"`

	// fromTime is the first moment of the agreement, for example "2026-04-01T00:00:00Z": a date, a capital T, a time in whole
	// seconds and a zone (RFC 3339), from 2000 to 2099.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2100-01-01T00:00:00Z')",message="must be a moment from 2000 to 2099, such as 2026-04-01T00:00:00Z"
	// +required
	FromTime metav1.Time `json:"fromTime,omitzero"`

	// reviewByTime is when the parties are to have looked at the agreement again, for example "2027-01-01T00:00:00Z". From then
	// on it is due for review, and still in force.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2100-01-01T00:00:00Z')",message="must be a moment from 2000 to 2099, such as 2027-01-01T00:00:00Z"
	// +required
	ReviewByTime metav1.Time `json:"reviewByTime,omitzero"`

	// untilTime is the first moment at which the agreement is no longer in force, for example "2027-04-01T00:00:00Z".
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('2000-01-01T00:00:00Z') && self < timestamp('2100-01-01T00:00:00Z')",message="must be a moment from 2000 to 2099, such as 2027-04-01T00:00:00Z"
	// +required
	UntilTime metav1.Time `json:"untilTime,omitzero"`

	// standing is Active or Suspended; nothing may be shared under an agreement that is suspended. Default: Active.
	// +default="Active"
	// +optional
	Standing Standing `json:"standing,omitempty"`

	// crossArea says whether a recipient need not serve the ADP's area, as when a person goes to a rehab elsewhere. Allowed or
	// NotAllowed. Default: NotAllowed.
	// +default="NotAllowed"
	// +optional
	CrossArea Permission `json:"crossArea,omitempty"`

	// onwardDisclosure says whether a recipient may pass on to another party what it was given. Allowed or NotAllowed. Default:
	// NotAllowed.
	// +default="NotAllowed"
	// +optional
	OnwardDisclosure Permission `json:"onwardDisclosure,omitempty"`

	// document is where the signed agreement can be read, for example "https://www.firth.example.org/agreements/14".
	// +optional
	Document WebAddress `json:"document,omitempty"`

	// sources say where the facts above come from.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Sources []Source `json:"sources,omitempty"`
}

// AgreementState says how an agreement stands, by what it says and the clock alone.
//
// +kubebuilder:validation:Enum=NotStarted;InForce;DueForReview;Ended;Suspended
type AgreementState string

const (
	// AgreementNotStarted means its first moment is still to come.
	AgreementNotStarted AgreementState = "NotStarted"
	// AgreementInForce means it allows what it says.
	AgreementInForce AgreementState = "InForce"
	// AgreementDueForReview means it is in force, and the parties were to have looked at it again by now.
	AgreementDueForReview AgreementState = "DueForReview"
	// AgreementEnded means its time is over.
	AgreementEnded AgreementState = "Ended"
	// AgreementSuspended means its standing is Suspended, and its time is not over.
	AgreementSuspended AgreementState = "Suspended"
)

// DataSharingAgreementStatus is what the operator works out.
//
// +kubebuilder:validation:MinProperties=1
type DataSharingAgreementStatus struct {
	// conditions are Ready, ReferencesResolved, InForce.
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

	// state is NotStarted, InForce, DueForReview, Ended or Suspended. Due for review is still in force.
	// +optional
	State AgreementState `json:"state,omitempty"`

	// stateUntilTime is when time alone changes the state next. Absent once it has ended.
	// +optional
	StateUntilTime *metav1.Time `json:"stateUntilTime,omitempty"`

	// partnership whose area the agreement is for.
	// +optional
	Partnership ObjectName `json:"partnership,omitempty"`
}

// DataSharingAgreement is what some Partners agreed to share about people of one ADP's area, in whose namespace it is. An
// agreement about several areas is written down in the namespace of each. It permits nothing by itself: the person's consent, or
// the law, has to allow the sharing as well.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=dsa,categories=lifeline
// +kubebuilder:validation:XValidation:rule="!format.dns1123Label().validate(self.metadata.name).hasValue()",message="the name must be lower-case letters, digits and '-' only, at most 63 characters"
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Parties",type=string,JSONPath=`.spec.parties`
// +kubebuilder:printcolumn:name="From",type=string,JSONPath=`.spec.fromTime`
// +kubebuilder:printcolumn:name="Until",type=string,JSONPath=`.spec.untilTime`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Review by",type=string,JSONPath=`.spec.reviewByTime`,priority=1
// +kubebuilder:printcolumn:name="Purposes",type=string,JSONPath=`.spec.purposes`,priority=1
// +kubebuilder:printcolumn:name="Why",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
type DataSharingAgreement struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says what was agreed. Written by platform admins; the ADP's administrators read it.
	// +required
	Spec DataSharingAgreementSpec `json:"spec,omitzero"`

	// status is what the operator works out. Nobody else writes it.
	// +optional
	Status DataSharingAgreementStatus `json:"status,omitzero"`
}

// DataSharingAgreementList is a list of DataSharingAgreements.
//
// +kubebuilder:object:root=true
type DataSharingAgreementList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []DataSharingAgreement `json:"items"`
}
