package capacity

import "lifeline.scot/crds/v1alpha1"

// SmallBelow is the smallest count of people that is published. Counts from 1 to 4 could point at a person and are
// withheld, as Public Health Scotland does (it prints them as *). None is published: it points at nobody.
const SmallBelow = 5

func small(n int32) bool { return 0 < n && n < SmallBelow }

// CellState says what a published number is, so that unknown, withheld and none are never confused.
type CellState int

const (
	// NotKnown: nobody has said.
	NotKnown CellState = iota
	// Known: the number is published.
	Known
	// Withheld: the number is known and not published, because it is small or would give away one that is.
	Withheld
	// NotApplicable: there is no such number, for example free places of a pool that is closed.
	NotApplicable
)

// Cell is one published number. A withheld number cannot be read from it.
type Cell struct {
	state CellState
	value int32
}

// State says whether there is a number to read.
func (c Cell) State() CellState { return c.state }

// Value returns the number; false unless the cell is Known.
func (c Cell) Value() (int32, bool) {
	if c.state != Known {
		return 0, false
	}
	return c.value, true
}

func known(n int32) Cell { return Cell{Known, n} }

// withhold returns the cell, withheld if it must be.
func withhold(n int32, must bool) Cell {
	if must {
		return Cell{Withheld, n}
	}
	return known(n)
}

func knownOrNot(n *int32) Cell {
	if n == nil {
		return Cell{}
	}
	return known(*n)
}

// PublicFigures are a pool's numbers as anybody may see them, on a page, in a file and through the API alike.
//
// Free counts places, not people, and is always published. Occupied and held count people: when either, or their sum, is
// small, both are withheld, since one would give away the other. When the sum is small staffed is withheld too, because
// staffed less free is that sum.
type PublicFigures struct {
	Registered, Staffed, Occupied, Held Cell
	// Free is NotKnown when nobody has confirmed the count in time, NotApplicable when the pool is not open.
	Free Cell
	// LastKnownFree is what was free at the last count. It is not a free place unless Free says so too.
	LastKnownFree Cell

	people Cell
}

// Public returns the figures as anybody may see them.
func (f Figures) Public() PublicFigures {
	p := PublicFigures{Registered: knownOrNot(f.Registered)}
	if !f.Open {
		p.Free = Cell{state: NotApplicable}
	}
	if f.Count == nil {
		return p
	}
	people := f.Count.People()
	split := small(f.Count.Occupied) || small(f.Count.Held) || small(people)
	p.people = withhold(people, small(people))
	p.Staffed = withhold(f.Count.Staffed, small(people))
	p.Occupied = withhold(f.Count.Occupied, split)
	p.Held = withhold(f.Count.Held, split)
	p.LastKnownFree = known(f.Count.Free())
	if free, ok := f.Free(); ok {
		p.Free = known(free)
	}
	return p
}

// Total adds up pools of one kind as anybody may see it: of one Partnership, or of the nation. Kinds are never added
// together, so totals only ever nest: pools in a Partnership, Partnerships in the nation. That is what makes withholding
// safe: a total is published only if it gives away no number withheld below it.
type Total struct {
	Kind v1alpha1.PoolKind
	// Pools is the number of open pools; UnconfirmedPools how many of them are left out, because nobody has confirmed
	// their count in time; UnregisteredPools how many have no known registered number.
	Pools, UnconfirmedPools, UnregisteredPools int
	// Illustrative is how many of the pools added up show invented counts.
	Illustrative int

	Registered, Staffed, Occupied, Held, Free Cell

	people Cell
}

// TotalOf adds up the pools of one kind that belong to one Partnership.
func TotalOf(kind v1alpha1.PoolKind, pools []Figures) Total {
	t := Total{Kind: kind, Registered: known(0)}
	var parts []part
	for _, f := range pools {
		if f.Kind != kind || !f.Open {
			continue
		}
		t.Pools++
		if f.Registered == nil {
			t.UnregisteredPools++
		}
		t.Registered.value += orZero(f.Registered)
		if !f.Counted() {
			t.UnconfirmedPools++
			continue
		}
		if f.Illustrative {
			t.Illustrative++
		}
		p := f.Public()
		parts = append(parts, part{p.people, p.Staffed, p.Occupied, p.Held, p.Free})
	}
	t.add(parts)
	return t
}

// TotalOfAreas adds up the totals of Partnerships, all of one kind.
func TotalOfAreas(kind v1alpha1.PoolKind, areas []Total) Total {
	t := Total{Kind: kind, Registered: known(0)}
	var parts []part
	for _, a := range areas {
		if a.Kind != kind {
			continue
		}
		t.Pools += a.Pools
		t.UnconfirmedPools += a.UnconfirmedPools
		t.UnregisteredPools += a.UnregisteredPools
		t.Illustrative += a.Illustrative
		t.Registered.value += a.Registered.value
		parts = append(parts, part{a.people, a.Staffed, a.Occupied, a.Held, a.Free})
	}
	t.add(parts)
	return t
}

// part is what one pool or one area adds to a total.
type part struct{ people, staffed, occupied, held, free Cell }

// add sums the parts and withholds what must be: people and staffed go together, since free is published; occupied and
// held go together, since people may be.
func (t *Total) add(parts []part) {
	column := func(pick func(part) Cell) Cell { return combine(parts, pick) }
	t.people = column(func(p part) Cell { return p.people })
	staffed := column(func(p part) Cell { return p.staffed })
	occupied := column(func(p part) Cell { return p.occupied })
	held := column(func(p part) Cell { return p.held })
	t.Free = column(func(p part) Cell { return p.free })

	crowd := t.people.state == Withheld || staffed.state == Withheld
	split := crowd || occupied.state == Withheld || held.state == Withheld
	t.people = withhold(t.people.value, crowd)
	t.Staffed = withhold(staffed.value, crowd)
	t.Occupied = withhold(occupied.value, split)
	t.Held = withhold(held.value, split)
}

// combine adds up one column. The sum is withheld if it would give away a withheld part: when just one part is withheld,
// subtracting the others would leave it; when the withheld parts are small together, their sum is itself a small number.
func combine(parts []part, pick func(part) Cell) Cell {
	var sum, hidden int32
	var withheld int
	for _, p := range parts {
		c := pick(p)
		sum += c.value
		if c.state == Withheld {
			withheld++
			hidden += c.value
		}
	}
	return withhold(sum, withheld == 1 || small(hidden))
}
