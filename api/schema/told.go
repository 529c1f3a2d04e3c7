package schema

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
)

// caseOf is a referral cut to what whoever asks may see, with the view that partners are found in.
type caseOf struct {
	view *directory.View
	cut  disclosure.Cut
}

// told is a field of a referral: known, or not known, or withheld with the reasons.
type toldOf[V any] struct {
	state   disclosure.State
	reasons []string
	value   *V
}

// toldTypes are the types of fields of referrals, one for each kind of value.
type toldTypes struct {
	sharingReason *engine.Object

	toldText, toldDate, toldInstant, toldStatus, toldPartner, toldUrgency, toldName, toldAddress        *engine.Object
	toldSafeContact, toldAgeBand, toldGender, toldLocality, toldSubstances, toldMedication, toldOST     *engine.Object
	toldNaloxone, toldOverdose, toldRisk, toldHousing, toldDependants, toldBBV, toldJustice             *engine.Object
	toldCircumstances, toldPathway                                                                      *engine.Object
	personName, address, safeContact, genderSaidObject, locality, substancesTold, medication, ostObject *engine.Object
	overdose, risk, housingObject, dependants, bbv, justice, circumstances                              *engine.Object
}

// mostReasonsGiven bounds how many reasons come with anything.
const mostReasonsGiven = 8

// kind declares the type of fields with values of one kind.
func toldKind[V any](t *types, name, what string, value engine.Type) *engine.Object {
	return object("Told"+name, what+" as far as you may see it. state says whether value is there, or why it is not.", func() []engine.Field {
		return []engine.Field{
			engine.Get("state", "Whether it is known, not known to anybody, or withheld.", required(t.toldState),
				func(x toldOf[V]) disclosure.State { return x.state }),
			engine.Get("reasons", "Why it is withheld; empty if it is not.", each(t.sharingReason),
				func(x toldOf[V]) []reason { return reasonsOf(x.reasons) }).Sized(mostReasonsGiven),
			engine.Get("value", "What was told; null unless state is KNOWN.", value, func(x toldOf[V]) *V { return x.value }),
		}
	})
}

// reason is a code of the rules.
type reason string

func reasonsOf(codes []string) []reason {
	all := make([]reason, len(codes))
	for i, code := range codes {
		all[i] = reason(code)
	}
	return all
}

// tell declares a field of a referral.
func tell[V any](f record.Field, description string, of *engine.Object) engine.Field {
	return engine.Resolve(casework.InputName(f), description, required(of), nil,
		func(_ context.Context, c caseOf, _ engine.Args) (toldOf[V], error) { return readTold[V](c, f) })
}

func readTold[V any](c caseOf, f record.Field) (toldOf[V], error) {
	field, err := c.cut.Field(f)
	if err != nil {
		return toldOf[V]{}, err
	}
	x := toldOf[V]{state: field.State, reasons: field.Reasons}
	if field.State == disclosure.Known {
		x.value = new(V)
		if err := json.Unmarshal(field.JSON, x.value); err != nil { // which may quote it
			return toldOf[V]{}, fmt.Errorf("read %s: %T", f, err)
		}
	}
	return x, nil
}

// partnerNamed is a partner by its name, whether or not it is in the directory.
type partnerNamed struct {
	view *directory.View
	toldOf[string]
}

func (t *types) tellPartner(f record.Field, description string) engine.Field {
	return engine.Resolve(casework.InputName(f), description, required(t.toldPartner), nil,
		func(_ context.Context, c caseOf, _ engine.Args) (partnerNamed, error) {
			name, err := readTold[string](c, f)
			return partnerNamed{c.view, name}, err
		})
}

