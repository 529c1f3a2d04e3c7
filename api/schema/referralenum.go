package schema

import (
	"strings"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
)

// referralEnums are the closed sets of values of referrals.
type referralEnums struct {
	referralStatus, urgency, referralRoute, linkKind, side, stage, stageOutcome           *engine.Enum
	cannotOffer, possibility, outcome, withdrawReason, escalationReason, changeKind       *engine.Enum
	abode, way, saying, ageBand, genderSaid, referralSubstance, ostKind, naloxone, yesNo  *engine.Enum
	riskGrade, housingKind, capability, understanding, careRole, purpose, consentDecision *engine.Enum
	speaker, category, emergencyReason, reviewOutcome, toldState, effect, referralField   *engine.Enum
	worklistOf, task, stepOutcome, journey, trigger, routeBy, countedFrom                 *engine.Enum
}

// meaning is a value and what it means; called is its name where that is not the value in upper case.
type meaning struct{ value, description, called string }

// meanings makes an enum of values that no resource has.
func meanings[V ~string](name, description string, values ...meaning) *engine.Enum {
	e := &engine.Enum{Name: name, Description: description}
	for _, m := range values {
		if m.called == "" {
			m.called = screaming(m.value)
		}
		e.Values = append(e.Values, engine.EnumValue{Name: m.called, Description: m.description, Value: V(m.value)})
	}
	return e
}

func newReferralEnums() referralEnums {
	e := referralEnums{}
	e.ofStanding()
	e.ofReasons()
	e.ofPerson()
	e.ofNeeds()
	e.ofSharing()
	e.ofEmergencies()
	e.ofPlan()
	e.ofPathways()
	return e
}

func (e *referralEnums) ofStanding() {
	e.referralStatus = meanings[referral.Status]("ReferralStatus", "How a referral stands.",
		meaning{"Submitted", "Sent to a partner that has not said yet that it has it.", ""},
		meaning{"Acknowledged", "The partner has it, and has not answered yet.", ""},
		meaning{"Accepted", "The partner will support the person.", ""},
		meaning{"CannotBeOffered", "The partner cannot offer what is needed, and said what would make it possible.", ""},
		meaning{"Redirected", "Sent on to another partner that has not said yet that it has it.", ""},
		meaning{"PlacementWaiting", "Accepted, and a place is claimed that is not free yet.", ""},
		meaning{"PlacementHeld", "Accepted, and a place is held in the person's name.", ""},
		meaning{"Admitted", "The person has moved in.", ""},
		meaning{"InSupport", "Support without a place has begun.", ""},
		meaning{"Completed", "Stay or support has ended.", ""},
		meaning{"Withdrawn", "The person, or somebody for them, chose not to go on.", ""})
	e.urgency = meanings[referral.Urgency]("ReferralUrgency", "How pressing a referral is.",
		meaning{"Emergency", "At once.", ""}, meaning{"Urgent", "Before others.", ""}, meaning{"Routine", "In turn.", ""})
	e.referralRoute = meanings[referral.Route]("ReferralRoute", "Whether somebody else has to approve the money.",
		meaning{"Direct", "Nobody has to.", ""}, meaning{"Funded", "The ADP pays for a placement, in the stages of the funded journey.", ""})
	e.linkKind = meanings[referral.LinkKind]("ReferralLinkKind", "How a referral follows another of the same person.",
		meaning{"Aftercare", "Support after a stay.", ""}, meaning{"Onward", "Support by another partner beside, or instead of, the first.", ""})
	e.side = meanings[referral.Side]("ReferralSide", "A part that somebody has in a referral.",
		meaning{"Origin", "The partner that made it.", ""}, meaning{"Target", "The partner that is asked now.", ""},
		meaning{"Partnership", "The ADP.", ""}, meaning{"Person", "The person themselves.", ""}, meaning{"Program", "Lifeline.", ""})
	e.stage = meanings[referral.Stage]("ReferralStage", "A step of the journey to a placement that an ADP pays for.",
		meaning{"Decide", "The person and a worker decide that rehab is right.", ""}, meaning{"ContactADP", "The ADP is contacted.", ""},
		meaning{"SpecialistAssessment", "The assessment that the ADP arranges.", ""},
		meaning{"PlanAndFunding", "The recovery plan is agreed and the ADP approves the funding.", ""},
		meaning{"ApplicationAndAcceptance", "The provider accepts.", ""},
		meaning{"Preparation", "Detox, a visit, what is needed at home.", ""},
		meaning{"Admission", "The person moves in.", ""}, meaning{"Aftercare", "Support afterwards is arranged.", ""})
	e.stageOutcome = meanings[referral.StageOutcome]("ReferralStageOutcome", "How a stage was settled.",
		meaning{"Done", "It is done; funding is approved.", ""}, meaning{"NotNeeded", "It need not be done.", ""},
		meaning{"Declined", "The ADP does not pay as things are. Funding alone; it may be decided again.", ""})
	kinds := make([]meaning, 0, len(referral.Kinds()))
	for _, kind := range referral.Kinds() {
		kinds = append(kinds, meaning{string(kind), "Somebody " + disclosure.ChangeInWords(string(kind)) + ".", ""})
	}
	e.changeKind = meanings[referral.Kind]("ReferralChangeKind", "What happened to a referral.", kinds...)
}

