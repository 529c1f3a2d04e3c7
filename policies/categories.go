package policies

import "slices"

// Categories are a set of the categories of data.
type Categories uint16

// categoryNames are the categories, in the order of their bits; schemas/reference.json has the same.
var categoryNames = []string{"admin", "identity", "contact", "demographic", "need", "clinical", "risk", "social", "restricted"}

// categoriesOf is the set of the categories named; what is none of them is left out.
func categoriesOf(names []string) (set Categories) {
	for _, name := range names {
		set |= categoryOf(name)
	}
	return set
}

// categoryOf is the set of one category; empty if there is none of that name.
func categoryOf(name string) Categories {
	if i := slices.Index(categoryNames, name); i >= 0 {
		return 1 << i
	}
	return 0
}

// has says whether some of a set is in another.
func (c Categories) has(some Categories) bool { return c&some != 0 }
