package directory

// Found is what a search found, in order. It can be counted without being read, and read a page at a time.
type Found[R Row] struct {
	// Scope names the list and its order: a cursor of one scope means nothing in another.
	Scope string
	// Total is how many rows were found.
	Total int

	rows []R
	rowOrder
	near *Near
}

// rowOrder is the slots of what was found, in order.
type rowOrder interface {
	// page is the part of the order that a request asks for.
	page(PageRequest) part
	// all are the slots, in order.
	all() []uint32
}

// part is a part of an order, and whether there is more before and after it.
type part struct {
	slots          []uint32
	keys           []Key
	previous, next bool
}

// DistanceTo is how far a service found near a point is from it; false for other searches.
func DistanceTo(found Found[*Service], s *Service) (Distance, bool) {
	if found.near == nil {
		return Distance{}, false
	}
	return s.distance(found.near.Point)
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
	part := f.page(request)
	page := Page[R]{Rows: make([]R, len(part.slots)), Keys: part.keys, HasPrevious: part.previous, HasNext: part.next}
	for i, slot := range part.slots {
		page.Rows[i] = f.rows[slot]
	}
	return page
}

// All are the rows found, in order.
func (f Found[R]) All() []R {
	all := make([]R, 0, f.Total)
	for _, slot := range f.all() {
		all = append(all, f.rows[slot])
	}
	return all
}

// fewOf is how many times smaller than its list a result must be for picking from it to be cheaper than walking the list.
const fewOf = 64

// inOrder is the result of a search in one of the collection's own orders.
func inOrder[R Row](c *collection[R], matched slots, order Order, scope string) Found[R] {
	total, sorted := matched.count(), c.orders[order]
	if total*fewOf < len(sorted) {
		return byRank(c, ranked(matched, func(slot uint32) int64 { return c.rows[slot].key(order).Number }), order, scope)
	}
	key := func(slot uint32) Key { return c.rows[slot].key(order) }
	return Found[R]{Scope: scope, Total: total, rows: c.rows, rowOrder: walk{sorted, matched, key}}
}

// byRank is the result of a search in an order that the search itself makes: by a number, then as rows stand in order.
func byRank[R Row](c *collection[R], ranks []rank, order Order, scope string) Found[R] {
	key := func(slot uint32) Key { return c.rows[slot].key(order) }
	return Found[R]{Scope: scope, Total: len(ranks), rows: c.rows, rowOrder: ranking{ranks, key}}
}

// listed is a register or another short list as the result of a search for everything. It is in order of names.
func listed[R Row](rows []R, scope string) Found[R] {
	slots := make([]uint32, len(rows))
	for i := range rows {
		slots[i] = uint32(i)
	}
	key := func(slot uint32) Key { return rows[slot].key(ByName) }
	return Found[R]{Scope: scope, Total: len(rows), rows: rows, rowOrder: walk{slots, nil, key}}
}
