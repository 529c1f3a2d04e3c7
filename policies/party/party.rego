# METADATA
# title: Parties
# description: |
#   Who somebody is to a thing: those of data.parties whose place they stand in, in one of the roles that go with it. What they may
#   do (package action) and see (package directory) is written in tables of parties, and judged here, so that a party is the
#   same in both.
# scope: subpackages
# schemas:
#   - input: schema.standing
#   - data.parties: schema.parties
package party

# METADATA
# title: Who they are
# description: The parties that whoever asks is.
is contains name if {
	some name, party in data.parties
	_stands(party)
	_in_role(party)
}

# METADATA
# title: What is met
# description: What a row of a table can need beside the party.
met contains "sign_in" if input.signed_in == true

met contains "second_factor" if input.second_factor == true

met contains "care_role" if input.in_care_role == true

# METADATA
# title: Permit
# description: |
#   Holds for a row of a table when whoever asks is one of its parties and none that it bars, all it needs is met, and their
#   organisation is not suspended. Each of them has to be known to hold: what is not stated permits nothing.
permits(row) if {
	input.suspended == false
	count(_parties(row)) > 0
	count(_barred(row)) == 0
	every need in row.needs {
		need in met
	}
}

# METADATA
# title: Why not
# description: The reasons why a row of a table does not permit, as codes.
why_not(row) := union({_suspended, _not_met(row), _barring(row), _no_party(row)})

# METADATA
# title: Sides
# description: The sides of a referral that the parties of a row put whoever asks on.
sides(row) := {data.parties[name].side | some name in _parties(row)}

_parties(row) := {name | some name in row.parties; name in is}

_barred(row) := {name | some name in row.never; name in is}

_suspended := set() if {
	input.suspended == false
} else := {"partner_suspended"}

_not_met(row) := {sprintf("%s_needed", [need]) | some need in row.needs; not need in met}

_barring(row) := {sprintf("is_%s", [name]) | some name in _barred(row)}

_no_party(row) := set() if {
	count(_parties(row)) > 0
} else := {"not_theirs"} if {
	some name in row.parties
	_in_role(data.parties[name])
} else := {"role_not_permitted"}

_stands(party) if party.stands == "anywhere"

_stands(party) if party.stands in input.stands

_in_role(party) if "*" in party.roles

_in_role(party) if {
	some role in party.roles
	role in input.roles
}
