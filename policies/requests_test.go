package policies_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"lifeline.scot/policies"
)

var noon = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

// Words that worked decisions use, and some that nobody knows.
var (
	someActions    = []string{"read", "read", "read", "onward_disclose", "delete"}
	somePurposes   = []string{"direct_care", "direct_care", "referral_coordination", "nfo_response", "nfo_response", "adult_protection", "child_protection", "service_monitoring", "death_review", "subject_access", "law_enforcement", "curiosity"}
	someRoles      = []string{"practitioner", "practitioner", "clinician", "clerk", "peer_worker", "safeguarding_officer", "analyst", "nfo_responder", "death_reviewer", "data_subject", "wizard"}
	somePartners   = []string{"health-board-a", "health-board-a", "health-board-b", "ambulance", "council-a", "council-b", "police", "haven", "haven", "beacon", "harbour", "lapsed", "gone", "nobody", ""}
	someAreas      = []string{"adp-a", "adp-a", "adp-b", "adp-c", ""}
	someStatuses   = []string{"sent", "accepted", "closed", "declined"}
	someCategories = []string{"admin", "identity", "contact", "demographic", "need", "clinical", "risk", "social", "restricted"}
	someFields     = []string{"referral_id", "full_name", "phone", "gender", "goals", "medication", "risk_level", "housing", "bbv_status", "shoe_size", "words", "pathway", "circumstances", "consents", "consents_of_partner"}
)

// mutations each change one thing about a request.
var mutations = map[string]func(*rapid.T, *policies.Request){
	"action":    func(t *rapid.T, r *policies.Request) { r.Action = one(t, someActions) },
	"purpose":   func(t *rapid.T, r *policies.Request) { r.Purpose = one(t, somePurposes) },
	"role":      func(t *rapid.T, r *policies.Request) { r.Actor.Role = one(t, someRoles) },
	"partner":   func(t *rapid.T, r *policies.Request) { r.Actor.Partner = one(t, somePartners) },
	"recipient": func(t *rapid.T, r *policies.Request) { r.Recipient = one(t, somePartners) },
	"actor": func(t *rapid.T, r *policies.Request) {
		r.Actor.Active, r.Actor.Assigned = rapid.Bool().Draw(t, "active"), rapid.Bool().Draw(t, "assigned")
		r.Actor.SecondFactor = rapid.Bool().Draw(t, "secondFactor")
		r.Actor.HealthProfessional = rapid.Bool().Draw(t, "healthProfessional")
		r.Actor.ID, r.Actor.KeepsRecord = one(t, []string{"u-1", "s-1", ""}), rapid.Bool().Draw(t, "keepsRecord")
	},
	"referral": func(t *rapid.T, r *policies.Request) {
		r.Referral.Origin, r.Referral.Target = one(t, somePartners), one(t, somePartners)
		r.Referral.Status, r.Referral.Anonymous = one(t, someStatuses), rapid.Bool().Draw(t, "anonymous")
		r.Referral.Unreadable = rapid.IntRange(0, 9).Draw(t, "unreadable") == 0
	},
	"given": func(t *rapid.T, r *policies.Request) {
		r.Referral.Given = rapid.SliceOfN(rapid.SampledFrom(someCategories), 0, 6).Draw(t, "given")
	},
	"area": func(t *rapid.T, r *policies.Request) {
		r.Referral.ADP, r.Referral.TransferredTo = one(t, someAreas), one(t, someAreas)
	},
	"times": func(t *rapid.T, r *policies.Request) {
		r.Referral.DisclosedTime, r.Referral.OverdoseTime = someTime(t), someTime(t)
	},
	"subject": func(t *rapid.T, r *policies.Request) {
		s := &r.Referral.Subject
		if s.Age = nil; rapid.Bool().Draw(t, "ageKnown") {
			s.Age = new(rapid.SampledFrom([]int{0, 11, 12, 13, 15, 16, 34}).Draw(t, "age"))
		}
		s.OlderTime = someTime(t)
		s.Capacity = one(t, []string{"capable", "incapable", "not_assessed", ""})
		s.Understanding = one(t, []string{"", "shown", "lacking"})
		s.Deceased, s.Informed = rapid.Bool().Draw(t, "deceased"), rapid.Bool().Draw(t, "informed")
		s.AdultAtRisk, s.ChildAtRisk = rapid.Bool().Draw(t, "adultAtRisk"), rapid.Bool().Draw(t, "childAtRisk")
	},
	"incapable": func(_ *rapid.T, r *policies.Request) { r.Referral.Subject.Capacity = "incapable" },
	"consent": func(t *rapid.T, r *policies.Request) {
		r.Consents = append(slices.Clone(r.Consents), someConsent(t))
	},
	"no consent": func(_ *rapid.T, r *policies.Request) { r.Consents = nil },
	"fields": func(t *rapid.T, r *policies.Request) {
		r.Fields = rapid.SliceOfN(rapid.SampledFrom(someFields), 0, 4).Draw(t, "fields")
	},
	"statutory": func(t *rapid.T, r *policies.Request) {
		r.StatutoryRequest = &policies.StatutoryRequest{
			Act: "ASP2007", Section: one(t, []string{"10", "5"}), Reference: one(t, []string{"AP-1", ""}),
		}
	},
	"break glass": func(t *rapid.T, r *policies.Request) {
		r.BreakGlass = &policies.BreakGlass{
			Reason:        one(t, []string{"life_at_risk", "serious_harm_to_others", "busy"}),
			Justification: one(t, []string{"found collapsed, need allergy history", "nineteen characters", "twenty characters ok"}),
			DeclaredTime:  someTime(t),
		}
	},
}