func (t *types) declareTold() {
	t.sharingReason = object("SharingReason", "Why something may be seen, or not.", func() []engine.Field {
		return []engine.Field{
			engine.Get("code", "For programs.", required(engine.String), func(r reason) string { return string(r) }),
			engine.Get("inWords", "For people.", required(engine.String), func(r reason) string { return disclosure.ReasonInWords(string(r)) }),
		}
	})
	t.declareToldPerson()
	t.declareToldNeeds()
	t.toldText = toldKind[string](t, "Text", "A text", engine.String)
	t.toldDate = toldKind[person.Date](t, "Date", "A day", t.date)
	t.toldInstant = toldKind[time.Time](t, "DateTime", "A moment", t.dateTime)
	t.toldStatus = toldKind[referral.Status](t, "ReferralStatus", "How the referral stands", t.referralStatus)
	t.toldUrgency = toldKind[referral.Urgency](t, "ReferralUrgency", "How pressing it is", t.urgency)
	t.toldName = toldKind[person.Name](t, "PersonName", "What the person is called", t.personName)
	t.toldAddress = toldKind[person.Address](t, "Address", "Where the person lives", t.address)
	t.toldSafeContact = toldKind[person.SafeContact](t, "SafeContact", "The person's rules for being reached", t.safeContact)
	t.toldAgeBand = toldKind[person.AgeBand](t, "AgeBand", "Roughly how old the person is", t.ageBand)
	t.toldGender = toldKind[person.GenderSaid](t, "Gender", "What the person says of their gender", t.genderSaidObject)
	t.toldLocality = toldKind[person.Locality](t, "Locality", "Roughly where the person is from", t.locality)
	t.toldSubstances = toldKind[referral.Substances](t, "Substances", "What the person uses", t.substancesTold)
	t.toldMedication = toldKind[referral.Medication](t, "Medication", "What is prescribed", t.medication)
	t.toldOST = toldKind[referral.OST](t, "OST", "Opioid substitution therapy", t.ostObject)
	t.toldNaloxone = toldKind[referral.Naloxone](t, "Naloxone", "Whether the person has a kit", t.naloxone)
	t.toldOverdose = toldKind[referral.Overdose](t, "Overdose", "What is known of a near-fatal overdose", t.overdose)
	t.toldRisk = toldKind[referral.Risk](t, "Risk", "What could harm the person soon", t.risk)
	t.toldHousing = toldKind[referral.Housing](t, "Housing", "How the person lives", t.housingObject)
	t.toldDependants = toldKind[referral.Dependants](t, "Dependants", "Whom the person looks after", t.dependants)
	t.toldBBV = toldKind[referral.BBV](t, "BBV", "What is known of blood-borne viruses", t.bbv)
	t.toldJustice = toldKind[referral.Justice](t, "Justice", "What matters of courts and prison", t.justice)
	t.toldCircumstances = toldKind[referral.Circumstances](t, "Circumstances", "The circumstances of the person", t.circumstances)
	t.toldPartner = object("ToldPartner", "A partner as far as you may see it. state says whether name is there, or why it is not.",
		t.toldPartnerFields)
}

func (t *types) toldPartnerFields() []engine.Field {
	return []engine.Field{
		engine.Get("state", "Whether it is known or withheld.", required(t.toldState),
			func(x partnerNamed) disclosure.State { return x.state }),
		engine.Get("reasons", "Why it is withheld; empty if it is not.", each(t.sharingReason),
			func(x partnerNamed) []reason { return reasonsOf(x.reasons) }).Sized(mostReasonsGiven),
		engine.Get("name", "Its name in the directory; null unless state is KNOWN.", engine.String,
			func(x partnerNamed) *string { return x.value }),
		engine.Get("partner", "The partner; null unless state is KNOWN and it is in the directory.", t.partner,
			func(x partnerNamed) *of[*directory.Partner] {
				if x.value == nil {
					return nil
				}
				return pointerTo(x.view, present(x.view.Partner(*x.value)))
			}),
	}
}

