package disclosure

import (
	"strings"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
)

// said looks a code up, and writes one that is not there as the words it is made of.
func said(words map[string]string, code string) string {
	if text, ok := words[code]; ok {
		return text
	}
	return strings.ReplaceAll(code, "_", " ")
}

// RoleInWords is a care role in words, to go on after "as".
func RoleInWords(r identity.CareRole) string { return said(roleWords, string(r)) }

var roleWords = map[string]string{
	"practitioner": "a practitioner", "clinician": "a clinician", "clerk": "a clerk", "peer_worker": "a peer worker",
	"safeguarding_officer": "a safeguarding officer", "analyst": "an analyst",
	"nfo_responder": "a responder to near-fatal overdoses", "death_reviewer": "a reviewer of deaths",
	"data_subject": "the person themselves",
}

// PurposeInWords is a purpose in words, to go on after "for".
func PurposeInWords(p Purpose) string { return said(purposeWords, string(p)) }

var purposeWords = map[string]string{
	"direct_care": "direct care", "referral_coordination": "passing the referral on",
	"nfo_response":     "answering a near-fatal overdose",
	"adult_protection": "adult protection", "child_protection": "child protection",
	"service_monitoring": "looking at how services do",
	"death_review":       "the review of a death", "subject_access": "giving the person what is held of them",
}

// GroundInWords is why something is disclosed, to go on after "because".
func GroundInWords(ground string) string { return said(groundWords, ground) }

var groundWords = map[string]string{
	"own_record":         "it is the record of their own organisation",
	"anonymous":          "the referral does not tell who the person is",
	"consent":            "the person agreed and an agreement covers it",
	"consent_onward":     "the person agreed that it is passed on to them",
	"holder_copy":        "they accepted the referral and keep what they were given then",
	"nfo_no_objection":   "the person had a near-fatal overdose, was told of this sharing and did not object",
	"nfo_vital_interest": "the person had a near-fatal overdose and cannot decide now, and their life is at stake",
	"asp_s10":            "a council officer required it under section 10 of the Adult Support and Protection (Scotland) Act 2007",
	"asp_duty":           "the person is an adult at risk and a public body has to tell the council",
	"safeguarding":       "the person is an adult at risk and has to be kept safe",
	"child_protection":   "a child is at risk",
	"service_monitoring": "an agreement covers it, and it does not say who the person is",
	"death_review":       "a death is reviewed under an agreement",
	"subject_access":     "it is about themselves",
	"break_glass":        "they declared an emergency, which somebody else reviews",
	"":                   "nothing else was needed",
}

// ReasonInWords is a reason code in words, to go on after "because".
func ReasonInWords(code string) string { return said(reasonWords, code) }