func (e *referralEnums) ofReasons() {
	e.cannotOffer = meanings[referral.CannotOfferReason]("ReferralCannotOfferReason", "Why a partner cannot offer what is needed.",
		meaning{"NoPlaceNow", "There is no place now.", ""}, meaning{"CannotMeetNeeds", "It cannot give what the person needs.", ""},
		meaning{"OtherArea", "The person is of another area.", ""}, meaning{"FundingNotInPlace", "Nobody pays yet.", ""},
		meaning{"AssessmentNeeded", "An assessment has to come first.", ""}, meaning{"Other", "Any other reason, in words.", ""})
	e.possibility = meanings[referral.Possibility]("ReferralPossibility", "What would make it possible after all.",
		meaning{"PlaceLater", "A place will be free later.", ""}, meaning{"AfterAssessment", "After an assessment.", ""},
		meaning{"AfterFundingApproved", "Once the funding is approved.", ""}, meaning{"AfterDetox", "After detox.", ""},
		meaning{"WithMoreSupport", "With more support.", ""}, meaning{"OtherPartner", "Another partner can.", ""},
		meaning{"Other", "Anything else, in words.", ""})
	e.outcome = meanings[referral.Outcome]("ReferralOutcome", "How a stay or support ended.",
		meaning{"AsPlanned", "As planned.", ""}, meaning{"LeftBeforePlannedEnd", "The person left before the planned end.", ""},
		meaning{"MovedToOtherPlace", "The person moved to another place.", ""}, meaning{"Died", "The person died.", ""},
		meaning{"Other", "Any other way.", ""})
	e.withdrawReason = meanings[referral.WithdrawReason]("ReferralWithdrawalReason", "Why a referral is withdrawn.",
		meaning{"PersonChoseNotTo", "The person chose not to go on.", ""}, meaning{"OtherSupportFound", "Other support was found.", ""},
		meaning{"CouldNotBeReached", "The person could not be reached.", ""}, meaning{"MovedAway", "The person moved away.", ""},
		meaning{"NothingFits", "Nothing fits.", ""}, meaning{"MadeTwice", "It was made twice.", ""}, meaning{"Died", "The person died.", ""},
		meaning{"Other", "Any other reason.", ""})
	e.escalationReason = meanings[referral.EscalationReason]("ReferralEscalationReason", "Why somebody with more say has to look.",
		meaning{"NoAnswerInTime", "Nobody answered in time.", ""},
		meaning{
			"NobodyElseMayBeAsked", "Nobody answered in time, and nobody else on the pathway can be asked as things are: they may not be told, or take no " +
				"part now.", "",
		},
		meaning{"StepNotDoneInTime", "A step was not done in time.", ""}, meaning{"RiskHasRisen", "The risk has risen.", ""},
		meaning{"NothingFits", "Nothing fits.", ""}, meaning{"FundingNotDecided", "Nobody decides about the funding.", ""},
		meaning{"ProtectionConcern", "Somebody has to be protected.", ""}, meaning{"Other", "Any other reason.", ""})
}

