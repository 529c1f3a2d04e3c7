package schema

import (
	"errors"
	"math"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
)

// referralInputs are what clients send about referrals.
type referralInputs struct {
	toldInput, circumstancesInput, consentInput, followsInput, worklistFilter, statutoryInput, pathwayInput *engine.Input
}

func (t *types) declareReferralInputs() {
	t.toldInput = &engine.Input{
		Name: "ReferralToldInput", Description: "What a referral tells. All of it is optional but referralReason.",
		Fields: append(t.personInput(), t.needsInput()...),
	}
	t.circumstancesInput = &engine.Input{
		Name: "CircumstancesInput", Description: "What the rules of sharing have to know of the person. What is left out was not said, and opens " +
			"nothing.", Fields: t.circumstancesInputFields(),
	}
	t.consentInput = &engine.Input{
		Name: "ConsentInput", Description: "Something that the person said about sharing.", Fields: append(append([]engine.Argument{
			{Name: "decision", Description: "What was said.", Type: required(t.consentDecision)},
		}, t.consentFields()...), t.grantFields()...),
	}
	t.followsInput = &engine.Input{
		Name: "ReferralFollowsInput", Description: "The referral of the same person that a new one follows.", Fields: []engine.Argument{
			{Name: "kind", Description: "How it follows.", Type: required(t.linkKind)},
			{Name: "referral", Description: "Its number.", Type: required(engine.ID)},
			{Name: "version", Description: "The version of it that you read.", Type: required(engine.Int)},
		},
	}
	t.worklistFilter = &engine.Input{
		Name: "WorklistFilterInput", Description: "Which referrals of a worklist, by codes alone.", Fields: []engine.Argument{
			{Name: "of", Description: "Whose.", Type: t.worklistOf, Default: "PARTNER"},
			{Name: "statuses", Description: "In any of these statuses. Left out: all that have not ended.", Type: some(t.referralStatus)},
			{Name: "urgencies", Description: "As pressing as any of these.", Type: some(t.urgency)},
			{Name: "waitsForYou", Description: "Only what waits for something that your side has to do.", Type: engine.Boolean, Default: false},
		},
	}
	t.statutoryInput = &engine.Input{
		Name: "StatutoryRequestInput", Description: "What a public body asks by law, such as act ASP2007, section 10.", Fields: []engine.Argument{
			{Name: "act", Description: "The act, as a code.", Type: required(engine.String)},
			{Name: "section", Description: "The section, as a code.", Type: required(engine.String)},
			{Name: "reference", Description: "The reference of the request, as a code.", Type: required(engine.String)},
		},
	}
}

// input makes an input object of optional fields.
func inputObject(name, description string, fields ...engine.Argument) *engine.Input {
	return &engine.Input{Name: name, Description: description, Fields: fields}
}

func optional(name, description string, of engine.Type) engine.Argument {
	return engine.Argument{Name: name, Description: description, Type: of}
}

func (t *types) personInput() []engine.Argument {
	name := inputObject("PersonNameInput", "What somebody is called. Chosen or recorded is enough.",
		optional("chosen", "What the person wants to be called.", engine.String),
		optional("recorded", "The name in health records or on papers, where the person wants to tell it.", engine.String),
		optional("pronouns", "Pronouns the person uses.", engine.String))
	address := inputObject("AddressInput", "Where somebody lives, or that they have no fixed abode.",
		optional("abode", "Whether there is an address.", required(t.abode)),
		optional("lines", "The lines, at most 5.", some(engine.String)), optional("postcode", "The postcode.", engine.String),
		optional("found", "Where somebody with no fixed abode can usually be found.", engine.String))
	safe := inputObject("SafeContactInput", "Somebody's rules for being reached.",
		optional("may", "The ways the person agreed to.", some(t.way)), optional("saying", "What may be said to somebody else who answers.", t.saying),
		optional("when", "When it is safe.", engine.String), optional("beware", "What a worker has to know first.", engine.String))
	gender := inputObject("GenderSaidInput", "What somebody says of their own gender.",
		optional("is", "What they say.", required(t.genderSaid)), optional("words", "Words of their own, with IN_OWN_WORDS.", engine.String))
	locality := inputObject("LocalityInput", "Roughly where somebody is from.",
		optional("area", "The code of a council, ADP or health board.", engine.String),
		optional("returnArea", "Where the person will live afterwards.", engine.String))
	return []engine.Argument{
		optional("fullName", "What the person is called.", name), optional("dateOfBirth", "When the person was born.", t.date),
		optional("chi", "The Community Health Index number. Not needed.", engine.String), optional("address", "Where the person lives.", address),
		optional("phone", "A telephone number.", engine.String), optional("email", "An email address.", engine.String),
		optional("safeContact", "The person's rules for being reached.", safe),
		optional("ageBand", "Roughly how old; worked out from dateOfBirth where that is given.", t.ageBand),
		optional("gender", "What the person says of their own gender.", gender), optional("locality", "Roughly where the person is from.", locality),
	}
}

