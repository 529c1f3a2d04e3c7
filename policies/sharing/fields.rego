package sharing

# What a ground can release, of the categories within reach: a field of them is asked for, and role and purpose reach to them. Of
# agreements and consents the facts state no others.
_released["all"] := input.reach

_released["agreed"] := agreed

_released["agreed_and_consented"] := object.filter(agreed, consented)

_released["emergency"] := object.filter(input.reach, data.reference.break_glass.categories)

_released["given"] := input.given

_less(categories, []) := categories

_less(categories, withheld) := object.remove(categories, withheld) if count(withheld) > 0

# What is released beside fields: with what else the ground releases, and to those whom it is for. What a ground withholds by its
# name stays withheld.
_beside(categories, withheld) := {name |
	some name, _ in input.beside
	not name in withheld
	some way in data.beside[name].ways
	object.subset(input.is, way.needs)
	every category in way.with { categories[category] }
}
