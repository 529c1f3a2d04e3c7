package sharing

# METADATA
# title: Open
# description: |
#   Holds when every gate is known to be open: facts that lack what a gate asks for stay shut. A gate that is shut overrides every
#   ground, break glass included.
open if object.subset(input.is, data.settings.gates[input.action])

# METADATA
# title: Shut
# description: The reasons why a request is shut out whatever the ground. They explain, and decide nothing.
shut contains "action_unknown" if not data.settings.gates[input.action]

shut contains "role_unknown" if not data.reference.role_categories[input.role]

shut contains "purpose_prohibited" if input.purpose in data.reference.prohibited_purposes

shut contains "purpose_unknown" if {
	not data.reference.purpose_roles[input.purpose]
	not input.purpose in data.reference.prohibited_purposes
}

shut contains "role_not_permitted" if {
	roles := data.reference.purpose_roles[input.purpose]
	data.reference.role_categories[input.role]
	not input.role in roles
}

shut contains reason if {
	some fact, _ in _gates
	not input.is[fact] == true
	reason := _reason_to_shut[fact]
}

# Of an action that there is not, the gates of a read explain what else is amiss.
_gates := gates if {
	gates := data.settings.gates[input.action]
} else := data.settings.gates.read

_reason_to_shut["time_given"] := "time_missing"

_reason_to_shut["actor_active"] := "actor_inactive"

_reason_to_shut["actor_partner_known"] := "partner_unknown"

_reason_to_shut["actor_partner_active"] := "partner_not_active"

_reason_to_shut["discloser_known"] := "partner_unknown"

_reason_to_shut["discloser_active"] := "partner_not_active"

_reason_to_shut["readable"] := "record_unreadable"

_reason_to_shut["recipient_named"] := "recipient_missing"

_reason_to_shut["recipient_elsewhere"] := "recipient_is_discloser"

# Of nobody there is nothing more to say.
_reason_to_shut["recipient_known"] := "partner_unknown" if not _recipient_missing

_reason_to_shut["recipient_active"] := "partner_not_active" if not _recipient_missing

_recipient_missing if {
	input.action == "onward_disclose"
	not input.is.recipient_named == true
}