func (t *types) needsInput() []engine.Argument {
	use := inputObject("SubstancesInput", "What somebody uses.",
		optional("kinds", "Which substances.", some(t.referralSubstance)), optional("history", "Use and earlier support.", engine.String))
	medication := inputObject("MedicationInput", "What is prescribed.", optional("prescribed", "What is prescribed.", engine.String),
		optional("allergies", "Allergies.", engine.String), optional("history", "Earlier and present illness.", engine.String))
	ost := inputObject("OSTInput", "Opioid substitution therapy.", optional("kind", "The medicine.", required(t.ostKind)),
		optional("dailyMicrograms", "The dose of a day in micrograms: 1 mg is 1000.", engine.Int),
		optional("wishes", "What the person wants about it.", engine.String))
	overdose := inputObject("OverdoseInput", "What is known of a near-fatal overdose. Give overdoseTime with it.",
		optional("naloxoneGiven", "Whether somebody gave naloxone.", t.yesNo),
		optional("substances", "Substances thought to be involved.", some(t.referralSubstance)), optional("place", "Where it was.", engine.String),
		optional("inWords", "What happened.", engine.String))
	risk := inputObject("RiskInput", "What could harm somebody soon.", optional("grade", "How pressing it is.", required(t.riskGrade)),
		optional("inWords", "What it is and what helps.", engine.String))
	housing := inputObject("HousingInput", "How somebody lives.", optional("kind", "How.", required(t.housingKind)),
		optional("keepTenancy", "Whether the rent has to be paid during a stay.", t.yesNo), optional("inWords", "More of it.", engine.String))
	dependants := inputObject("DependantsInput", "Whom somebody looks after.", optional("children", "How many children, 0 to 12.", engine.Int),
		optional("coming", "How many of them would come along.", engine.Int), optional("inWords", "More of it.", engine.String))
	bbv := inputObject("BBVInput", "What is known of blood-borne viruses.", optional("tested", "Whether the person was tested.", t.yesNo),
		optional("inWords", "More of it.", engine.String))
	justice := inputObject("JusticeInput", "What a service has to know of courts and prison.",
		optional("liberationTime", "When the person leaves prison.", t.dateTime), optional("prison", "Which prison.", engine.String),
		optional("orders", "Conditions set by a court or a licence.", engine.String))
	return []engine.Argument{
		optional("referralReason", "What the person asks for and why, in words they could read. Needed to make a referral.", engine.String),
		optional("substances", "What the person uses.", use), optional("goals", "What the person hopes for, in their words.", engine.String),
		optional("medication", "What is prescribed.", medication), optional("ostStatus", "Opioid substitution therapy.", ost),
		optional("naloxone", "Whether the person has a take-home kit.", t.naloxone), optional("mentalHealth", "How the person is.", engine.String),
		optional("overdoseTime", "When the person had a near-fatal overdose.", t.dateTime),
		optional("overdoseContext", "What is known of it.", overdose), optional("riskLevel", "What could harm the person soon.", risk),
		optional("housing", "How the person lives.", housing), optional("dependants", "Whom the person looks after.", dependants),
		optional("bbvStatus", "What is known of blood-borne viruses.", bbv), optional("justice", "Courts and prison.", justice),
	}
}

