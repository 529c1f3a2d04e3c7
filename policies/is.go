package policies

// Is is what is true of a request: a set of plain facts. What is not in it is not known to be true.
type Is uint64

// The facts.
const (
	// IsTimeGiven: the request says what time it is.
	IsTimeGiven Is = 1 << iota
	// IsActorActive: who asks is active.
	IsActorActive
	// IsAssigned: who asks works with this person.
	IsAssigned
	// IsSecondFactor: who asks signed in with one.
	IsSecondFactor
	// IsHealthProfessional: who asks is one.
	IsHealthProfessional
	// IsNotHealthProfessional: who asks is none.
	IsNotHealthProfessional
	// IsOwnData: who asks is the person referred.
	IsOwnData
	// IsActorPartnerKnown: the partner of who asks is known.
	IsActorPartnerKnown
	// IsActorPartnerActive: and active.
	IsActorPartnerActive
	// IsDiscloserKnown: the partner that what is disclosed comes from is known.
	IsDiscloserKnown
	// IsDiscloserActive: and active.
	IsDiscloserActive
	// IsDiscloserIsOrigin: it made the referral.
	IsDiscloserIsOrigin
	// IsDiscloserStatutory: it is a public body.
	IsDiscloserStatutory
	// IsDiscloserNotStatutory: it is none.
	IsDiscloserNotStatutory
	// IsRecipientNamed: the partner that it goes to is named.
	IsRecipientNamed
	// IsRecipientElsewhere: it is not the discloser.
	IsRecipientElsewhere
	// IsRecipientKnown: it is known.
	IsRecipientKnown
	// IsRecipientActive: and active.
	IsRecipientActive
	// IsRecipientStatutory: it is a public body.
	IsRecipientStatutory
	// IsAreaServed: it serves the area that the referral is in.
	IsAreaServed
	// IsOwnRecord: it made the referral.
	IsOwnRecord
	// IsNotOwnRecord: it did not make the referral.
	IsNotOwnRecord
	// IsTarget: the referral was made to it.
	IsTarget
	// IsTargetHoldsRecord: the referral was made to it, it was given it, and stands in one of the statuses in which it is held.
	IsTargetHoldsRecord
	// IsHoldsRecord: the discloser made the referral, or holds it in that way.
	IsHoldsRecord
	// IsNamed: the referral names the person.
	IsNamed
	// IsAnonymous: it does not.
	IsAnonymous
	// IsAlive: the person is alive.
	IsAlive
	// IsDeceased: the person has died.
	IsDeceased
	// IsInformed: the person was told about this sharing, and could object.
	IsInformed
	// IsCapable: the person can decide.
	IsCapable
	// IsIncapable: the person cannot decide.
	IsIncapable
	// IsUnderstandingShown: that the person understands was shown.
	IsUnderstandingShown
	// IsUnderstandingLacking: the person does not understand.
	IsUnderstandingLacking
	// IsAgeKnown: how old the person is is known.
	IsAgeKnown
	// IsAdultFlagged: the person is on record as an adult at risk.
	IsAdultFlagged
	// IsChildAtRisk: the person is on record as a child at risk.
	IsChildAtRisk
	// IsOverdoseOnRecord: an overdose is on record.
	IsOverdoseOnRecord
	// IsOverdoseRecorded: and has happened by now.
	IsOverdoseRecorded
	// IsBreakGlassDeclared: an emergency was declared.
	IsBreakGlassDeclared
	// IsBreakGlassBegun: and has begun by now.
	IsBreakGlassBegun
	// IsRoleAllowed: reference.json gives the purpose to the role of who asks.
	IsRoleAllowed
	// IsPurposeAllowed: reference.json does not prohibit the purpose.
	IsPurposeAllowed
	// IsRelationship: who asks works with this person, or the purpose is not one for which settings.json asks that.
	IsRelationship
	// IsAdultProtectionRecipient: what protects an adult goes to such a partner as the one that it goes to, by settings.json.
	IsAdultProtectionRecipient
	// IsChildProtectionRecipient: and what protects a child.
	IsChildProtectionRecipient
	// IsSection10Request: a public body asks by the section that settings.json names, and gives a reference.
	IsSection10Request
	// IsKeepsRecord: who asks acts for those whose record it is, the partner that made the referral or its ADP.
	IsKeepsRecord
	// IsReadable: all of the record that decisions rest on can be read.
	IsReadable
)

// isNames are the facts in the words of the rules, in the order of their bits; schemas/facts.json has the same.
var isNames = []string{
	"time_given", "actor_active", "assigned", "second_factor", "health_professional", "not_health_professional", "own_data",
	"actor_partner_known", "actor_partner_active", "discloser_known", "discloser_active", "discloser_is_origin",
	"discloser_statutory", "discloser_not_statutory", "recipient_named", "recipient_elsewhere", "recipient_known",
	"recipient_active", "recipient_statutory", "area_served", "own_record", "not_own_record", "target", "target_holds_record",
	"holds_record", "named", "anonymous", "alive", "deceased", "informed", "capable", "incapable", "understanding_shown",
	"understanding_lacking", "age_known", "adult_flagged", "child_at_risk", "overdose_on_record", "overdose_recorded",
	"break_glass_declared", "break_glass_begun", "role_allowed", "purpose_allowed", "relationship",
	"adult_protection_recipient", "child_protection_recipient", "section_10_request", "keeps_record", "readable",
}

// when is a set of facts if they are so.
func (i Is) when(so bool) Is {
	if so {
		return i
	}
	return 0
}

// either is one set of facts or another.
func either(so bool, then, otherwise Is) Is {
	if so {
		return then
	}
	return otherwise
}

// has says whether all of some facts are among these.
func (i Is) has(facts Is) bool { return i&facts == facts }
