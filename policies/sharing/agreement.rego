package sharing

# METADATA
# title: Categories agreed
# description: The union of what the agreements in force between discloser and recipient cover.
agreed := {category |
	some agreement in input.agreements
	_in_force(agreement)
	some category in agreement.categories
}

# METADATA
# title: Why no agreement is in force
# description: Reasons for each agreement that the two have for this purpose, or that they have none.
no_agreement contains "no_agreement" if count(_for_this) == 0

no_agreement contains "agreement_not_active" if {
	some agreement in _for_this
	agreement.status != "active"
}

no_agreement contains "agreement_not_started" if {
	some agreement in _for_this
	not _started(agreement)
}

no_agreement contains "agreement_expired" if {
	some agreement in _for_this
	not _unexpired(agreement)
}

no_agreement contains "adp_mismatch" if {
	some agreement in _for_this
	not _covers_area(agreement)
}

no_agreement contains "onward_not_permitted" if {
	some agreement in _for_this
	not _allows_action(agreement)
}

_for_this := [agreement |
	some agreement in input.agreements
	_between(agreement)
	input.purpose in agreement.purposes
]

_between(agreement) if {
	input.discloser_id != input.recipient_id
	input.discloser_id in agreement.parties
	input.recipient_id in agreement.parties
}

_in_force(agreement) if {
	_between(agreement)
	input.purpose in agreement.purposes
	agreement.status == "active"
	_started(agreement)
	_unexpired(agreement)
	_covers_area(agreement)
	_allows_action(agreement)
}

_started(agreement) if agreement.valid_from <= input.now

_unexpired(agreement) if input.now < agreement.valid_to

_covers_area(agreement) if {
	input.area in agreement.adps
	_reaches_area(agreement)
}

_reaches_area(_) if input.area in input.recipient.adps

_reaches_area(agreement) if agreement.cross_adp == true

_allows_action(_) if input.action == "read"

_allows_action(_) if input.discloser_id == input.origin_id

_allows_action(agreement) if agreement.onward == true
