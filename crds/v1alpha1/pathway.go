package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PathwayJourney is what a Pathway is for.
//
// +kubebuilder:validation:Enum=NearFatalOverdose;PrisonToRehab;HospitalDischarge;IntoRehab;Aftercare;RecoveryCommunity
type PathwayJourney string

const (
	// JourneyNearFatalOverdose means reaching somebody who has just had a near-fatal overdose.
	JourneyNearFatalOverdose PathwayJourney = "NearFatalOverdose"
	// JourneyPrisonToRehab means from prison straight into rehab, on the day of liberation.
	JourneyPrisonToRehab PathwayJourney = "PrisonToRehab"
	// JourneyHospitalDischarge means from hospital to support at home or a place.
	JourneyHospitalDischarge PathwayJourney = "HospitalDischarge"
	// JourneyIntoRehab means into rehab from the community.
	JourneyIntoRehab PathwayJourney = "IntoRehab"
	// JourneyAftercare means support after a stay, in the weeks in which the risk is highest.
	JourneyAftercare PathwayJourney = "Aftercare"
	// JourneyRecoveryCommunity means into a community led by people in recovery.
	JourneyRecoveryCommunity PathwayJourney = "RecoveryCommunity"
)

// PathwayTrigger is what sets a Pathway off.
//
// +kubebuilder:validation:Enum=Incident;Notice;Referral
type PathwayTrigger string

const (
	// TriggerIncident means something that happened, such as a call for an ambulance.
	TriggerIncident PathwayTrigger = "Incident"
	// TriggerNotice means that somebody was told, such as of a liberation or a discharge to come.
	TriggerNotice PathwayTrigger = "Notice"
	// TriggerReferral means the referral itself.
	TriggerReferral PathwayTrigger = "Referral"
)

// PathwayRoute says whose ADP's Pathway a person goes along.
//
// +kubebuilder:validation:Enum=PlaceOfIncident;HomeArea;AreaOfReturn
type PathwayRoute string

const (
	// RoutePlaceOfIncident means the ADP where it happened: the place of the call, not the home address.
	RoutePlaceOfIncident PathwayRoute = "PlaceOfIncident"
	// RouteHomeArea means the ADP of where the person lives.
	RouteHomeArea PathwayRoute = "HomeArea"
	// RouteAreaOfReturn means the ADP to which the person goes when they leave prison or hospital.
	RouteAreaOfReturn PathwayRoute = "AreaOfReturn"
)

// PathwayBasis is what lets a person be passed on along a Pathway, under the duty of confidentiality.
//
// +kubebuilder:validation:Enum=Consented;DidNotObject;SharedWithoutAsking
type PathwayBasis string

const (
	// BasisConsented means the person agreed.
	BasisConsented PathwayBasis = "Consented"
	// BasisDidNotObject means the person was told, could object, and did not.
	BasisDidNotObject PathwayBasis = "DidNotObject"
	// BasisSharedWithoutAsking means a law or an overriding interest.
	BasisSharedWithoutAsking PathwayBasis = "SharedWithoutAsking"
)

// PathwayDeadline is the day by which all of a Pathway has to be done.
//
// +kubebuilder:validation:Enum=LiberationDate;DischargeDate
type PathwayDeadline string

const (
	// DeadlineLiberationDate means the day on which the person leaves prison.
	DeadlineLiberationDate PathwayDeadline = "LiberationDate"
	// DeadlineDischargeDate means the day on which the person leaves hospital.
	DeadlineDischargeDate PathwayDeadline = "DischargeDate"
)

// PathwayTask is what a step of a Pathway is.
//
// +kubebuilder:validation:Enum=Answer;Contact;Assessment;Preparation;Naloxone;Aftercare;PeerSupport;FollowUp
type PathwayTask string

