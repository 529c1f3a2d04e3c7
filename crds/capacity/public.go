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

// withhold returns the cell, withheld if it must be; the number is then not even kept.
func withhold(n int32, must bool) Cell {
	if must {
		return Cell{state: Withheld}
	}
	return known(n)
}

// Published is a number that was published elsewhere, or withheld there.
func Published(n int32, withheld bool) Cell { return withhold(n, withheld) }

func knownOrNot(n *int32) Cell {
	if n == nil {
		return Cell{}
	}
	return known(*n)
}

// PublicFigures are a pool's numbers as anybody may see them, on a page, in a file and through the API alike.
//
// Occupied and held count people: when either, or their sum, is small, both are withheld, since one would give away the
// other. When the sum is small staffed is withheld too, because staffed less free is that sum.
//
// Free counts places, not people, and is always published: it is what people in need look for, and "one free" of four is
// worth more to them than it tells anybody else. Registered comes from the regulator and is public anyhow. Whoever assumes
// that all registered places are staffed can therefore guess how many people there are; Lifeline does not tell whether the
// guess is right.
type PublicFigures struct {
	Registered, Staffed, Occupied, Held Cell
	// Free is NotKnown when nobody has confirmed the count in time, NotApplicable when the pool is not open.
	Free Cell
	// LastKnownFree is what was free at the last count. It is not a free place unless Free says so too.
	LastKnownFree Cell
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
// together: they are different things.
//
// A total is made from published numbers only, so it can give away nothing that was withheld. That is why Staffed,
// Occupied and Held leave out the pools whose numbers are withheld, and say how many those are.
type Total struct {
	Kind v1alpha1.PoolKind
	// Pools is the number of open pools; UnconfirmedPools how many of them are left out of all that follows, because
	// nobody has confirmed their count in time.
	Pools, UnconfirmedPools int
	// WithheldPools is how many more are left out of Staffed, Occupied and Held, because their numbers are small.
	WithheldPools int
	// UnregisteredPools is how many open pools have no known registered number.
	UnregisteredPools int
	// IllustrativePools is how many of the pools added up show invented counts.
	IllustrativePools int

	// Registered adds up all open pools whose registered number is known.
	Registered Cell
	// Staffed, Occupied and Held add up the pools that are neither unconfirmed nor withheld. They are Withheld when all
	// that is left is withheld.
	Staffed, Occupied, Held Cell
	// Free adds up all pools that are not unconfirmed.
	Free Cell
}

// TotalOf adds up the pools of one kind that belong to one Partnership.
func TotalOf(kind v1alpha1.PoolKind, pools []Figures) Total {
	t := Total{Kind: kind}
	for _, f := range pools {
		if f.Kind == kind && f.Open {
			t.addPool(f.Public(), f.Counted(), f.Illustrative)
		}
	}
	t.settle()
	return t
}

func (t *Total) addPool(p PublicFigures, counted, illustrative bool) {
	t.Pools++
	t.Registered.value += p.Registered.value
	if p.Registered.state == NotKnown {
		t.UnregisteredPools++
	}
	if !counted {
		t.UnconfirmedPools++
		return
	}
	if illustrative {
		t.IllustrativePools++
	}
	t.Free.value += p.Free.value
	if p.Staffed.state == Withheld || p.Occupied.state == Withheld {
		t.WithheldPools++
		return
	}
	t.Staffed.value += p.Staffed.value
	t.Occupied.value += p.Occupied.value
	t.Held.value += p.Held.value
}

// TotalOfAreas adds up the totals of Partnerships, all of one kind.
func TotalOfAreas(kind v1alpha1.PoolKind, areas []Total) Total {
	t := Total{Kind: kind}
	for _, a := range areas {
		if a.Kind != kind {
			continue
		}
		t.Pools += a.Pools
		t.UnconfirmedPools += a.UnconfirmedPools
		t.WithheldPools += a.WithheldPools
		t.UnregisteredPools += a.UnregisteredPools
		t.IllustrativePools += a.IllustrativePools
		t.Registered.value += a.Registered.value
		t.Free.value += a.Free.value
		t.Staffed.value += a.Staffed.value
		t.Occupied.value += a.Occupied.value
		t.Held.value += a.Held.value
	}
	t.settle()
	return t
}

// settle says of each sum what it is, now that all of them are made. A sum over nothing but withheld pools is withheld,
// not none.
func (t *Total) settle() {
	t.Registered.state = knownIf(t.Pools == 0 || t.UnregisteredPools < t.Pools, NotKnown)
	counted := t.Pools - t.UnconfirmedPools
	t.Free.state = knownIf(t.Pools == 0 || counted > 0, NotKnown)
	rest := t.Free.state
	if counted > 0 && t.WithheldPools == counted {
		rest = Withheld
	}
	t.Staffed.state, t.Occupied.state, t.Held.state = rest, rest, rest
}

func knownIf(is bool, otherwise CellState) CellState {
	if is {
		return Known
	}
	return otherwise
}
