# METADATA
# title: Action
# description: |
#   Decides whether somebody may do something, by the table data.actions: for each action the parties that may do it, what else it
#   needs, and the parties it is barred to. Denied unless a row permits it. What else has to hold, such as how a referral
#   stands, is for those to judge who carry it out: they can refuse more, and permit nothing.
# scope: subpackages
# schemas:
#   - input: schema.standing
#   - data.actions: schema.table
package action

import data.party

# METADATA
# title: Ruling
# description: Whether input.what may be done, and if not why.
# entrypoint: true
default ruling := {"allowed": false, "reasons": {"action_unknown"}, "sides": set()}

ruling := {"allowed": true, "reasons": set(), "sides": party.sides(_row)} if {
	party.permits(_row)
} else := {"allowed": false, "reasons": party.why_not(_row), "sides": set()}

_row := data.actions[input.what]
