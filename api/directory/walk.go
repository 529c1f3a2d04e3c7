package directory

import (
	"slices"
	"sort"
)

// walk is an order that is there already, of which the slots not in matched are passed over; a nil matched passes over
// none.
type walk struct {
	slots   []uint32
	matched slots
	key     func(slot uint32) Key
}

func (w walk) page(request PageRequest) part {
	from, to := 0, len(w.slots)
	if request.After != nil {
		from = sort.Search(to, func(i int) bool { return w.key(w.slots[i]).Compare(*request.After) > 0 })
	}
	if request.Before != nil {
		to = max(from, sort.Search(len(w.slots), func(i int) bool { return w.key(w.slots[i]).Compare(*request.Before) >= 0 }))
	}
	at := w.first(from, to, request.First)
	if request.Last > 0 {
		at = w.last(from, to, request.Last)
	}
	if len(at) > 0 {
		from, to = at[0], at[len(at)-1]+1
	}
	cut := part{previous: len(w.last(0, from, 1)) > 0, next: len(w.first(to, len(w.slots), 1)) > 0}
	for _, position := range at {
		cut.slots, cut.keys = append(cut.slots, w.slots[position]), append(cut.keys, w.key(w.slots[position]))
	}
	return cut
}

// first are the positions of the first n matches in [from, to).
func (w walk) first(from, to, n int) []int {
	var at []int
	for i := from; i < to && len(at) < n; i++ {
		if w.matches(i) {
			at = append(at, i)
		}
	}
	return at
}

// last are the positions of the last n matches in [from, to), in order.
func (w walk) last(from, to, n int) []int {
	var at []int
	for i := to - 1; i >= from && len(at) < n; i-- {
		if w.matches(i) {
			at = append(at, i)
		}
	}
	slices.Reverse(at)
	return at
}

func (w walk) matches(i int) bool { return w.matched == nil || w.matched.has(w.slots[i]) }

func (w walk) all() []uint32 {
	var all []uint32
	for i, slot := range w.slots {
		if w.matches(i) {
			all = append(all, slot)
		}
	}
	return all
}
