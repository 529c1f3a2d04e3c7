package sharing

# METADATA
# title: Holds
# description: |
#   The rules that data.grounds names, where a plain fact does not say it all. A rule that is not here, or is not known to hold,
#   does not.
holds["consent"] if consented

holds["no_objection"] if {
	every event in _said_last { event.decision == "grant" }
}

holds["no_capable_objection"] if {
	every event in _said_last_while_capable { event.decision == "grant" }
}

holds["agreement"] if _in_force[0]

holds["overdose_within_outreach"] if input.open.overdose_outreach == true

holds["overdose_within_vital"] if input.open.overdose_vital == true

holds["adult_at_risk"] if {
	input.is.adult_flagged == true
	input.reached.adult == true
}

holds["break_glass_purpose"] if input.purpose in data.reference.break_glass.purposes

holds["break_glass_role"] if input.role in data.reference.break_glass.roles

holds["break_glass_reason"] if {
	input.break_glass.reason == "serious_harm_to_others"
	input.break_glass.reason in data.reference.break_glass.reasons
}

# Vital interests are not for a person who can decide, even when they decide against it.
holds["break_glass_reason"] if {
	input.break_glass.reason == "life_at_risk"
	input.break_glass.reason in data.reference.break_glass.reasons
	not input.is.capable == true
}

holds["break_glass_justified"] if input.break_glass.justification_length >= data.reference.break_glass.min_justification

holds["break_glass_live"] if input.open.break_glass == true
