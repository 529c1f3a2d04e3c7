package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Sector says what sort of organisation a Partner is.
//
// +kubebuilder:validation:Enum=Statutory;ThirdSector;RecoveryCommunity;Independent
type Sector string

const (
	// SectorStatutory means the NHS, a council, an integration authority, the police, the prison service.
	SectorStatutory Sector = "Statutory"
	// SectorThirdSector means a charity or social enterprise.
	SectorThirdSector Sector = "ThirdSector"
	// SectorRecoveryCommunity means a community led by people in recovery.
	SectorRecoveryCommunity Sector = "RecoveryCommunity"
	// SectorIndependent means a private company.
	SectorIndependent Sector = "Independent"
)

// PublicBody says which public body a statutory Partner is, as far as the law gives duties to some and not to others: what is
// shared to protect somebody goes to the council of the area or to the police.
//
// +kubebuilder:validation:Enum=HealthBoard;Council;IntegrationAuthority;Police;AmbulanceService;PrisonService;NationalBody
type PublicBody string

const (
	// BodyHealthBoard means a health board of the NHS.
	BodyHealthBoard PublicBody = "HealthBoard"
	// BodyCouncil means a council.
	BodyCouncil PublicBody = "Council"
	// BodyIntegrationAuthority means an integration authority, such as a health and social care partnership.
	BodyIntegrationAuthority PublicBody = "IntegrationAuthority"
	// BodyPolice means the police.
	BodyPolice PublicBody = "Police"
	// BodyAmbulanceService means the ambulance service.
	BodyAmbulanceService PublicBody = "AmbulanceService"
	// BodyPrisonService means the prison service.
	BodyPrisonService PublicBody = "PrisonService"
	// BodyNationalBody means any other body for the whole of Scotland.
	BodyNationalBody PublicBody = "NationalBody"
)

// IdentifierScheme says who gave an identifier.
//
// +kubebuilder:validation:Enum=CareInspectorateProvider;CharityNumber;CompanyNumber;NHSLocation
type IdentifierScheme string

const (
	// SchemeCareInspectorateProvider means the Care Inspectorate's provider number, SP and ten digits.
	SchemeCareInspectorateProvider IdentifierScheme = "CareInspectorateProvider"
	// SchemeCharityNumber means the Scottish Charity Regulator's number, SC and six digits.
	SchemeCharityNumber IdentifierScheme = "CharityNumber"
	// SchemeCompanyNumber means the Companies House number, two letters or digits and six digits.
	SchemeCompanyNumber IdentifierScheme = "CompanyNumber"
	// SchemeNHSLocation means the NHS Scotland location code, a letter, three digits and a letter.
	SchemeNHSLocation IdentifierScheme = "NHSLocation"
)

// Identifier is a number an authority gave an organisation.
//
// +kubebuilder:validation:XValidation:rule="self.scheme != 'CareInspectorateProvider' || self.value.matches('^SP[0-9]{10}$')",message="a CareInspectorateProvider identifier is SP and ten digits, such as SP2014012363"
// +kubebuilder:validation:XValidation:rule="self.scheme != 'CharityNumber' || self.value.matches('^SC[0-9]{6}$')",message="a CharityNumber is SC and six digits, such as SC003558"
// +kubebuilder:validation:XValidation:rule="self.scheme != 'CompanyNumber' || self.value.matches('^[A-Z0-9]{2}[0-9]{6}$')",message="a CompanyNumber is eight characters, such as SC123456 or 01234567"
// +kubebuilder:validation:XValidation:rule="self.scheme != 'NHSLocation' || self.value.matches('^[A-Z][0-9]{3}[A-Z]$')",message="an NHSLocation is a letter, three digits and a letter, such as A217H"
type Identifier struct {
	// scheme says who gave the identifier.
	// +required
	Scheme IdentifierScheme `json:"scheme,omitempty"`

	// value of the identifier, for example "SC003558".
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +required
	Value string `json:"value,omitempty"`
}

// LoginRole is a part that somebody who signs in may take.
//
// +kubebuilder:validation:Enum=Referrer;Commissioner;DataLead;Provider;Auditor;PlatformAdmin
type LoginRole string

const (
	// LoginReferrer claims places for people who agreed to it, for an ADP.
	LoginReferrer LoginRole = "Referrer"
	// LoginCommissioner decides for an ADP what is paid for and what is most pressing.
	LoginCommissioner LoginRole = "Commissioner"
	// LoginDataLead looks after the data of an ADP.
	LoginDataLead LoginRole = "DataLead"
	// LoginProvider counts, accepts, admits and discharges for the partner.
	LoginProvider LoginRole = "Provider"
	// LoginAuditor checks afterwards what was done, and does nothing else.
	LoginAuditor LoginRole = "Auditor"
	// LoginPlatformAdmin looks after the platform itself.
	LoginPlatformAdmin LoginRole = "PlatformAdmin"
)

// CareRole is a part that somebody takes in people's care. It bounds what they may see of a person.
//
// +kubebuilder:validation:Enum=Practitioner;Clinician;Clerk;PeerWorker;SafeguardingOfficer;Analyst;OverdoseResponder;DeathReviewer;DataSubject
type CareRole string

