package directory

import (
	"cmp"
	"slices"
)

// rank is where a search puts a row: by a number, such as its distance.
type rank struct {
	number int64
	slot   uint32
}

// ranked are slots with their numbers.
func ranked(matched slots, number func(slot uint32) int64) []rank {
	ranks := make([]rank, 0, matched.count())
	for slot := range matched.all() {
		ranks = append(ranks, rank{number(slot), slot})
	}
	return ranks
}

// ranking is an order that a search makes, by rank and then by key. It is never sorted as a whole for a page: the page is
// picked out of it.
type ranking struct {
	ranks []rank
	// base is a slot's key but for the number.
	base func(slot uint32) Key
}

func (r ranking) key(of rank) Key {
	key := r.base(of.slot)
	key.Number = of.number
	return key
}

func (r ranking) compare(a, b rank) int {
	if a.number != b.number {
		return cmp.Compare(a.number, b.number)
	}
	return r.base(a.slot).Compare(r.base(b.slot))
}

// compareKey is negative when the rank comes before the key.
func (r ranking) compareKey(a rank, key *Key) int {
	if a.number != key.Number {
		return cmp.Compare(a.number, key.Number)
	}
	return r.key(a).Compare(*key)
}

func (r ranking) page(request PageRequest) part {
	chosen := selection{most: request.First, compare: r.compare}
	if request.Last > 0 {
		chosen = selection{most: request.Last, compare: func(a, b rank) int { return r.compare(b, a) }}
	}
	before, inside, after := 0, 0, 0
	for _, rank := range r.ranks {
		switch {
		case request.After != nil && r.compareKey(rank, request.After) <= 0:
			before++
		case request.Before != nil && r.compareKey(rank, request.Before) >= 0:
			after++
		default:
			inside++
			chosen.offer(rank)
		}
	}
	ranks := chosen.sorted()
	cut := part{previous: before > 0, next: after > 0 || inside > len(ranks)}
	if request.Last > 0 {
		slices.Reverse(ranks)
		cut = part{previous: before > 0 || inside > len(ranks), next: after > 0}
	}
	for _, rank := range ranks {
		cut.slots, cut.keys = append(cut.slots, rank.slot), append(cut.keys, r.key(rank))
	}
	return cut
}

func (r ranking) all() []uint32 {
	all := make([]uint32, len(r.ranks))
	for i, rank := range slices.SortedFunc(slices.Values(r.ranks), r.compare) {
		all[i] = rank.slot
	}
	return all
}

// selection picks the first so many of the ranks it is offered, and holds at most twice as many at a time.
type selection struct {
	most    int
	compare func(a, b rank) int
	// held has the chosen ones among others; once there were enough, what does not come before worst is not chosen.
	held  []rank
	full  bool
	worst rank
}

func (s *selection) offer(r rank) {
	if s.full && s.compare(r, s.worst) >= 0 {
		return
	}
	s.held = append(s.held, r)
	if len(s.held) >= 2*s.most {
		s.cut()
	}
}

func (s *selection) cut() {
	slices.SortFunc(s.held, s.compare)
	if s.most > 0 && len(s.held) >= s.most {
		s.held = s.held[:s.most]
		s.worst, s.full = s.held[s.most-1], true
	}
}

// sorted are the chosen ones, in order.
func (s *selection) sorted() []rank {
	s.cut()
	return s.held
}