func (t *types) circumstancesInputFields() []engine.Argument {
	flag := func(name, description string) engine.Argument {
		return engine.Argument{Name: name, Description: description, Type: engine.Boolean, Default: false}
	}
	return []engine.Argument{
		{Name: "capability", Description: "Whether they can decide.", Type: t.capability, Default: referral.NotAssessed},
		{Name: "understanding", Description: "Whether a young person understands.", Type: t.understanding, Default: referral.UnderstandingPresumed},
		flag("informed", "They were told of the sharing and could object."), flag("adultAtRisk", "They are an adult at risk."),
		flag("childAtRisk", "A child is at risk."), flag("deceased", "They have died."),
		flag("anonymous", "The referral is not to tell who they are."),
		{Name: "transferredTo", Description: "The name of the ADP whose area they are supported in now, if it is another one.", Type: engine.String},
	}
}

func circumstancesOf(in engine.Args) referral.Circumstances {
	c := referral.Circumstances{}
	c.Capability, _ = engine.ArgOf[referral.Capability](in, "capability")
	c.Understanding, _ = engine.ArgOf[referral.Understanding](in, "understanding")
	c.Informed, _ = in.Boolean("informed")
	c.AdultAtRisk, _ = in.Boolean("adultAtRisk")
	c.ChildAtRisk, _ = in.Boolean("childAtRisk")
	c.Deceased, _ = in.Boolean("deceased")
	c.Anonymous, _ = in.Boolean("anonymous")
	c.TransferredTo, _ = in.String("transferredTo")
	return c
}

// text is an input's text; "" if it was left out.
func text(in engine.Args, name string) string {
	value, _ := in.String(name)
	return value
}

// number is an input's number, within what fits.
func number(in engine.Args, name string) int32 {
	n, _ := in.Int(name)
	return int32(max(math.MinInt32, min(n, math.MaxInt32)))
}

// code is an input's enum value; "" if it was left out.
func codeIn[T ~string](in engine.Args, name string) T {
	value, _ := engine.ArgOf[T](in, name)
	return value
}

func instant(in engine.Args, name string) time.Time {
	at, _ := engine.ArgOf[time.Time](in, name)
	return at
}

// toldIn reads what a referral tells. It fails with a refusal if it cannot be read at all; what is wrong with it besides is said
// where it is kept.
func toldIn(in engine.Args) (referral.Told, error) {
	who, err := personIn(in)
	return referral.Told{Person: who, Details: detailsIn(in)}, err
}

func personIn(in engine.Args) (person.Person, error) {
	p := person.Person{Phone: text(in, "phone"), Email: text(in, "email"), AgeBand: codeIn[person.AgeBand](in, "ageBand")}
	p.DateOfBirth, _ = engine.ArgOf[person.Date](in, "dateOfBirth")
	if number := text(in, "chi"); number != "" {
		var err error
		if p.CHI, err = person.ParseCHI(number); err != nil {
			return p, refusal.Of(refusal.Invalid, "chi: "+err.Error()+".", "input", "told", "chi")
		}
	}
	if name, given := in.Input("fullName"); given {
		p.Name = &person.Name{Chosen: text(name, "chosen"), Recorded: text(name, "recorded"), Pronouns: text(name, "pronouns")}
	}
	if a, given := in.Input("address"); given {
		p.Address = &person.Address{
			Abode: codeIn[person.Abode](a, "abode"), Lines: a.Strings("lines"), Postcode: text(a, "postcode"), Found: text(a, "found"),
		}
	}
	if s, given := in.Input("safeContact"); given {
		p.SafeContact = &person.SafeContact{
			May: engine.ListOf[person.Way](s, "may"), Saying: codeIn[person.Saying](s, "saying"), When: text(s, "when"), Beware: text(s, "beware"),
		}
	}
	if g, given := in.Input("gender"); given {
		p.Gender = &person.GenderSaid{Is: codeIn[person.Gender](g, "is"), Words: text(g, "words")}
	}
	if l, given := in.Input("locality"); given {
		p.Locality = &person.Locality{Area: text(l, "area"), ReturnArea: text(l, "returnArea")}
	}
	return p, nil
}