func (e *referralEnums) ofPerson() {
	e.abode = meanings[person.Abode]("Abode", "Whether somebody has a place to live.",
		meaning{"Fixed", "There is an address.", ""}, meaning{"NoFixedAbode", "The person has no place of their own now.", ""})
	e.way = meanings[person.Way]("ContactWay", "A way to reach somebody.",
		meaning{"Call", "A call.", ""}, meaning{"Voicemail", "A message on the phone.", ""}, meaning{"Text", "A text message.", ""},
		meaning{"Email", "An email.", ""}, meaning{"Letter", "A letter.", ""}, meaning{"InPerson", "To look for them where they are.", ""},
		meaning{"ThroughWorker", "Through the worker who referred them.", ""})
	e.saying = meanings[person.Saying]("ContactSaying", "What may be said to somebody else who answers.",
		meaning{"Nothing", "Neither the service nor why it calls.", ""}, meaning{"NameOnly", "The worker's own name.", ""},
		meaning{"Service", "The service may be named.", ""})
	e.ageBand = meanings[person.AgeBand]("AgeBand", "Roughly how old somebody is.",
		meaning{"Under12", "Under 12.", "UNDER_12"}, meaning{"From12To15", "12 to 15.", "FROM_12_TO_15"},
		meaning{"From16To17", "16 or 17.", "FROM_16_TO_17"}, meaning{"From18To24", "18 to 24.", "FROM_18_TO_24"},
		meaning{"From25To34", "25 to 34.", "FROM_25_TO_34"}, meaning{"From35To44", "35 to 44.", "FROM_35_TO_44"},
		meaning{"From45To54", "45 to 54.", "FROM_45_TO_54"}, meaning{"From55To64", "55 to 64.", "FROM_55_TO_64"},
		meaning{"From65", "65 or over.", "FROM_65"})
	e.genderSaid = meanings[person.Gender]("PersonGender", "What somebody says of their own gender. It is asked, and never worked out.",
		meaning{"Woman", "A woman.", ""}, meaning{"Man", "A man.", ""}, meaning{"NonBinary", "Non-binary.", ""},
		meaning{"InOwnWords", "Said in words of their own.", ""}, meaning{"ChoseNotToSay", "Asked, and chose not to say.", ""})
	e.capability = meanings[referral.Capability]("Capability", "Whether somebody can decide for themselves, as found by somebody who may "+
		"assess it.", meaning{"", "Nobody has assessed it.", "NOT_ASSESSED"}, meaning{"Capable", "They can.", ""},
		meaning{"Incapable", "They cannot now.", ""})
	e.understanding = meanings[referral.Understanding]("Understanding", "Whether a young person understands what they decide about.",
		meaning{"", "What is presumed at their age: from 12 in Scotland.", "PRESUMED"}, meaning{"Shown", "They showed that they do.", ""},
		meaning{"Lacking", "They do not.", ""})
}

func (e *referralEnums) ofNeeds() {
	e.referralSubstance = meanings[referral.Substance]("ReferralSubstance", "A kind of substance.",
		meaning{"Alcohol", "Alcohol.", ""}, meaning{"Heroin", "Heroin.", ""}, meaning{"OtherOpioids", "Other opioids.", ""},
		meaning{"Nitazenes", "Nitazenes.", ""}, meaning{"Benzodiazepines", "Benzodiazepines.", ""}, meaning{"Cocaine", "Cocaine.", ""},
		meaning{"Cannabis", "Cannabis.", ""}, meaning{"Amphetamines", "Amphetamines.", ""},
		meaning{"Gabapentinoids", "Gabapentinoids.", ""}, meaning{"Ketamine", "Ketamine.", ""}, meaning{"Other", "Another one.", ""})
	e.ostKind = meanings[referral.OSTKind]("OSTKind", "The medicine of opioid substitution therapy.",
		meaning{"NotPrescribed", "None.", ""}, meaning{"Methadone", "Methadone.", ""}, meaning{"Buprenorphine", "Buprenorphine.", ""},
		meaning{"BuprenorphineInjection", "Buprenorphine as an injection.", ""},
		meaning{"HeroinAssistedTreatment", "Heroin assisted treatment.", ""}, meaning{"Other", "Another one.", ""})
	e.naloxone = meanings[referral.Naloxone]("NaloxoneState", "Whether the person has a take-home kit.",
		meaning{"HasKit", "They have one.", ""}, meaning{"NeedsKit", "They need one.", ""},
		meaning{"ChoseNotToHaveOne", "They chose not to have one.", ""}, meaning{"NotRelevant", "It does not matter for them.", ""})
	e.yesNo = meanings[referral.YesNo]("YesNo", "An answer; null where nobody said.", meaning{"Yes", "Yes.", ""}, meaning{"No", "No.", ""})
	e.riskGrade = meanings[referral.RiskGrade]("RiskGrade", "How pressing a risk is.",
		meaning{"Standard", "As for anybody.", ""}, meaning{"Raised", "Raised.", ""}, meaning{"High", "High.", ""})
	e.housingKind = meanings[referral.HousingKind]("HousingKind", "How somebody lives.",
		meaning{"OwnTenancyOrHome", "In a home of their own.", ""}, meaning{"WithFamilyOrFriends", "With family or friends.", ""},
		meaning{"Temporary", "In temporary accommodation.", ""}, meaning{"Supported", "In supported accommodation.", ""},
		meaning{"Hospital", "In hospital.", ""}, meaning{"Prison", "In prison.", ""}, meaning{"Roofless", "Without a roof.", ""},
		meaning{"SomewhereElse", "Somewhere else.", ""})
	fields := make([]meaning, 0, len(record.Fields()))
	for _, f := range record.Fields() {
		if category, _ := record.CategoryOf(f); category != record.Admin {
			fields = append(fields, meaning{string(f), "Tells " + disclosure.FieldInWords(f) + ".", screaming(typeName(casework.InputName(f)))})
		}
	}
	e.referralField = meanings[record.Field]("ReferralField", "Something that a referral tells of a person or their needs.", fields...)
}