var reasonWords = map[string]string{
	// Gates.
	"time_missing": "the time is not known", "actor_inactive": "whoever asks is not active",
	"action_unknown": "there is no such action", "role_unknown": "no care role is named, or none that is known",
	"purpose_prohibited": "nothing here is ever used for that purpose", "purpose_unknown": "there is no such purpose",
	"role_not_permitted": "that role has no part in this purpose", "partner_unknown": "a partner is not known",
	"partner_not_active": "a partner is suspended", "recipient_missing": "nobody is named who is to be told",
	"recipient_is_discloser": "it would be passed on to whoever has it",
	// Why a ground does not hold.
	"no_ground": "no ground covers it", "anonymous_referral": "the referral is not to tell who the person is",
	"not_target": "the referral was not sent to this partner", "subject_deceased": "the person has died",
	"subject_not_deceased": "the person is alive",
	"no_relationship":      "whoever asks does not work with this person: take it up first",
	"consent_none":         "nobody has said that the person agreed", "consent_granted": "the person agreed",
	"consent_expired": "what the person agreed to has ended", "consent_refused": "the person said no",
	"consent_withdrawn":  "the person took back what they had agreed to",
	"objection_recorded": "the person objected", "no_agreement": "no data sharing agreement covers both partners for this purpose",
	"agreement_not_active":  "the data sharing agreement is suspended",
	"agreement_not_started": "the data sharing agreement has not begun",
	"agreement_expired":     "the data sharing agreement has ended",
	"adp_mismatch":          "the data sharing agreement is not for this area",
	"area_not_served":       "the partner does not serve this area",
	"onward_not_permitted":  "the agreement does not let it be passed on",
	"onward_purpose":        "nothing is passed on for this purpose", "record_not_held": "the partner holds no record of it",
	"not_informed":           "nobody has told the person of this sharing",
	"capacity_not_incapable": "nobody has found that the person cannot decide",
	"no_nfo_event":           "no near-fatal overdose is on record", "nfo_in_future": "the overdose is said to be in the future",
	"nfo_window_closed": "the overdose is too long ago", "vital_window_closed": "the overdose is too long ago to act without asking",
	"discloser_not_statutory": "the partner that made the referral is no public body",
	"recipient_kind":          "the partner is not of the right kind",
	"not_adult_at_risk":       "the person is not an adult at risk", "not_child_at_risk": "no child is at risk",
	"not_data_subject": "it is not about whoever asks", "mfa_required": "a sign-in with a second factor is needed",
	"break_glass_role": "that role declares no emergency", "break_glass_reason": "that is no reason for an emergency",
	"break_glass_purpose": "there is no emergency for that purpose", "capable_subject": "the person can decide for themselves",
	"justification_required": "the emergency was not explained", "break_glass_not_started": "the emergency has not begun",
	"break_glass_expired": "the time of the emergency is over", "no_fields_permitted": "nothing that was asked for is covered",
	"second_factor": "a sign-in with a second factor is needed",
	// What this program says itself.
	"request_unreadable": "what was asked makes no sense", "not_decided": "it could not be decided in time",
	ReasonRole: "that care role does not see such data", ReasonPurpose: "such data is not for this purpose",
	ReasonGround: "what allows the rest does not cover it", ReasonErased: "the person was erased",
	ReasonUnreadable:   "it is kept and cannot be read now: whoever runs Lifeline has been told",
	ReasonNotLookedFor: "it does not tell what was looked by",
	ReasonOthersClaim:  "it is for those who made the claim, who pay for it, and who run the place",
	// Conditions of grounds that are met.
	"own_record": "it is the partner's own record", "not_own_record": "it is another partner's record",
	"named":     "the person is named",
	"anonymous": "the person is not named", "target": "it was sent to this partner", "alive": "the person is alive",
	"deceased": "the person has died", "relationship": "whoever asks works with the person", "consent": "the person agreed",
	"no_objection": "the person did not object", "no_capable_objection": "the person did not object while they could decide",
	"agreement": "a data sharing agreement is in force", "target_holds_record": "the partner accepted and holds a record",
	"holds_record": "the partner holds a record", "informed": "the person was told of this sharing",
	"incapable": "the person cannot decide now", "overdose_recorded": "a near-fatal overdose is on record",
	"overdose_within_outreach": "the overdose was so short a time ago that help can be offered",
	"overdose_within_vital":    "the overdose was so short a time ago that nobody has to be asked",
	"discloser_statutory":      "a public body made the referral", "recipient_statutory": "the partner is a public body",
	"area_served": "the partner serves this area", "adult_at_risk": "the person is an adult at risk",
	"child_at_risk":              "a child is at risk",
	"adult_protection_recipient": "the partner protects adults", "child_protection_recipient": "the partner protects children",
	"section_10_request": "it was required under section 10", "health_professional": "whoever asks is a health professional",
	"not_health_professional": "whoever asks is no health professional", "own_data": "it is about whoever asks",
	"break_glass_declared": "an emergency was declared", "break_glass_justified": "the emergency was explained",
	"break_glass_live": "the emergency still lasts",
}

// ObligationInWords is something that whoever is shown data has to do.
func ObligationInWords(code string) string { return said(obligationWords, code) }

var obligationWords = map[string]string{
	"audit": "It is written down who was shown what.", "no_onward_disclosure": "Do not pass it on.",
	"no_reidentification":    "Do not try to find out who the person is.",
	"notify_recipient_terms": "Tell whoever gets it what it may be used for.",
	"snapshot_only":          "Nothing newer is shown than what was given.",
	"offer_opt_out":          "Tell the person that they can object, and how.",
	"notify_subject":         "Tell the person.",
	"notify_subject_if_safe": "Tell the person, unless that would put somebody at risk.",
	"record_rationale":       "Write down why.", "suppress_small_numbers": "Publish no small numbers.",
	"redact_third_parties": "Take out what is about others.", "audit_high": "It is looked at again by others.",
	"notify_caldicott_guardian": "Tell the Caldicott Guardian.", "review_within_72h": "Somebody else reviews it within 72 hours.",
	"break_glass_not_needed": "The emergency was not needed.",
}