const (
	// CarePractitioner works with the person.
	CarePractitioner CareRole = "Practitioner"
	// CareClinician treats the person.
	CareClinician CareRole = "Clinician"
	// CareClerk arranges appointments and letters.
	CareClerk CareRole = "Clerk"
	// CarePeerWorker supports the person out of their own experience.
	CarePeerWorker CareRole = "PeerWorker"
	// CareSafeguardingOfficer protects adults and children at risk.
	CareSafeguardingOfficer CareRole = "SafeguardingOfficer"
	// CareAnalyst looks at figures.
	CareAnalyst CareRole = "Analyst"
	// CareOverdoseResponder answers near-fatal overdoses.
	CareOverdoseResponder CareRole = "OverdoseResponder"
	// CareDeathReviewer takes part in the review of a death.
	CareDeathReviewer CareRole = "DeathReviewer"
	// CareDataSubject is the person themselves.
	CareDataSubject CareRole = "DataSubject"
)

// LoginClient is how the partner's people or software sign in to the API.
//
// +kubebuilder:validation:XValidation:rule="has(self.partnership) || !has(self.roles) || !self.roles.exists(r, r in ['Referrer', 'Commissioner', 'DataLead'])",message="name the partnership that the client's Referrers, Commissioners and DataLeads act for"
type LoginClient struct {
	// issuer of the tokens, exactly as in their iss claim, for example "https://login.example.org".
	// +required
	Issuer WebAddress `json:"issuer,omitempty"`

	// clientID of the partner at the issuer, as in the tokens' azp or client_id claim, for example "harbour-app". A client
	// belongs to one Partner: while two name the same one, nobody can sign in through it.
	// +kubebuilder:validation:MaxLength=253
	// +required
	ClientID OneLine `json:"clientID,omitempty"`

	// roles that those who sign in through the client may have: Referrer, Commissioner, DataLead, Provider, Auditor,
	// PlatformAdmin. Of the roles that a token names these count, and no others; with none, whoever signs in may do what the
	// public may.
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=6
	// +optional
	Roles []LoginRole `json:"roles,omitempty"`

	// careRoles that those who sign in through the client may have: Practitioner, Clinician, Clerk, PeerWorker,
	// SafeguardingOfficer, Analyst, OverdoseResponder, DeathReviewer, DataSubject. Of the care roles that a token names these
	// count, and no others; with none, nobody sees anything of a person through the client.
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=9
	// +optional
	CareRoles []CareRole `json:"careRoles,omitempty"`

	// partnership is the name of the ADP that the client's Referrers, Commissioners and DataLeads act for, for example
	// "glasgow-city". An organisation that acts for several has a client for each, so that every token says for which.
	// +optional
	Partnership ObjectName `json:"partnership,omitempty"`
}

// PayloadMode says what an event sent to a partner carries.
//
// +kubebuilder:validation:Enum=Reference;Minimised
type PayloadMode string

const (
	// PayloadReference means the event names the referral; the partner reads it back, and that read is decided and audited.
	PayloadReference PayloadMode = "Reference"
	// PayloadMinimised means the event carries the fields the partner may see, for partners that cannot call back.
	PayloadMinimised PayloadMode = "Minimised"
)

// Delivery says where events for the partner are sent.
type Delivery struct {
	// url that receives signed events, for example "https://harbour.example.org/events".
	// +required
	URL WebAddress `json:"url,omitempty"`

	// signingSecretRef names the secret that events are signed with (Standard Webhooks).
	// +required
	SigningSecretRef SecretKeyReference `json:"signingSecretRef,omitzero"`

	// payload says what an event carries. Default: Reference.
	// +default="Reference"
	// +optional
	Payload PayloadMode `json:"payload,omitempty"`
}

// Inbound says how the partner's own software tells what happened by signed events, without signing in.
type Inbound struct {
	// signingSecretRef names the secret that the partner signs its events with (Standard Webhooks). It is another one than that of
	// delivery: with the same one, what was sent to the partner could be sent back as if the partner had said it.
	// +required
	SigningSecretRef SecretKeyReference `json:"signingSecretRef,omitzero"`
}

// DataProtection says who answers for the partner's data protection.
type DataProtection struct {
	// contact is the shared mailbox or page of the data-protection team.
	// +required
	Contact Contact `json:"contact,omitzero"`

	// registration is the partner's number in the register of fee payers of the Information Commissioner's Office, for
	// example "Z1234567" or "ZA123456".
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=8
	// +kubebuilder:validation:XValidation:rule="self.matches('^Z[A-Z0-9][0-9]{6}$')",message="must be a registration number of the Information Commissioner's Office, such as Z1234567 or ZA123456"
	// +optional
	Registration string `json:"registration,omitempty"`
}

// Participation says whether a partner takes part.
//
// +kubebuilder:validation:Enum=Active;Suspended
type Participation string

