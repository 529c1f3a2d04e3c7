package sharing

# The fields a ground discloses: requested ∩ role ∩ purpose ∩ what the ground releases.
_disclosable(ground) := {field |
	some field in _requested
	category := data.reference.field_category[field]
	category in _ceiling
	category in _released(ground.releases)
	not category in ground.withholds
}

# Absent means all; a list that is empty means none; names that are not fields are passed over.
_requested := {field | some field in input.fields} if {
	is_array(input.fields)
} else := object.keys(data.reference.field_category)

_ceiling := _set(data.reference.role_categories[input.actor.role]) & _set(data.reference.purpose_categories[input.purpose])

_released("all") := {category | some category in data.reference.field_category}

_released("agreed") := agreed

_released("agreed_and_consented") := agreed & consented

_released("emergency") := _set(data.reference.break_glass.categories)

_set(list) := {x | some x in list}