// toldFields are the fields of a referral, all 30 of them.
func (t *types) toldFields() []engine.Field {
	return []engine.Field{
		tell[string](record.ReferralID, "Its opaque number.", t.toldText),
		tell[referral.Status](record.Status, "How it stands.", t.toldStatus),
		tell[time.Time](record.CreatedAt, "When it was made.", t.toldInstant),
		t.tellPartner(record.OriginPartner, "The partner that made it."),
		t.tellPartner(record.TargetPartner, "The partner that is asked now."),
		tell[referral.Urgency](record.Urgency, "How pressing it is.", t.toldUrgency),
		tell[person.Name](record.FullName, "What the person is called.", t.toldName),
		tell[person.Date](record.DateOfBirth, "When the person was born.", t.toldDate),
		tell[string](record.CHI, "The Community Health Index number: ten digits. Nothing about gender is read from it.", t.toldText),
		tell[person.Address](record.Address, "Where the person lives, or that they have no fixed abode.", t.toldAddress),
		tell[string](record.Phone, "A telephone number. See safeContact before you use it.", t.toldText),
		tell[string](record.Email, "An email address. See safeContact before you use it.", t.toldText),
		tell[person.SafeContact](record.SafeContact, "The person's rules for being reached. What they did not allow is not safe.", t.toldSafeContact),
		tell[person.AgeBand](record.AgeBand, "Roughly how old the person is.", t.toldAgeBand),
		tell[person.GenderSaid](record.Gender, "What the person says of their own gender.", t.toldGender),
		tell[person.Locality](record.Locality, "Roughly where the person is from, or wants to go back to.", t.toldLocality),
		tell[string](record.ReferralReason, "What the person asks for, and why.", t.toldText),
		tell[referral.Substances](record.Substances, "What the person uses.", t.toldSubstances),
		tell[string](record.Goals, "What the person hopes for, in their words.", t.toldText),
		tell[referral.Medication](record.Medication, "What is prescribed.", t.toldMedication),
		tell[referral.OST](record.OSTStatus, "Opioid substitution therapy.", t.toldOST),
		tell[referral.Naloxone](record.Naloxone, "Whether the person has a take-home kit.", t.toldNaloxone),
		tell[string](record.MentalHealth, "How the person is, in words.", t.toldText),
		tell[time.Time](record.OverdoseAt, "When the person had a near-fatal overdose.", t.toldInstant),
		tell[referral.Overdose](record.OverdoseContext, "What is known of the overdose.", t.toldOverdose),
		tell[referral.Risk](record.RiskLevel, "What could harm the person soon, and what helps.", t.toldRisk),
		tell[referral.Housing](record.Housing, "How the person lives.", t.toldHousing),
		tell[referral.Dependants](record.Dependants, "Whom the person looks after.", t.toldDependants),
		tell[referral.BBV](record.BBVStatus, "What is known of blood-borne viruses.", t.toldBBV),
		tell[referral.Justice](record.Justice, "What a service has to know of courts and prison.", t.toldJustice),
	}
}

