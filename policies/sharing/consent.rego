package sharing

# METADATA
# title: Consent state
# description: |
#   What the person's latest effective decisions say of this purpose and recipient: none, granted, expired, refused or
#   withdrawn. "None" is another answer than "refused". A later grant replaces an earlier one; at one instant withdrawal
#   comes before refusal, and refusal before a grant. It explains; holds.consent and holds.no_objection decide.
consent_state := "none" if {
	count(_said_last) == 0
} else := "withdrawn" if {
	some event in _said_last
	event.decision == "withdraw"
} else := "refused" if {
	some event in _said_last
	event.decision == "refuse"
} else := "granted" if {
	consented
} else := "expired"

# METADATA
# title: Categories consented to
# description: |
#   What was granted last; of several grants at one instant, what all of them name. Undefined unless consent is granted.
consented := said.categories if {
	# One thing was said, as a rule.
	[said] = _effective
	said.decision == "grant"
	_runs(said.end)
} else := named if {
	first := _said_last[0]
	every said in _said_last {
		said.decision == "grant"
		_runs(said.end)
	}
	named := {category: true |
		some category, _ in first.categories
		every said in _said_last { said.categories[category] == true }
	}
}

_runs("ahead")

_runs("none") if data.settings.grant_needs_an_end == false

# input.consents holds what was said by now about this purpose and recipient, the latest first; what has one order was said at one
# instant.
_said_last := [event |
	some event in _effective
	event.order == _effective[0].order
]

# The same, leaving out what was said while not capable; a refusal given while capable binds in an emergency.
_said_last_while_capable := [event |
	some event in _effective_while_capable
	event.order == _effective_while_capable[0].order
]

_effective_while_capable := [event |
	some event in _effective
	event.capable_when_given == true
]

_effective := [event |
	some event in input.consents
	_counts(event.by, event.decision, event)
]

# Anyone may refuse or withdraw for themselves.
_counts("self", "refuse", _)

_counts("self", "withdraw", _)

_counts("self", "grant", event) if {
	_whole(event)
	_understands
}

_counts("parent", decision, event) if {
	_child_who_does_not_understand
	_said(decision, event)
}

_counts("proxy", decision, event) if {
	input.reached.adult == true
	input.is.incapable == true
	event.proxy_authority == true
	_said(decision, event)
}

_said("refuse", _)

_said("withdraw", _)

_said("grant", event) if _whole(event)

# A grant names its purpose and recipient, and is by somebody who could decide; only a refusal or a withdrawal may cover all.
_whole(grant) if {
	grant.purpose == "named"
	grant.recipient == "named"
	grant.capable_when_given == true
}

_child_who_does_not_understand if {
	input.is.age_known == true
	not input.reached.adult == true
	not _understands
}

# Presumed from 12 in Scotland (Data Protection Act 2018, section 208), below that only when shown. Somebody whose age is not known
# has reached none.
_understands if {
	input.reached.understanding == true
	not input.is.understanding_lacking == true
}

_understands if input.is.understanding_shown == true
