package sharing

# METADATA
# title: Gates
# description: What shuts a request whatever the ground, break glass included; the reasons why.
shut contains "time_missing" if not input.now

shut contains "actor_inactive" if not _actor_active

shut contains "action_unknown" if not input.action in data.settings.actions

shut contains "role_unknown" if not data.reference.role_categories[input.actor.role]

shut contains "purpose_prohibited" if input.purpose in data.reference.prohibited_purposes

shut contains "purpose_unknown" if {
	not data.reference.purpose_roles[input.purpose]
	not input.purpose in data.reference.prohibited_purposes
}

shut contains "role_not_permitted" if {
	roles := data.reference.purpose_roles[input.purpose]
	data.reference.role_categories[input.actor.role]
	not input.actor.role in roles
}

shut contains "partner_unknown" if not input.actor_partner

shut contains "partner_unknown" if not input.discloser

shut contains "partner_unknown" if {
	not input.recipient
	not _recipient_missing
}

shut contains "partner_not_active" if not _active(input.actor_partner)

shut contains "partner_not_active" if {
	not _active(input.recipient)
	not _recipient_missing
}

shut contains "partner_not_active" if {
	data.settings.discloser_of_a_read_must_be_active
	not _active(input.discloser)
}

shut contains "recipient_missing" if _recipient_missing

shut contains "recipient_is_discloser" if {
	input.action == "onward_disclose"
	input.recipient_id == input.discloser_id
}

# Open only when every gate is known to be open: an input that lacks what a gate asks for stays shut.
_open if {
	count(shut) == 0
	_actor_active
	_active(input.actor_partner)
	_active(input.recipient)
	input.actor.role in data.reference.purpose_roles[input.purpose]
}

_actor_active if input.actor.active == true

_active(partner) if partner.status == "active"

_recipient_missing if {
	input.action == "onward_disclose"
	object.get(input, "recipient_id", "") == ""
}
