package plain

import "time"

// ground is one way in which a disclosure can be right.
type ground struct {
	name        string
	onward      bool
	purposes    []string
	holds       func(*asked) bool
	releases    func(*asked) categories
	obligations []string // sorted
}

var (
	care           = []string{"direct_care", "referral_coordination"}
	careOrOverdose = []string{"direct_care", "referral_coordination", "nfo_response"}
	emergencies    = []string{"direct_care", "nfo_response"}

	protection = []string{"audit", "notify_subject_if_safe", "record_rationale"}
	unmasking  = []string{"audit", "no_reidentification"}
	counting   = []string{"audit", "suppress_small_numbers"}
	outreach   = []string{"audit", "no_onward_disclosure", "offer_opt_out"}
	vital      = []string{"audit", "no_onward_disclosure", "notify_subject", "record_rationale"}
	alarm      = []string{"audit", "audit_high", "notify_caldicott_guardian", "notify_subject", "review_within_72h"}
)

// grounds are all of them, in their order.
var grounds = []ground{
	{"own_record", false, care, ownRecord, releasing(all), []string{"audit"}},
	{"anonymous", false, care, ownAnonymous, releasing(all &^ (identity | contact | restricted)), unmasking},
	{"anonymous", false, care, sentAnonymous, agreedLess(identity | contact | restricted), unmasking},
	{"consent", false, careOrOverdose, consent, agreedAndConsented, []string{"audit", "no_onward_disclosure"}},
	{"consent_onward", true, careOrOverdose, consentOnward, agreedAndConsented, []string{"audit", "notify_recipient_terms"}},
	{"holder_copy", false, care, holderCopy, kept, []string{"audit", "snapshot_only"}},
	{"nfo_no_objection", false, []string{"nfo_response"}, noObjection, agreedLess(0), outreach},
	{"nfo_vital_interest", false, []string{"nfo_response"}, vitalInterest, releasing(all &^ restricted), vital},
	{"asp_s10", false, []string{"adult_protection"}, section10, toCouncil, protection},
	{"asp_duty", false, []string{"adult_protection"}, adultDuty, toCouncil, protection},
	{"safeguarding", false, []string{"adult_protection"}, safeguarding, releasing(all &^ (clinical | restricted)), protection},
	{"child_protection", false, []string{"child_protection"}, childProtection, releasing(all &^ restricted), protection},
	{"service_monitoring", false, []string{"service_monitoring"}, monitoring, agreedLess(identity | contact | restricted), counting},
	{"death_review", false, []string{"death_review"}, deathReview, agreedLess(0), []string{"audit", "record_rationale"}},
	{"subject_access", false, []string{"subject_access"}, subjectAccess, releasing(all), []string{"audit", "redact_third_parties"}},
	{"break_glass", false, emergencies, breakGlass, emergencyCategories, alarm},
}

func releasing(set categories) func(*asked) categories {
	return func(*asked) categories { return set }
}

func agreedLess(set categories) func(*asked) categories {
	return func(a *asked) categories {
		agreed, _ := a.agreed()
		return agreed &^ set
	}
}

func agreedAndConsented(a *asked) categories {
	agreed, _ := a.agreed()
	consented, _ := a.consented()
	return agreed & consented
}

func kept(a *asked) categories {
	if a.Referral.Given == nil {
		return all &^ restricted
	}
	return setOf(a.Referral.Given) &^ restricted
}

func toCouncil(a *asked) categories {
	if a.Actor.HealthProfessional {
		return all &^ restricted
	}
	return all &^ (clinical | restricted)
}

func emergencyCategories(a *asked) categories { return a.emergency &^ restricted }

func (a *asked) own() bool     { return a.recipient == a.Referral.Origin }
func (a *asked) alive() bool   { return !a.Referral.Subject.Deceased }
func (a *asked) named() bool   { return !a.Referral.Anonymous && a.alive() }
func (a *asked) related() bool { return a.Purpose != "direct_care" || a.Actor.Assigned }

func (a *asked) agreement() bool {
	_, found := a.agreed()
	return found
}

func (a *asked) granted() bool {
	_, granted := a.consented()
	return granted
}

func (a *asked) toCouncilOfTheArea() bool { return a.to.Kind == "local_authority" && a.served() }

func (a *asked) adultAtRisk() bool {
	s := &a.Referral.Subject
	return a.named() && s.AdultAtRisk && s.Age != nil && *s.Age >= 16 && a.toCouncilOfTheArea()
}

func ownRecord(a *asked) bool    { return a.own() && a.named() && a.related() }
func ownAnonymous(a *asked) bool { return a.Referral.Anonymous && a.own() && a.alive() && a.related() }

func sentAnonymous(a *asked) bool {
	return a.Referral.Anonymous && !a.own() && a.recipient == a.Referral.Target && a.alive() && a.related() && a.agreement()
}

func consent(a *asked) bool {
	return !a.own() && a.named() && a.related() && a.granted() && a.agreement()
}

func consentOnward(a *asked) bool {
	return a.named() && a.related() && (a.discloser == a.Referral.Origin || a.holds(a.discloser)) && a.granted() && a.agreement()
}

func holderCopy(a *asked) bool { return a.holds(a.recipient) && a.named() && a.related() }

func noObjection(a *asked) bool {
	return a.named() && a.within(a.Referral.OverdoseTime, 7*24*time.Hour) && a.Referral.Subject.Informed && a.from.Statutory &&
		!a.objected(false) && a.agreement()
}

func vitalInterest(a *asked) bool {
	return a.named() && a.within(a.Referral.OverdoseTime, 72*time.Hour) && a.Referral.Subject.Capacity == "incapable" &&
		!a.objected(true) && a.served()
}

func section10(a *asked) bool {
	asks := a.StatutoryRequest
	return asks != nil && asks.Act == "ASP2007" && asks.Section == "10" && asks.Reference != "" && a.adultAtRisk()
}

func adultDuty(a *asked) bool    { return a.from.Statutory && a.adultAtRisk() }
func safeguarding(a *asked) bool { return !a.from.Statutory && a.adultAtRisk() }

func childProtection(a *asked) bool {
	return !a.Referral.Anonymous && a.Referral.Subject.ChildAtRisk && (a.to.Kind == "police" || a.to.Kind == "local_authority") &&
		a.served()
}

func monitoring(a *asked) bool { return !a.objected(false) && a.agreement() }

func deathReview(a *asked) bool {
	return !a.Referral.Anonymous && a.Referral.Subject.Deceased && a.to.Statutory && a.agreement()
}

func subjectAccess(a *asked) bool {
	return a.alive() && a.Actor.ID != "" && a.Actor.ID == a.Referral.Subject.ID && a.Actor.SecondFactor
}

func breakGlass(a *asked) bool { return a.named() && a.emergencyHolds() }
