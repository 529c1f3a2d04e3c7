package sharing

# METADATA
# title: Categories agreed
# description: The union of what the agreements in force between discloser and recipient cover.
agreed := agreement.categories if {
	# One agreement is in force, as a rule.
	[agreement] = _in_force
} else := object.union_n([agreement.categories | some agreement in _in_force])

# input.agreements holds those that the two have for this purpose, and no others.
_in_force := [agreement |
	some agreement in input.agreements
	agreement.status == "active"
	agreement.started == true
	agreement.ended == false
	_covers_area(agreement)
	_allows_action(agreement)
]

# METADATA
# title: Why no agreement is in force
# description: Reasons for each agreement that the two have for this purpose, or that they have none.
no_agreement contains "no_agreement" if count(input.agreements) == 0

no_agreement contains "agreement_not_active" if {
	some agreement in input.agreements
	agreement.status != "active"
}

no_agreement contains "agreement_not_started" if {
	some agreement in input.agreements
	not agreement.started
}

no_agreement contains "agreement_expired" if {
	some agreement in input.agreements
	agreement.ended
}

no_agreement contains "adp_mismatch" if {
	some agreement in input.agreements
	not _covers_area(agreement)
}

no_agreement contains "area_not_served" if {
	some agreement in input.agreements
	agreement.names_area == true
	not _covers_area(agreement)
}

no_agreement contains "onward_not_permitted" if {
	some agreement in input.agreements
	not _allows_action(agreement)
}

_covers_area(agreement) if {
	agreement.names_area == true
	input.is.area_served == true
}

_covers_area(agreement) if {
	agreement.names_area == true
	agreement.cross_adp == true
}

# What the referrer first disclosed may go on to others under an agreement that says so.
_allows_action(_) if input.action == "read"

_allows_action(_) if input.is.discloser_is_origin == true

_allows_action(agreement) if agreement.onward == true