const (
	// TaskAnswer means that a responder says that it has the referral.
	TaskAnswer PathwayTask = "Answer"
	// TaskContact means that somebody has spoken with the person.
	TaskContact PathwayTask = "Contact"
	// TaskAssessment means that what the person needs has been assessed.
	TaskAssessment PathwayTask = "Assessment"
	// TaskPreparation means that what comes before a stay is done: detox, a visit, what is needed at home.
	TaskPreparation PathwayTask = "Preparation"
	// TaskNaloxone means that the person was offered take-home naloxone.
	TaskNaloxone PathwayTask = "Naloxone"
	// TaskAftercare means that support afterwards was offered.
	TaskAftercare PathwayTask = "Aftercare"
	// TaskPeerSupport means that the person was put in touch with somebody in recovery.
	TaskPeerSupport PathwayTask = "PeerSupport"
	// TaskFollowUp means that somebody asked how the person is, after support began or ended.
	TaskFollowUp PathwayTask = "FollowUp"
)

// PathwayMoment is from when the time of a step is counted.
//
// +kubebuilder:validation:Enum=Incident;Notice;Referral;StepBefore
type PathwayMoment string

const (
	// FromIncident means from when it happened.
	FromIncident PathwayMoment = "Incident"
	// FromNotice means from when somebody was told.
	FromNotice PathwayMoment = "Notice"
	// FromReferral means from when the referral was made.
	FromReferral PathwayMoment = "Referral"
	// FromStepBefore means from when the step before it was done.
	FromStepBefore PathwayMoment = "StepBefore"
)

// ResponseTime is how long a step may take: hours, or working days.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="has(self.hours) != has(self.workingDays)",message="give either hours or workingDays, and not both"
type ResponseTime struct {
	// hours on the clock, nights and weekends included. From 1 to 2160 (90 days).
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=2160
	// +optional
	Hours *int32 `json:"hours,omitempty"`

	// workingDays are days from Monday to Friday without the bank holidays of Scotland. The day on which they begin does not count,
	// and the last one counts to midnight. From 1 to 90.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=90
	// +optional
	WorkingDays *int32 `json:"workingDays,omitempty"`
}

// PathwayStep is one step of a Pathway.
//
// +kubebuilder:validation:XValidation:rule="self.task != 'Answer' || (has(self.responders) && has(self.within))",message="the step Answer names who answers (responders) and how soon (within)"
// +kubebuilder:validation:XValidation:rule="self.task == 'Answer' || !has(self.responders)",message="responders are for the step Answer only: every other step is for whoever has the referral by then"
// +kubebuilder:validation:XValidation:rule="has(self.within) || !has(self.countedFrom) || self.countedFrom == 'Referral'",message="countedFrom says from when within is counted: give within, or leave countedFrom out"
type PathwayStep struct {
	// task is what the step is. Each can be there once.
	// +required
	Task PathwayTask `json:"task,omitempty"`

	// title says it in the words of the area, for example "Speak with the person, wherever they are".
	// +kubebuilder:validation:MaxLength=160
	// +required
	Title OneLine `json:"title,omitempty"`

	// responders are the names of the Partners that are asked to answer, in turn: whoever does not say in time that it has the
	// referral is followed by the next, for example "harbour". Only for the step Answer.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:XValidation:rule="self.map(r, string(r)).distinct().size() == self.size()",message="name each responder once, and remove the others"
	// +optional
	Responders []ObjectName `json:"responders,omitempty"`

	// within is how long the step may take; of the step Answer, each responder. Left out: until support ends.
	// +optional
	Within *ResponseTime `json:"within,omitempty"`

	// countedFrom is from when within is counted: Incident, Notice, Referral or StepBefore. The next responder's time is counted
	// from when it is asked. Default: Referral.
	// +default="Referral"
	// +optional
	CountedFrom PathwayMoment `json:"countedFrom,omitempty"`
}

