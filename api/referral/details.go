package referral

import (
	"log/slog"
	"time"

	"lifeline.scot/api/record"
)

// Details are what a referral asks for and tells besides who the person is. All of it is optional but the reason. JSON members
// are named as their fields.
type Details struct {
	// Reason is what the person asks for and why, in words they could read.
	Reason string `json:"referral_reason,omitempty"`
	// Substances the person uses, if that is part of it.
	Substances *Substances `json:"substances,omitempty"`
	// Goals are what the person hopes for, in their words.
	Goals string `json:"goals,omitempty"`

	Medication   *Medication `json:"medication,omitempty"`
	OST          *OST        `json:"ost_status,omitempty"`
	Naloxone     Naloxone    `json:"naloxone,omitempty"`
	MentalHealth string      `json:"mental_health,omitempty"`

	// OverdoseAt is when the person had a near-fatal overdose, if that is why they are referred.
	OverdoseAt      time.Time `json:"nfo_at,omitzero"`
	OverdoseContext *Overdose `json:"nfo_context,omitempty"`
	RiskLevel       *Risk     `json:"risk_level,omitempty"`

	Housing    *Housing    `json:"housing,omitempty"`
	Dependants *Dependants `json:"dependants,omitempty"`

	BBV     *BBV     `json:"bbv_status,omitempty"`
	Justice *Justice `json:"justice,omitempty"`
}

// String implements fmt.Stringer with nobody's data.
func (Details) String() string { return "details of a referral" }

// GoString implements fmt.GoStringer with nobody's data.
func (Details) GoString() string { return "details of a referral" }

// LogValue implements slog.LogValuer with nobody's data.
func (Details) LogValue() slog.Value { return slog.StringValue("details of a referral") }

// Substance is a kind of substance.
type Substance string

// The kinds.
const (
	Alcohol         Substance = "Alcohol"
	Heroin          Substance = "Heroin"
	OtherOpioids    Substance = "OtherOpioids"
	Nitazenes       Substance = "Nitazenes"
	Benzodiazepines Substance = "Benzodiazepines"
	Cocaine         Substance = "Cocaine"
	Cannabis        Substance = "Cannabis"
	Amphetamines    Substance = "Amphetamines"
	Gabapentinoids  Substance = "Gabapentinoids"
	Ketamine        Substance = "Ketamine"
	OtherSubstance  Substance = "Other"
)

// Substances are what the person uses and how it has been.
type Substances struct {
	Kinds []Substance `json:"kinds,omitempty"`
	// History is use and earlier support in words, stays in rehab and detox among them.
	History string `json:"history,omitempty"`
}

// Medication is what is prescribed, and what a prescriber has to know with it.
type Medication struct {
	Prescribed string `json:"prescribed,omitempty"`
	Allergies  string `json:"allergies,omitempty"`
	// History is earlier and present illness.
	History string `json:"history,omitempty"`
}

// OSTKind is the medicine of opioid substitution therapy.
type OSTKind string

// The kinds.
const (
	OSTNone                   OSTKind = "NotPrescribed"
	OSTMethadone              OSTKind = "Methadone"
	OSTBuprenorphine          OSTKind = "Buprenorphine"
	OSTBuprenorphineInjection OSTKind = "BuprenorphineInjection"
	OSTHeroinAssisted         OSTKind = "HeroinAssistedTreatment"
	OSTOther                  OSTKind = "Other"
)

// OST is opioid substitution therapy. Whether the person wants to stay on it is theirs to say; no answer ranks above another.
type OST struct {
	Kind OSTKind `json:"kind"`
	// DailyMicrograms is the dose of a day in micrograms; 0 if it is not known or not daily.
	DailyMicrograms int32 `json:"dailyMicrograms,omitempty"`
	// Wishes of the person about it.
	Wishes string `json:"wishes,omitempty"`
}

// Naloxone says whether the person has a take-home kit.
type Naloxone string

// The values.
const (
	NaloxoneHeld        Naloxone = "HasKit"
	NaloxoneNeeded      Naloxone = "NeedsKit"
	NaloxoneChoseNot    Naloxone = "ChoseNotToHaveOne"
	NaloxoneNotRelevant Naloxone = "NotRelevant"
)

// Overdose is what is known of a near-fatal overdose.
type Overdose struct {
	// NaloxoneGiven says whether somebody gave naloxone.
	NaloxoneGiven YesNo `json:"naloxoneGiven,omitempty"`
	// Substances thought to be involved.
	Substances []Substance `json:"substances,omitempty"`
	// Place is where it was, in words: pathways go by the place of the call, not the home address.
	Place string `json:"place,omitempty"`
	// Account is what happened, in words.
	Account string `json:"account,omitempty"`
}

// YesNo is an answer that may be missing: empty means nobody said.
type YesNo string

// The answers.
const (
	Yes YesNo = "Yes"
	No  YesNo = "No"
)

// RiskGrade is how pressing a risk is.
type RiskGrade string

// The grades.
const (
	RiskStandard RiskGrade = "Standard"
	RiskRaised   RiskGrade = "Raised"
	RiskHigh     RiskGrade = "High"
)

// Risk is what could harm the person soon, and what helps.
type Risk struct {
	Grade   RiskGrade `json:"grade"`
	Account string    `json:"account,omitempty"`
}

// HousingKind is how somebody lives.
type HousingKind string

// The kinds.
const (
	HousingOwn           HousingKind = "OwnTenancyOrHome"
	HousingWithOthers    HousingKind = "WithFamilyOrFriends"
	HousingTemporary     HousingKind = "Temporary"
	HousingSupported     HousingKind = "Supported"
	HousingHospital      HousingKind = "Hospital"
	HousingPrison        HousingKind = "Prison"
	HousingRoofless      HousingKind = "Roofless"
	HousingSomewhereElse HousingKind = "SomewhereElse"
)

// Housing is how the person lives, and whether a tenancy has to be kept while they are away.
type Housing struct {
	Kind HousingKind `json:"kind"`
	// KeepTenancy says whether the rent has to be paid during a stay, as the Dual Housing Support Fund does.
	KeepTenancy YesNo  `json:"keepTenancy,omitempty"`
	Account     string `json:"account,omitempty"`
}

// Dependants are whom the person looks after, and their family as far as it matters.
type Dependants struct {
	// Children is how many children the person looks after.
	Children int32 `json:"children,omitempty"`
	// Coming is how many of them would come along.
	Coming  int32  `json:"coming,omitempty"`
	Account string `json:"account,omitempty"`
}

// BBV is what is known of blood-borne viruses.
type BBV struct {
	Tested  YesNo  `json:"tested,omitempty"`
	Account string `json:"account,omitempty"`
}

// Justice is what a service has to know of courts and prison to support the person.
type Justice struct {
	// Liberation is the day the person leaves prison: the day a place has to be there.
	Liberation time.Time `json:"liberation,omitzero"`
	Prison     string    `json:"prison,omitempty"`
	// Orders are conditions set by a court or a licence.
	Orders string `json:"orders,omitempty"`
}

// Values are the fields that the details tell. It fails with a [record.Invalid] if one is too large to be kept.
func (d Details) Values() (record.Values, error) { return record.Split(d) }
