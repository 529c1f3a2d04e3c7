// Package record names every field that is kept of a person and of a referral, and the data category of each. What may be
// disclosed to whom is decided by category, so a field that is not named here is kept nowhere and disclosed to nobody.
package record

import (
	"maps"
	"slices"
)

// Category is a kind of data that is disclosed, or not, together.
type Category string

// The categories.
const (
	// Admin is what is needed to pass a referral on: where it came from, where it goes, how it stands.
	Admin Category = "admin"
	// Identity says who the person is.
	Identity Category = "identity"
	// Contact says how the person may be reached.
	Contact Category = "contact"
	// Demographic describes the person roughly: age band, gender, area.
	Demographic Category = "demographic"
	// Need is what the person asks for, and why.
	Need Category = "need"
	// Clinical is about health and treatment.
	Clinical Category = "clinical"
	// Risk is what could harm the person soon.
	Risk Category = "risk"
	// Social is about home and family.
	Social Category = "social"
	// Restricted is what stays shut unless it is named: blood-borne viruses and justice.
	Restricted Category = "restricted"
)

// Categories are all categories, from the least telling to the most.
func Categories() []Category {
	return []Category{Admin, Demographic, Contact, Identity, Need, Social, Risk, Clinical, Restricted}
}

// Field is the name of something that is kept.
type Field string

// The fields. Those of category Admin follow from the history of a referral and are not kept as people's data.
const (
	ReferralID    Field = "referral_id"
	Status        Field = "status"
	CreatedAt     Field = "created_at"
	OriginPartner Field = "origin_partner"
	TargetPartner Field = "target_partner"
	Urgency       Field = "urgency"

	FullName    Field = "full_name"
	DateOfBirth Field = "date_of_birth"
	CHI         Field = "chi"
	Address     Field = "address"

	Phone       Field = "phone"
	Email       Field = "email"
	SafeContact Field = "safe_contact"

	AgeBand  Field = "age_band"
	Gender   Field = "gender"
	Locality Field = "locality"

	ReferralReason Field = "referral_reason"
	Substances     Field = "substances"
	Goals          Field = "goals"

	Medication   Field = "medication"
	OSTStatus    Field = "ost_status"
	Naloxone     Field = "naloxone"
	MentalHealth Field = "mental_health"

	OverdoseAt      Field = "nfo_at"
	OverdoseContext Field = "nfo_context"
	RiskLevel       Field = "risk_level"

	Housing    Field = "housing"
	Dependants Field = "dependants"

	BBVStatus Field = "bbv_status"
	Justice   Field = "justice"
)

// categories is the one table of fields and their categories.
var categories = map[Field]Category{
	ReferralID: Admin, Status: Admin, CreatedAt: Admin, OriginPartner: Admin, TargetPartner: Admin, Urgency: Admin,
	FullName: Identity, DateOfBirth: Identity, CHI: Identity, Address: Identity,
	Phone: Contact, Email: Contact, SafeContact: Contact,
	AgeBand: Demographic, Gender: Demographic, Locality: Demographic,
	ReferralReason: Need, Substances: Need, Goals: Need,
	Medication: Clinical, OSTStatus: Clinical, Naloxone: Clinical, MentalHealth: Clinical,
	OverdoseAt: Risk, OverdoseContext: Risk, RiskLevel: Risk,
	Housing: Social, Dependants: Social,
	BBVStatus: Restricted, Justice: Restricted,
}

// CategoryOf returns the category of a field; false if there is no such field.
func CategoryOf(f Field) (Category, bool) {
	c, ok := categories[f]
	return c, ok
}

// Fields are all fields, sorted by name.
func Fields() []Field { return slices.Sorted(maps.Keys(categories)) }

// FieldsOf are the fields of the categories, sorted by name.
func FieldsOf(of ...Category) []Field {
	return slices.DeleteFunc(Fields(), func(f Field) bool { return !slices.Contains(of, categories[f]) })
}