// PathwaySpec says who does what by when, for people on one journey.
//
// +kubebuilder:validation:XValidation:rule="self.journey != 'NearFatalOverdose' || (has(self.publicBodies) && ['AmbulanceService', 'Police', 'PrisonService'].all(b, b in self.publicBodies))",message="the pathway after a near-fatal overdose has the ambulance service, the police and the prison service in it: add AmbulanceService, Police and PrisonService to publicBodies"
// +kubebuilder:validation:XValidation:rule="self.journey != 'NearFatalOverdose' || self.routeBy == 'PlaceOfIncident'",message="after a near-fatal overdose the place of the call counts, not the home address: set routeBy to PlaceOfIncident"
// +kubebuilder:validation:XValidation:rule="self.journey != 'PrisonToRehab' || (has(self.deadline) && self.deadline == 'LiberationDate')",message="from prison to rehab the day of liberation is the deadline: set deadline to LiberationDate"
// +kubebuilder:validation:XValidation:rule="self.journey != 'PrisonToRehab' || self.steps.exists(s, s.task == 'Assessment' && has(s.within) && (has(s.within.workingDays) ? s.within.workingDays >= 10 && s.within.workingDays <= 20 : s.within.hours >= 336 && s.within.hours <= 672))",message="from prison to rehab the provider needs two to four weeks for the assessment: add a step Assessment with within of 10 to 20 workingDays (or 336 to 672 hours)"
// +kubebuilder:validation:XValidation:rule="self.routeBy != 'PlaceOfIncident' || self.trigger == 'Incident'",message="the place of an incident counts only where an incident sets the pathway off: set trigger to Incident, or choose another routeBy"
// +kubebuilder:validation:XValidation:rule="!self.steps.exists(s, has(s.countedFrom) && s.countedFrom == 'Incident') || self.trigger == 'Incident'",message="a step can be counted from the incident only where trigger is Incident"
// +kubebuilder:validation:XValidation:rule="!self.steps.exists(s, has(s.countedFrom) && s.countedFrom == 'Notice') || self.trigger != 'Referral'",message="a step can be counted from the notice only where trigger is Incident or Notice"
// +kubebuilder:validation:XValidation:rule="!has(self.withoutAftercare) || !self.steps.exists(s, s.task == 'Aftercare')",message="there is a step Aftercare: remove withoutAftercare, or the step"
// +kubebuilder:validation:XValidation:rule="!has(self.withoutNaloxone) || !self.steps.exists(s, s.task == 'Naloxone')",message="there is a step Naloxone: remove withoutNaloxone, or the step"
type PathwaySpec struct {
	// displayName is the name people know it by, for example "Firth: after a near-fatal overdose".
	// +kubebuilder:validation:MaxLength=160
	// +required
	DisplayName OneLine `json:"displayName,omitempty"`

	// journey is what it is for.
	// +required
	Journey PathwayJourney `json:"journey,omitempty"`

	// trigger is what sets it off: Incident, Notice or Referral.
	// +required
	Trigger PathwayTrigger `json:"trigger,omitempty"`

	// routeBy says which ADP's pathway a person goes along: that of the PlaceOfIncident, the HomeArea or the AreaOfReturn.
	// +required
	RouteBy PathwayRoute `json:"routeBy,omitempty"`

	// publicBodies that have to take part, each through a Partner that serves the area. Any of: HealthBoard, Council,
	// IntegrationAuthority, Police, AmbulanceService, PrisonService, NationalBody.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	// +optional
	PublicBodies []PublicBody `json:"publicBodies,omitempty"`

	// partners are the names of further Partners that have to take part, besides the responders, for example "harbour".
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Partners []ObjectName `json:"partners,omitempty"`

	// purposes for which people's data is shared along it; an agreement has to be in force for each. Any of: DirectCare,
	// ReferralCoordination, OverdoseResponse, AdultProtection, ChildProtection, ServiceMonitoring, DeathReview.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	// +required
	Purposes []SharingPurpose `json:"purposes,omitempty"`

	// bases are what lets a person be passed on along it; an agreement has to speak of each. Any of: Consented, DidNotObject,
	// SharedWithoutAsking.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	// +required
	Bases []PathwayBasis `json:"bases,omitempty"`

	// deadline is the day by which all of it has to be done: LiberationDate or DischargeDate. Left out: none.
	// +optional
	Deadline PathwayDeadline `json:"deadline,omitempty"`

	// steps in order, the first of them Answer. Take-home naloxone and aftercare are offered on every pathway: without a step of
	// their own they are added at the end, unless withoutNaloxone or withoutAftercare says why not.
	// +listType=map
	// +listMapKey=task
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:XValidation:rule="self[0].task == 'Answer'",message="the first step is Answer: it says who is asked and how soon they answer"
	// +kubebuilder:validation:XValidation:rule="!has(self[0].countedFrom) || self[0].countedFrom != 'StepBefore'",message="there is no step before the first one: count it from Incident, Notice or Referral"
	// +required
	Steps []PathwayStep `json:"steps,omitempty"`

	// withoutAftercare says why aftercare is not offered along it, for example "This is aftercare itself".
	// +kubebuilder:validation:MaxLength=300
	// +optional
	WithoutAftercare OneLine `json:"withoutAftercare,omitempty"`

	// withoutNaloxone says why take-home naloxone is not offered along it, for example "Everybody has a kit from the step before".
	// +kubebuilder:validation:MaxLength=300
	// +optional
	WithoutNaloxone OneLine `json:"withoutNaloxone,omitempty"`

	// sources say where the facts above come from.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Sources []Source `json:"sources,omitempty"`
}