// FieldInWords is a field in words, to go on in a sentence.
func FieldInWords(f record.Field) string { return said(fieldWords, string(f)) }

var fieldWords = map[string]string{
	"referral_id": "its number", "status": "how it stands", "created_at": "when it was made", "origin_partner": "who made it",
	"target_partner": "who is asked", "urgency": "how pressing it is", "full_name": "the name", "date_of_birth": "the date of birth",
	"chi": "the CHI number", "address": "the address", "phone": "the telephone number", "email": "the email address",
	"safe_contact": "how to get in touch safely", "age_band": "the age band", "gender": "the gender", "locality": "the area",
	"referral_reason": "why it was made", "substances": "which substances", "goals": "the person's hopes",
	"medication": "medication",
	"ost_status": "opioid substitution therapy", "naloxone": "naloxone", "mental_health": "mental health",
	"nfo_at": "when the overdose was", "nfo_context": "what is known of the overdose", "risk_level": "risks",
	string(Circumstances): "the person's circumstances", string(Consents): "what was said about sharing it",
	string(Along): "along which pathway it was made", string(Words): "what was written with it",
	"housing": "housing", "dependants": "whom the person looks after", "bbv_status": "blood-borne viruses",
	"justice": "courts and prison",
}

// ChangeInWords is a kind of change in words, to go on after who made it.
func ChangeInWords(detail string) string {
	kind, rest, _ := strings.Cut(detail, ".")
	switch kind {
	case "consent":
		return said(consentWords, rest)
	case "emergency":
		return "declared an emergency (" + said(emergencyWords, rest) + ")"
	case "review":
		return "reviewed an emergency"
	default:
		return said(changeWords, kind)
	}
}

var consentWords = map[string]string{
	"grant": "wrote down that the person agreed to share", "refuse": "wrote down that the person said no to sharing",
	"withdraw": "wrote down that the person took back what they had agreed to share",
}

var emergencyWords = map[string]string{
	"life_at_risk": "a life was at risk", "serious_harm_to_others": "others were at risk of serious harm",
}

var changeWords = map[string]string{
	"Submit": "made the referral", "Acknowledge": "said that they have the referral", "Accept": "accepted the referral",
	"CannotOffer": "said that they cannot offer what is needed", "Redirect": "sent the referral on to another partner",
	"Reconsider": "asked the same partner again", "WaitForPlace": "claimed a place", "HoldPlace": "held a place",
	"EndHold": "let the hold on a place end", "ReleasePlace": "gave the claim on a place up",
	"Admit":        "said that the person moved in",
	"StartSupport": "said that support began", "Complete": "said that stay or support ended", "Withdraw": "withdrew the referral",
	"Escalate": "escalated the referral", "SettleEscalation": "settled what was escalated", "Message": "wrote a message",
	"Ask": "asked for information", "Answer": "gave information", "SettleStage": "settled a stage of the funded journey",
	"SetUrgency": "changed how pressing it is", "Amend": "changed what the referral tells",
	"MakeLink": "made a referral that follows it", "SetCircumstances": "changed what is known of the person's circumstances",
	"TakeUp": "began to work with the person", "StepBack": "stopped working with the person",
	"SettleStep": "said what came of a step",
	"PassOn":     "passed the referral on, because the partner that was asked had not said in time that it has it",
}

// TaskInWords is what a step is, to go on after "the step".
func TaskInWords(task string) string { return said(taskWords, task) }

var taskWords = map[string]string{
	"Answer": "of saying that they have the referral", "Contact": "of speaking with the person",
	"Assessment": "of assessing what the person needs", "Preparation": "of preparing for a stay",
	"Naloxone": "of offering take-home naloxone", "Aftercare": "of offering aftercare",
	"PeerSupport": "of introducing somebody in recovery", "FollowUp": "of asking again how the person is",
}