func (t *types) declareToldPerson() {
	text := func(name, description string, read func(person.Name) string) engine.Field {
		return engine.Get(name, description, engine.String, func(n person.Name) *string { return orNull(read(n)) })
	}
	t.personName = object("PersonName", "What somebody is called.", func() []engine.Field {
		return []engine.Field{
			engine.Get("used", "The name to call the person by.", required(engine.String), person.Name.Used),
			text("chosen", "What the person wants to be called; null if it is the recorded name.", func(n person.Name) string { return n.Chosen }),
			text("recorded", "The name in health records or on papers, where the person wants to tell it.",
				func(n person.Name) string { return n.Recorded }),
			text("pronouns", "Pronouns the person uses.", func(n person.Name) string { return n.Pronouns }),
		}
	})
	t.address = object("Address", "Where somebody lives, or that they have no fixed abode.", func() []engine.Field {
		type a = person.Address
		return []engine.Field{
			engine.Get("abode", "Whether there is an address.", required(t.abode), func(x a) person.Abode { return x.Abode }),
			engine.Get("lines", "The lines of the address.", each(engine.String), func(x a) []string { return x.Lines }),
			engine.Get("postcode", "The postcode.", engine.String, func(x a) *string { return orNull(x.Postcode) }),
			engine.Get("found", "Where somebody with no fixed abode can usually be found.", engine.String, func(x a) *string { return orNull(x.Found) }),
		}
	})
	t.safeContact = object("SafeContact", "Somebody's rules for being reached.", func() []engine.Field {
		type s = person.SafeContact
		return []engine.Field{
			engine.Get("may", "The ways the person agreed to; empty: only in person or through their worker.", each(t.way),
				func(x s) []person.Way { return x.May }),
			engine.Get("saying", "What may be said to somebody else who answers; null: nothing.", t.saying, func(x s) person.Saying { return x.Saying }),
			engine.Get("when", "When it is safe.", engine.String, func(x s) *string { return orNull(x.When) }),
			engine.Get("beware", "What a worker has to know first.", engine.String, func(x s) *string { return orNull(x.Beware) }),
		}
	})
	t.genderSaidObject = object("GenderSaid", "What somebody says of their own gender.", func() []engine.Field {
		type g = person.GenderSaid
		return []engine.Field{
			engine.Get("is", "What they say.", required(t.genderSaid), func(x g) person.Gender { return x.Is }),
			engine.Get("words", "Words of their own.", engine.String, func(x g) *string { return orNull(x.Words) }),
		}
	})
	t.locality = object("Locality", "Roughly where somebody is from.", func() []engine.Field {
		type l = person.Locality
		return []engine.Field{
			engine.Get("area", "The code of a council, ADP or health board.", engine.String, func(x l) *string { return orNull(x.Area) }),
			engine.Get("returnArea", "Where the person will live afterwards.", engine.String, func(x l) *string { return orNull(x.ReturnArea) }),
		}
	})
	t.circumstances = object("Circumstances", "What the rules of sharing know of somebody besides what is told.", t.circumstancesFields)
}

func (t *types) circumstancesFields() []engine.Field {
	type c = referral.Circumstances
	flag := func(name, description string, read func(c) bool) engine.Field {
		return engine.Get(name, description, required(engine.Boolean), read)
	}
	return []engine.Field{
		engine.Get("capability", "Whether they can decide.", required(t.capability), func(x c) referral.Capability { return x.Capability }),
		engine.Get("understanding", "Whether a young person understands.", required(t.understanding),
			func(x c) referral.Understanding { return x.Understanding }),
		flag("informed", "Whether they were told of the sharing and could object.", func(x c) bool { return x.Informed }),
		flag("adultAtRisk", "Whether they are an adult at risk.", func(x c) bool { return x.AdultAtRisk }),
		flag("childAtRisk", "Whether a child is at risk.", func(x c) bool { return x.ChildAtRisk }),
		flag("deceased", "Whether they have died.", func(x c) bool { return x.Deceased }),
		flag("anonymous", "Whether the referral is not to tell who they are.", func(x c) bool { return x.Anonymous }),
		engine.Get("transferredTo", "The name of the ADP whose area they are supported in now, if it is another one.", engine.String,
			func(x c) *string { return orNull(x.TransferredTo) }),
	}
}