// PathwayStatus is what the operator works out.
//
// +kubebuilder:validation:MinProperties=1
type PathwayStatus struct {
	// conditions are Ready, ReferencesResolved, PartiesPresent, Covered, SafetyStepsOffered.
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

	// partnership whose pathway it is.
	// +optional
	Partnership ObjectName `json:"partnership,omitempty"`

	// missingBodies are the public bodies that have to take part and that no Partner stands for. Any of: HealthBoard, Council,
	// IntegrationAuthority, Police, AmbulanceService, PrisonService, NationalBody.
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=7
	// +optional
	MissingBodies []PublicBody `json:"missingBodies,omitempty"`

	// coveredUntilTime is when time alone changes what agreements cover it. Absent if never.
	// +optional
	CoveredUntilTime *metav1.Time `json:"coveredUntilTime,omitempty"`
}

// Pathway says for one journey of people in one ADP's area who must answer by when, and who is asked when nobody does. A referral
// that is made along it keeps to it as it was then: later edits change nothing that is under way. It permits nobody to see
// anything: agreements and the person do.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=pw,categories=lifeline
// +kubebuilder:validation:XValidation:rule="!format.dns1123Label().validate(self.metadata.name).hasValue()",message="the name must be lower-case letters, digits and '-' only, at most 63 characters"
// +kubebuilder:printcolumn:name="Journey",type=string,JSONPath=`.spec.journey`
// +kubebuilder:printcolumn:name="Answers first",type=string,JSONPath=`.spec.steps[0].responders[0]`
// +kubebuilder:printcolumn:name="Hours",type=integer,JSONPath=`.spec.steps[0].within.hours`
// +kubebuilder:printcolumn:name="Working days",type=integer,JSONPath=`.spec.steps[0].within.workingDays`
// +kubebuilder:printcolumn:name="From",type=string,JSONPath=`.spec.steps[0].countedFrom`
// +kubebuilder:printcolumn:name="Covered",type=string,JSONPath=`.status.conditions[?(@.type=="Covered")].status`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Steps",type=string,JSONPath=`.spec.steps[*].task`,priority=1
// +kubebuilder:printcolumn:name="Missing",type=string,JSONPath=`.status.missingBodies`,priority=1
// +kubebuilder:printcolumn:name="Why",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
type Pathway struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says who does what by when. Written by the ADP's administrators.
	// +required
	Spec PathwaySpec `json:"spec,omitzero"`

	// status is what the operator works out. Nobody else writes it.
	// +optional
	Status PathwayStatus `json:"status,omitzero"`
}

// PathwayList is a list of Pathways.
//
// +kubebuilder:object:root=true
type PathwayList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Pathway `json:"items"`
}