const (
	// ParticipationActive means the partner takes part.
	ParticipationActive Participation = "Active"
	// ParticipationSuspended means the partner may read and send nothing until it is active again; its services stay listed and
	// say so.
	ParticipationSuspended Participation = "Suspended"
)

// PartnerSpec says what an organisation is and how it takes part.
//
// +kubebuilder:validation:XValidation:rule="!has(self.inbound) || !has(self.delivery) || self.inbound.signingSecretRef.__namespace__ != self.delivery.signingSecretRef.__namespace__ || self.inbound.signingSecretRef.name != self.delivery.signingSecretRef.name || self.inbound.signingSecretRef.key != self.delivery.signingSecretRef.key",message="inbound needs a secret of its own: name another entry of a Secret than delivery does"
// +kubebuilder:validation:XValidation:rule="!has(self.publicBody) || (has(self.sector) && self.sector == 'Statutory')",message="publicBody is for the sector Statutory only: leave it out, or set sector to Statutory"
type PartnerSpec struct {
	// displayName is the name people know the organisation by, for example "Phoenix Futures".
	// +kubebuilder:validation:MaxLength=160
	// +required
	DisplayName OneLine `json:"displayName,omitempty"`

	// sector the organisation belongs to. Leave it out when it is not known; sharing is then decided as for no sector.
	// +optional
	Sector Sector `json:"sector,omitempty"`

	// publicBody says which public body it is, where its sector is Statutory. Leave it out when none of them is meant.
	// +optional
	PublicBody PublicBody `json:"publicBody,omitempty"`

	// areas are the names of the Partnerships whose areas it serves, for example "glasgow-city". What is shared about a person
	// goes to an organisation that serves the person's area, unless an agreement says that it may serve another.
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=64
	// +optional
	Areas []ObjectName `json:"areas,omitempty"`

	// participation is Active or Suspended. Default: Active.
	// +default="Active"
	// +optional
	Participation Participation `json:"participation,omitempty"`

	// identifiers that authorities gave the organisation.
	// +listType=map
	// +listMapKey=scheme
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=8
	// +optional
	Identifiers []Identifier `json:"identifiers,omitempty"`

	// contact says how to reach the organisation.
	// +optional
	Contact *Contact `json:"contact,omitempty"`

	// clients are how its people and software sign in to the API.
	// +listType=map
	// +listMapKey=issuer
	// +listMapKey=clientID
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Clients []LoginClient `json:"clients,omitempty"`

	// accounts are the Kubernetes users and groups that may report counts for the organisation's own pools, and for no
	// others.
	// +listType=map
	// +listMapKey=kind
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=32
	// +optional
	Accounts []Account `json:"accounts,omitempty"`

	// delivery says where events are sent. Absent: the partner asks for them itself.
	// +optional
	Delivery *Delivery `json:"delivery,omitempty"`

	// inbound says how the organisation's software tells by signed events what it did with a referral, or how many places there
	// are, as its Providers do in the API. Absent: nothing is taken from it in this way.
	// +optional
	Inbound *Inbound `json:"inbound,omitempty"`

	// dataProtection says who answers for the organisation's data protection.
	// +optional
	DataProtection *DataProtection `json:"dataProtection,omitempty"`

	// sources say where the facts above come from.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Sources []Source `json:"sources,omitempty"`
}

// PartnerStatus is what the operator works out.
//
// +kubebuilder:validation:MinProperties=1
type PartnerStatus struct {
	// conditions are Ready, Complete, and Reachable once the partner was sent an event.
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

	// services is the number of SupportServices that name the partner as their provider.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +optional
	Services *int32 `json:"services,omitempty"`

	// pools is the number of CapacityPools of those services.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +optional
	Pools *int32 `json:"pools,omitempty"`
}

// Partner is an organisation that provides services or takes part in referrals: a health board, a council, a charity, a
// recovery community, a company.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=ptn,categories=lifeline
// +kubebuilder:validation:XValidation:rule="!format.dns1123Label().validate(self.metadata.name).hasValue()",message="the name must be lower-case letters, digits and '-' only, because Roles are named after it"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 54",message="the name must be at most 54 characters, so that its Role provider-<name> is at most 63"
// +kubebuilder:printcolumn:name="Name shown",type=string,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Sector",type=string,JSONPath=`.spec.sector`
// +kubebuilder:printcolumn:name="Services",type=integer,JSONPath=`.status.services`
// +kubebuilder:printcolumn:name="Taking part",type=string,JSONPath=`.spec.participation`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Complete",type=string,JSONPath=`.status.conditions[?(@.type=="Complete")].status`,priority=1
// +kubebuilder:printcolumn:name="Reachable",type=string,JSONPath=`.status.conditions[?(@.type=="Reachable")].status`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Partner struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says what the organisation is and how it takes part. Written by platform admins.
	// +required
	Spec PartnerSpec `json:"spec,omitzero"`

	// status is what the operator works out. Nobody else writes it, save that the API says whether the partner is Reachable.
	// +optional
	Status PartnerStatus `json:"status,omitzero"`
}

// PartnerList is a list of Partners.
//
// +kubebuilder:object:root=true
type PartnerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Partner `json:"items"`
}