func (e *referralEnums) ofSharing() {
	e.toldState = meanings[disclosure.State]("ToldState", "What is known of a field, so that nobody told it and withheld are never confused.",
		meaning{"Known", "value is what was told.", ""}, meaning{"NotKnown", "You may see it, and nobody has told it.", ""},
		meaning{"Withheld", "You may not see it; reasons say why. Whether it was told is withheld too.", ""})
	e.effect = meanings[string]("SharingEffect", "What the rules of sharing say.",
		meaning{"allow", "Something may be seen.", "ALLOW"}, meaning{"deny", "Nothing may be seen.", "DENY"})
	roles := make([]meaning, 0, len(identity.AllCareRoles()))
	for _, r := range identity.AllCareRoles() {
		roles = append(roles, meaning{string(r), "As " + disclosure.RoleInWords(r) + ".", upper(string(r))})
	}
	e.careRole = meanings[identity.CareRole]("CareRole", "The part that somebody takes in a person's care. It bounds what they may see.", roles...)
	purposes := make([]meaning, 0, len(disclosure.Purposes()))
	for _, p := range disclosure.Purposes() {
		purposes = append(purposes, meaning{string(p), "For " + disclosure.PurposeInWords(p) + ".", purposeNames[p]})
	}
	e.purpose = meanings[disclosure.Purpose]("SharingPurpose", "What something is asked for.", purposes...)
	e.consentDecision = meanings[consent.Decision]("ConsentDecision", "What somebody said about sharing.",
		meaning{"grant", "They agreed.", "GRANT"}, meaning{"refuse", "They said no.", "SAY_NO"},
		meaning{"withdraw", "They took back what they had agreed to.", "WITHDRAW"})
	e.speaker = meanings[consent.Speaker]("ConsentSpeaker", "Who said it.",
		meaning{"self", "The person themselves.", "SELF"}, meaning{"parent", "A parent.", "PARENT"},
		meaning{"proxy", "Somebody with authority to speak for them.", "PROXY"})
	categories := make([]meaning, 0, len(record.Categories()))
	for _, c := range record.Categories() {
		categories = append(categories, meaning{string(c), categoryWords[c], upper(string(c))})
	}
	e.category = meanings[record.Category]("DataCategory", "A kind of data that is shared, or not, together.", categories...)
}

// purposeNames say overdose where the rules say NFO.
var purposeNames = map[disclosure.Purpose]string{
	disclosure.DirectCare: "DIRECT_CARE", disclosure.ReferralCoordination: "REFERRAL_COORDINATION",
	disclosure.OverdoseResponse: "OVERDOSE_RESPONSE", disclosure.AdultProtection: "ADULT_PROTECTION",
	disclosure.ChildProtection: "CHILD_PROTECTION", disclosure.ServiceMonitoring: "SERVICE_MONITORING",
	disclosure.DeathReview: "DEATH_REVIEW", disclosure.SubjectAccess: "SUBJECT_ACCESS",
}

var categoryWords = map[record.Category]string{
	record.Admin: "What is needed to pass a referral on.", record.Identity: "Who the person is.",
	record.Contact: "How the person may be reached.", record.Demographic: "Age band, gender, area.",
	record.Need: "What the person asks for, and why.", record.Clinical: "Health and treatment.",
	record.Risk: "What could harm the person soon.", record.Social: "Home and family.",
	record.Restricted: "What stays shut unless it is named: blood-borne viruses and justice.",
}

func (e *referralEnums) ofEmergencies() {
	e.emergencyReason = meanings[casework.EmergencyReason]("EmergencyReason", "Why a referral has to be read at once.",
		meaning{"life_at_risk", "A life is at risk, and the person cannot decide.", "LIFE_AT_RISK"},
		meaning{"serious_harm_to_others", "Others are at risk of serious harm.", "SERIOUS_HARM_TO_OTHERS"})
	e.reviewOutcome = meanings[casework.ReviewOutcome]("EmergencyReviewOutcome", "What came of a review.",
		meaning{"Justified", "The emergency was justified.", ""}, meaning{"NotJustified", "It was not.", ""},
		meaning{"FollowUpNeeded", "It has to be followed up.", ""})
	e.worklistOf = &engine.Enum{Name: "WorklistOf", Description: "Whose worklist.", Values: []engine.EnumValue{
		{Name: "PARTNER", Description: "That of your organisation."}, {Name: "PARTNERSHIP", Description: "That of the ADP you act for."},
	}}
}

// upper is a code of the rules as an enum's value: nfo_responder becomes NFO_RESPONDER.
func upper(code string) string { return strings.ToUpper(code) }
