package sharing

# METADATA
# title: Conditions that are met
# description: |
#   The conditions that data.grounds names, as far as they are met. A condition that is not here, or not known, is not met.
met contains "own_record" if input.recipient_id == input.origin_id

met contains "not_own_record" if input.recipient_id != input.origin_id

met contains "named" if not _anonymous

met contains "anonymous" if _anonymous

met contains "target" if input.recipient_id == input.target_id

met contains "alive" if not _deceased

met contains "deceased" if _deceased

met contains "relationship" if not input.purpose in data.settings.relationship_purposes

met contains "relationship" if input.actor.assigned == true

met contains "consent" if consent_state == "granted"

met contains "no_objection" if not consent_state in {"refused", "withdrawn"}

met contains "no_capable_objection" if not capable_state in {"refused", "withdrawn"}

met contains "agreement" if {
	some agreement in input.agreements
	_in_force(agreement)
}

met contains "target_holds_record" if _target_holds(input.recipient_id)

met contains "holds_record" if input.discloser_id == input.origin_id

met contains "holds_record" if _target_holds(input.discloser_id)

met contains "informed" if input.subject.informed == true

met contains "incapable" if input.subject.capacity == "incapable"

met contains "overdose_recorded" if input.overdose_at <= input.now

met contains "overdose_within_outreach" if input.now < input.overdose_at + data.reference.nfo.outreach_window_seconds

met contains "overdose_within_vital" if input.now < input.overdose_at + data.reference.nfo.vital_window_seconds

met contains "discloser_statutory" if input.discloser.statutory == true

met contains "discloser_not_statutory" if not input.discloser.statutory

met contains "recipient_statutory" if input.recipient.statutory == true

met contains "area_served" if input.area in input.recipient.adps

met contains "adult_at_risk" if {
	input.subject.adult_at_risk == true
	input.subject.age >= data.settings.adult_from_age
}

met contains "child_at_risk" if input.subject.child_at_risk == true

met contains "adult_protection_recipient" if input.recipient.kind in data.settings.adult_protection_recipients

met contains "child_protection_recipient" if input.recipient.kind in data.settings.child_protection_recipients

# Adult Support and Protection (Scotland) Act 2007, section 10: a council officer may require records.
met contains "section_10_request" if {
	input.statutory_request.act == "ASP2007"
	input.statutory_request.section == "10"
	input.statutory_request.reference != ""
}

met contains "health_professional" if _health_professional

met contains "not_health_professional" if not _health_professional

met contains "own_data" if {
	input.actor.id == input.subject.id
	input.actor.id != ""
}

met contains "second_factor" if input.actor.mfa == true

met contains "break_glass_declared" if input.break_glass

met contains "break_glass_role" if input.actor.role in data.reference.break_glass.roles

met contains "break_glass_reason" if {
	input.break_glass.reason == "serious_harm_to_others"
	input.break_glass.reason in data.reference.break_glass.reasons
}

# Vital interests are not for a person who can decide, even when they decide against it.
met contains "break_glass_reason" if {
	input.break_glass.reason == "life_at_risk"
	input.break_glass.reason in data.reference.break_glass.reasons
	not _capable
}

met contains "break_glass_justified" if input.break_glass.justification_length >= data.reference.break_glass.min_justification

met contains "break_glass_live" if {
	input.break_glass.declared_at <= input.now
	input.now < input.break_glass.declared_at + data.reference.break_glass.ttl_seconds
}

_anonymous if input.anonymous == true

_deceased if input.subject.deceased == true

_capable if input.subject.capacity == "capable"

_health_professional if input.actor.health_professional == true

_target_holds(partner) if {
	partner == input.target_id
	input.status in data.settings.held_statuses
	input.disclosed_at <= input.now
}
