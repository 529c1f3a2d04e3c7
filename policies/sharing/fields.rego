package sharing

# What a ground can release, of the categories within reach: a field of them is asked for, and role and purpose reach to them. Of
# agreements and consents the facts state no others.
_released["all"] := input.reach

_released["agreed"] := agreed

_released["agreed_and_consented"] := object.filter(agreed, consented)

_released["emergency"] := object.filter(input.reach, data.reference.break_glass.categories)

_less(categories, []) := categories

_less(categories, withheld) := object.remove(categories, withheld) if count(withheld) > 0