func (t *types) declareToldNeeds() {
	t.substancesTold = object("SubstancesTold", "What somebody uses and how it has been.", func() []engine.Field {
		type s = referral.Substances
		return []engine.Field{
			engine.Get("kinds", "Which substances.", each(t.referralSubstance), func(x s) []referral.Substance { return x.Kinds }),
			engine.Get("history", "Use and earlier support, in words.", engine.String, func(x s) *string { return orNull(x.History) }),
		}
	})
	t.medication = object("MedicationTold", "What is prescribed, and what a prescriber has to know.", func() []engine.Field {
		type m = referral.Medication
		return []engine.Field{
			engine.Get("prescribed", "What is prescribed.", engine.String, func(x m) *string { return orNull(x.Prescribed) }),
			engine.Get("allergies", "Allergies.", engine.String, func(x m) *string { return orNull(x.Allergies) }),
			engine.Get("history", "Earlier and present illness.", engine.String, func(x m) *string { return orNull(x.History) }),
		}
	})
	t.ostObject = object("OSTTold", "Opioid substitution therapy. Whether the person wants to stay on it is theirs to say.", func() []engine.Field {
		type o = referral.OST
		return []engine.Field{
			engine.Get("kind", "The medicine.", required(t.ostKind), func(x o) referral.OSTKind { return x.Kind }),
			engine.Get("dailyMicrograms", "The dose of a day in micrograms; null if it is not known or not daily.", engine.Int,
				func(x o) *int32 { return orNull(x.DailyMicrograms) }),
			engine.Get("wishes", "What the person wants about it.", engine.String, func(x o) *string { return orNull(x.Wishes) }),
		}
	})
	t.overdose = object("OverdoseTold", "What is known of a near-fatal overdose.", func() []engine.Field {
		type o = referral.Overdose
		return []engine.Field{
			engine.Get("naloxoneGiven", "Whether somebody gave naloxone.", t.yesNo, func(x o) referral.YesNo { return x.NaloxoneGiven }),
			engine.Get("substances", "Substances thought to be involved.", each(t.referralSubstance),
				func(x o) []referral.Substance { return x.Substances }),
			engine.Get("place", "Where it was.", engine.String, func(x o) *string { return orNull(x.Place) }),
			engine.Get("inWords", "What happened.", engine.String, func(x o) *string { return orNull(x.Account) }),
		}
	})
	t.risk = object("RiskTold", "What could harm somebody soon, and what helps.", func() []engine.Field {
		type r = referral.Risk
		return []engine.Field{
			engine.Get("grade", "How pressing it is.", required(t.riskGrade), func(x r) referral.RiskGrade { return x.Grade }),
			engine.Get("inWords", "What it is and what helps.", engine.String, func(x r) *string { return orNull(x.Account) }),
		}
	})
	t.declareToldHome()
}

func (t *types) declareToldHome() {
	t.housingObject = object("HousingTold", "How somebody lives.", func() []engine.Field {
		type h = referral.Housing
		return []engine.Field{
			engine.Get("kind", "How.", required(t.housingKind), func(x h) referral.HousingKind { return x.Kind }),
			engine.Get("keepTenancy", "Whether the rent has to be paid during a stay.", t.yesNo, func(x h) referral.YesNo { return x.KeepTenancy }),
			engine.Get("inWords", "More of it.", engine.String, func(x h) *string { return orNull(x.Account) }),
		}
	})
	t.dependants = object("DependantsTold", "Whom somebody looks after.", func() []engine.Field {
		type d = referral.Dependants
		return []engine.Field{
			engine.Get("children", "How many children.", required(engine.Int), func(x d) int32 { return x.Children }),
			engine.Get("coming", "How many of them would come along.", required(engine.Int), func(x d) int32 { return x.Coming }),
			engine.Get("inWords", "More of it.", engine.String, func(x d) *string { return orNull(x.Account) }),
		}
	})
	t.bbv = object("BBVTold", "What is known of blood-borne viruses.", func() []engine.Field {
		type b = referral.BBV
		return []engine.Field{
			engine.Get("tested", "Whether the person was tested.", t.yesNo, func(x b) referral.YesNo { return x.Tested }),
			engine.Get("inWords", "More of it.", engine.String, func(x b) *string { return orNull(x.Account) }),
		}
	})
	t.justice = object("JusticeTold", "What a service has to know of courts and prison.", func() []engine.Field {
		type j = referral.Justice
		return []engine.Field{
			engine.Get("liberationTime", "When the person leaves prison.", t.dateTime, func(x j) *time.Time { return orNull(x.Liberation) }),
			engine.Get("prison", "Which prison.", engine.String, func(x j) *string { return orNull(x.Prison) }),
			engine.Get("orders", "Conditions set by a court or a licence.", engine.String, func(x j) *string { return orNull(x.Orders) }),
		}
	})
}