func detailsIn(in engine.Args) referral.Details {
	d := referral.Details{
		Reason: text(in, "referralReason"), Goals: text(in, "goals"), Naloxone: codeIn[referral.Naloxone](in, "naloxone"),
		MentalHealth: text(in, "mentalHealth"), OverdoseAt: instant(in, "overdoseTime"),
	}
	if s, given := in.Input("substances"); given {
		d.Substances = &referral.Substances{Kinds: engine.ListOf[referral.Substance](s, "kinds"), History: text(s, "history")}
	}
	if m, given := in.Input("medication"); given {
		d.Medication = &referral.Medication{Prescribed: text(m, "prescribed"), Allergies: text(m, "allergies"), History: text(m, "history")}
	}
	if o, given := in.Input("ostStatus"); given {
		d.OST = &referral.OST{
			Kind: codeIn[referral.OSTKind](o, "kind"), DailyMicrograms: number(o, "dailyMicrograms"), Wishes: text(o, "wishes"),
		}
	}
	if o, given := in.Input("overdoseContext"); given {
		d.OverdoseContext = &referral.Overdose{
			NaloxoneGiven: codeIn[referral.YesNo](o, "naloxoneGiven"), Substances: engine.ListOf[referral.Substance](o, "substances"),
			Place: text(o, "place"), Account: text(o, "inWords"),
		}
	}
	if r, given := in.Input("riskLevel"); given {
		d.RiskLevel = &referral.Risk{Grade: codeIn[referral.RiskGrade](r, "grade"), Account: text(r, "inWords")}
	}
	homeIn(in, &d)
	return d
}

func homeIn(in engine.Args, d *referral.Details) {
	if h, given := in.Input("housing"); given {
		d.Housing = &referral.Housing{
			Kind: codeIn[referral.HousingKind](h, "kind"), KeepTenancy: codeIn[referral.YesNo](h, "keepTenancy"), Account: text(h, "inWords"),
		}
	}
	if c, given := in.Input("dependants"); given {
		d.Dependants = &referral.Dependants{Children: number(c, "children"), Coming: number(c, "coming"), Account: text(c, "inWords")}
	}
	if b, given := in.Input("bbvStatus"); given {
		d.BBV = &referral.BBV{Tested: codeIn[referral.YesNo](b, "tested"), Account: text(b, "inWords")}
	}
	if j, given := in.Input("justice"); given {
		d.Justice = &referral.Justice{Liberation: instant(j, "liberationTime"), Prison: text(j, "prison"), Orders: text(j, "orders")}
	}
}

// patchIn reads the fields that are told anew, and those that are told no longer.
func patchIn(in engine.Args) (record.Values, error) {
	told, _ := in.Input("told")
	is, err := toldIn(told)
	if err != nil {
		return nil, err
	}
	patch, err := record.Split(is.Person, is.Details)
	if err != nil {
		var invalid record.Invalid
		if errors.As(err, &invalid) {
			return nil, refusal.Of(refusal.Invalid, invalid.Error(), "input", "told")
		}
		return nil, err
	}
	for _, f := range engine.ListOf[record.Field](in, "clear") {
		if _, both := patch[f]; both {
			return nil, refusal.Of(refusal.Invalid, casework.InputName(f)+" is told anew and told no longer: leave one of them out.", "input", "clear")
		}
		patch[f] = nil
	}
	return patch, nil
}

// consentsIn reads what the person said when they were referred.
func consentsIn(in engine.Args) []consent.Event {
	var said []consent.Event
	for _, one := range in.Inputs("consents") {
		said = append(said, consentOf(one, codeIn[consent.Decision](one, "decision")))
	}
	return said
}

// versionIn is the version that was read; one that no referral has if it was left out.
func versionIn(in engine.Args) int64 {
	n, _ := in.Int("version")
	return int64(n)
}

func aboutIn(in engine.Args) casework.About {
	return casework.About{Referral: text(in, "referral"), Version: versionIn(in)}
}
