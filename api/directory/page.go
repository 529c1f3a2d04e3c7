package directory

import (
	"slices"
	"sort"
)

// Found is what a search found, in order. It can be counted without being read, and read a page at a time.
type Found[R Row] struct {
	// Scope names the list and its order: a cursor of one scope means nothing in another.
	Scope string
	// Total is how many rows were found.
	Total int

	rows []R
	// slots are the rows' numbers in order; those not in matched are passed over. A nil matched passes over none.
	slots   []uint32
	matched slots
	key     func(slot uint32) Key
	metres  map[uint32]float64
}

// MetresTo is how far a service found near a point is from it, in a straight line; false for other searches.
func MetresTo(found Found[*Service], s *Service) (float64, bool) {
	metres, ok := found.metres[s.slot]
	return metres, ok
}

// PageRequest asks for a part of a list: the first so many, or the last so many, of those after and before a key. Give
// either First or Last, above zero.
type PageRequest struct {
	First, Last   int
	After, Before *Key
}

// Page is a part of a list.
type Page[R Row] struct {
	Rows []R
	// Keys say where each row stands, for cursors.
	Keys []Key
	// More before and after the page.
	HasPrevious, HasNext bool
}

// Page reads a part of the list. A key marks a position, whether or not the row it came from is still there.
func (f Found[R]) Page(request PageRequest) Page[R] {
	from, to := 0, len(f.slots)
	if request.After != nil {
		from = sort.Search(to, func(i int) bool { return f.key(f.slots[i]).Compare(*request.After) > 0 })
	}
	if request.Before != nil {
		to = max(from, sort.Search(len(f.slots), func(i int) bool { return f.key(f.slots[i]).Compare(*request.Before) >= 0 }))
	}
	if request.Last > 0 {
		at := f.last(from, to, request.Last)
		return f.cut(at)
	}
	return f.cut(f.first(from, to, request.First))
}

// first are the positions of the first n matches in [from, to).
func (f Found[R]) first(from, to, n int) []int {
	at := make([]int, 0, n)
	for i := from; i < to && len(at) < n; i++ {
		if f.matches(i) {
			at = append(at, i)
		}
	}
	return at
}

// last are the positions of the last n matches in [from, to), in order.
func (f Found[R]) last(from, to, n int) []int {
	at := make([]int, 0, n)
	for i := to - 1; i >= from && len(at) < n; i-- {
		if f.matches(i) {
			at = append(at, i)
		}
	}
	slices.Reverse(at)
	return at
}

func (f Found[R]) matches(i int) bool { return f.matched == nil || f.matched.has(f.slots[i]) }

// cut makes a page of the rows at positions.
func (f Found[R]) cut(at []int) Page[R] {
	page := Page[R]{Rows: make([]R, len(at)), Keys: make([]Key, len(at))}
	for i, position := range at {
		page.Rows[i], page.Keys[i] = f.rows[f.slots[position]], f.key(f.slots[position])
	}
	if len(at) > 0 {
		page.HasPrevious = len(f.last(0, at[0], 1)) > 0
		page.HasNext = len(f.first(at[len(at)-1]+1, len(f.slots), 1)) > 0
	}
	return page
}

// All are the rows found, in order.
func (f Found[R]) All() []R {
	all := make([]R, 0, f.Total)
	for i, slot := range f.slots {
		if f.matches(i) {
			all = append(all, f.rows[slot])
		}
	}
	return all
}

// fewOf is how many times smaller than its list a result must be for sorting it to be cheaper than walking the list.
const fewOf = 64

// inOrder is the result of a search in one of the collection's own orders.
func inOrder[R Row](c *collection[R], matched slots, order Order, scope string) Found[R] {
	found := Found[R]{
		Scope: scope, Total: matched.count(), rows: c.rows, slots: c.orders[order], matched: matched,
		key: func(slot uint32) Key { return c.rows[slot].key(order) },
	}
	if found.Total*fewOf < len(found.slots) {
		found.slots, found.matched = slices.AppendSeq(make([]uint32, 0, found.Total), matched.all()), nil
		slices.SortFunc(found.slots, c.compare(order))
	}
	return found
}

// byKey is the result of a search in an order that the search itself makes.
func byKey[R Row](c *collection[R], matched slots, key func(slot uint32) Key, scope string) Found[R] {
	type placed struct {
		key  Key
		slot uint32
	}
	var all []placed
	for slot := range matched.all() {
		all = append(all, placed{key(slot), slot})
	}
	slices.SortFunc(all, func(a, b placed) int { return a.key.Compare(b.key) })
	found := Found[R]{Scope: scope, Total: len(all), rows: c.rows, key: key, slots: make([]uint32, len(all))}
	for i := range all {
		found.slots[i] = all[i].slot
	}
	return found
}

// listed is a register or another short list as the result of a search for everything.
func listed[R Row](rows []R, scope string) Found[R] {
	found := Found[R]{Scope: scope, Total: len(rows), rows: rows, slots: make([]uint32, len(rows))}
	for i := range rows {
		found.slots[i] = uint32(i)
	}
	found.key = func(slot uint32) Key { return rows[slot].key(ByName) }
	return found
}
