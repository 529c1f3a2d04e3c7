package plain

import "slices"

// A way in which what is beside fields is released: with which categories, and whether to those alone whose record it is.
type way struct {
	with  categories
	keeps bool
}

// beside is what is shown beside fields, by its name in the order of names, as the description has it.
var beside = []struct {
	name string
	ways []way
}{
	{"circumstances", []way{{risk, true}}},
	{"consents", []way{{admin, true}}},
	{"consents_of_partner", []way{{admin, false}}},
	{"pathway", []way{{risk, true}, {risk | restricted, false}}},
	{"words", []way{{need, false}}},
}

// besides are the names of what is asked for beside fields and released with these categories.
func (a *asked) besides(released categories) []string {
	var names []string
	for _, b := range beside {
		if a.Fields != nil && !slices.Contains(a.Fields, b.name) {
			continue
		}
		if slices.ContainsFunc(b.ways, func(w way) bool { return released&w.with == w.with && (!w.keeps || a.Actor.KeepsRecord) }) {
			names = append(names, b.name)
		}
	}
	return names
}
