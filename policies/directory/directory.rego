# METADATA
# title: Directory visibility
# description: |
#   Decides whether somebody may see a thing beyond what the directory shows to everybody, by the table data.visible: for each
#   thing the parties that may see it, what else it needs, and the parties it is barred to. Hidden unless a row shows it.
# scope: subpackages
# schemas:
#   - input: schema.standing
#   - data.visible: schema.table
#   - data.small_numbers: schema.small_numbers
package directory

import data.party

# METADATA
# title: Ruling
# description: Whether input.what may be seen, and if not why.
# entrypoint: true
default ruling := {"allowed": false, "reasons": {"thing_unknown"}, "sides": set()}

ruling := {"allowed": true, "reasons": set(), "sides": party.sides(_row)} if {
	party.permits(_row)
} else := {"allowed": false, "reasons": party.why_not(_row), "sides": set()}

_row := data.visible[input.what]