func one(t *rapid.T, of []string) string { return rapid.SampledFrom(of).Draw(t, "one") }

// someTime lies on or beside the moments at which something turns.
func someTime(t *rapid.T) time.Time {
	back := rapid.SampledFrom([]time.Duration{
		0, time.Minute, time.Hour, 72 * time.Hour, 7 * 24 * time.Hour, -time.Minute, -24 * time.Hour,
	}).Draw(t, "back")
	return noon.Add(-back).Add(rapid.SampledFrom([]time.Duration{-time.Second, 0, time.Second}).Draw(t, "beside"))
}

func someConsent(t *rapid.T) policies.Consent {
	c := policies.Consent{
		Decision:   one(t, []string{"grant", "grant", "refuse", "withdraw"}),
		By:         one(t, []string{"self", "self", "parent", "proxy", "friend"}),
		Time:       someTime(t),
		Purposes:   rapid.SliceOfN(rapid.SampledFrom([]string{"direct_care", "nfo_response", "service_monitoring", "*"}), 0, 3).Draw(t, "purposes"),
		Recipients: rapid.SliceOfN(rapid.SampledFrom([]string{"health-board-a", "harbour", "beacon", "council-a", "*"}), 0, 3).Draw(t, "recipients"),
		Categories: rapid.SliceOfN(rapid.SampledFrom(someCategories), 0, 6).Draw(t, "categories"),
		Incapable:  rapid.Bool().Draw(t, "incapable"), ProxyAuthority: rapid.Bool().Draw(t, "proxyAuthority"),
	}
	if rapid.Bool().Draw(t, "ends") {
		c.ExpiresTime = someTime(t)
	}
	return c
}

// anyRequest is a worked request of which a few things were changed.
func anyRequest(t *rapid.T, worked []policies.Request) policies.Request {
	r := worked[rapid.IntRange(0, len(worked)-1).Draw(t, "worked")]
	for range rapid.IntRange(0, 4).Draw(t, "mutations") {
		mutations[rapid.SampledFrom(mutationNames).Draw(t, "mutation")](t, &r)
	}
	return r
}

var mutationNames = func() []string {
	var names []string
	for name := range mutations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}()
