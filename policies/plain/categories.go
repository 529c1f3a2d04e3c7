package plain

import "slices"

// categories are a set of the categories of data.
type categories uint16

const (
	admin categories = 1 << iota
	identity
	contact
	demographic
	need
	clinical
	risk
	social
	restricted

	all = 1<<iota - 1
)

// names are the categories in the order of their bits.
var names = [...]string{"admin", "identity", "contact", "demographic", "need", "clinical", "risk", "social", "restricted"}

// setOf is the set of the categories named; what is none of them is left out.
func setOf(list []string) (set categories) {
	for _, name := range list {
		if i := slices.Index(names[:], name); i >= 0 {
			set |= 1 << i
		}
	}
	return set
}
