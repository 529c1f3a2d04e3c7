package sharing

# METADATA
# title: Consent state
# description: |
#   What the person's latest effective decisions say of this purpose and recipient: none, granted, expired, refused or
#   withdrawn. "None" is another answer than "refused". A later grant replaces an earlier one; at one instant withdrawal
#   comes before refusal, and refusal before a grant.
consent_state := _state(_decided)

# METADATA
# title: Objection made while capable
# description: The same, leaving out what was said while not capable; a refusal given while capable binds in an emergency.
capable_state := _state([e | some e in _decided; object.get(e, "capable_when_given", true) == true])

# METADATA
# title: Categories consented to
# description: What the grant in force names; of two grants at one instant, what both name.
default consented := set()

consented := intersection({_set(grant.categories) | some grant in _latest(_decided)}) if {
	consent_state == "granted"
}

_decided := [event |
	some event in input.consents
	event.at <= input.now
	_about_this(event)
	_effective(event)
]

_latest(events) := [event |
	at := max([e.at | some e in events])
	some event in events
	event.at == at
]

_state(events) := "none" if {
	count(events) == 0
} else := "withdrawn" if {
	some event in _latest(events)
	event.decision == "withdraw"
} else := "refused" if {
	some event in _latest(events)
	event.decision == "refuse"
} else := "granted" if {
	every event in _latest(events) {
		event.decision == "grant"
		_running(event)
	}
} else := "expired"

_running(event) if input.now < event.expires_at

_running(event) if {
	not event.expires_at
	not data.settings.grant_needs_an_end
}

# A grant names its purpose and recipient; only a refusal or a withdrawal may cover all of them.
_about_this(event) if {
	_covers(event.purposes, input.purpose, event.decision)
	_covers(event.recipients, input.recipient_id, event.decision)
}

_covers(names, name, _) if name in names

_covers(names, _, decision) if {
	decision in {"refuse", "withdraw"}
	"*" in names
}

_effective(event) if {
	event.by == "self"
	event.decision in {"refuse", "withdraw"}
}

_effective(event) if {
	event.by == "self"
	event.decision == "grant"
	object.get(event, "capable_when_given", true) == true
	_understands
}

_effective(event) if {
	event.by in {"parent", "proxy"}
	event.decision in {"refuse", "withdraw"}
	_speaks_for(event)
}

_effective(event) if {
	event.by in {"parent", "proxy"}
	event.decision == "grant"
	object.get(event, "capable_when_given", true) == true
	_speaks_for(event)
}

_speaks_for(event) if {
	event.by == "parent"
	input.subject.age < data.settings.adult_from_age
	not _understands
}

_speaks_for(event) if {
	event.by == "proxy"
	input.subject.age >= data.settings.adult_from_age
	input.subject.capacity == "incapable"
	event.proxy_authority == true
}

# Presumed from 12 in Scotland (Data Protection Act 2018, section 208), below that only when shown.
_understands if {
	input.subject.age >= data.settings.age_of_understanding
	object.get(input.subject, "understanding", "") != "lacking"
}

_understands if input.subject.understanding == "shown"
