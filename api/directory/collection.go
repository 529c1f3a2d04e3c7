package directory

import (
	"maps"
	"slices"
	"strings"
)

// Order names a way of sorting a list.
type Order string

// Key is where a row stands in an order. Keys compare by Number, then Text, then ID; the ID makes them unique, so that a
// position in a list survives rows coming and going around it.
type Key struct {
	Number int64
	Text   string
	ID     string
}

// Compare is negative when k comes before other.
func (k Key) Compare(other Key) int {
	switch {
	case k.Number < other.Number:
		return -1
	case k.Number > other.Number:
		return 1
	}
	if c := strings.Compare(k.Text, other.Text); c != 0 {
		return c
	}
	return strings.Compare(k.ID, other.ID)
}

// column is one value of one property that rows are found by, such as type and Detox.
type column struct{ property, value string }

// Row is what a list holds: a *Service, *Pool, *Partnership or *Partner. No other type can be one.
type Row interface {
	comparable
	// key is the row's place in an order.
	key(Order) Key
	// columns are the values the row is found by.
	columns() []column
}

// collection is an immutable table of rows. Each has a number (a slot) for as long as it exists; a set of rows is a bitmap
// of slots for each column, and each order is a list of slots.
type collection[R Row] struct {
	rows    []R
	vacant  []uint32
	live    slots
	columns map[column]slots
	orders  map[Order][]uint32
}

func newCollection[R Row](orders ...Order) collection[R] {
	c := collection[R]{columns: map[column]slots{}, orders: map[Order][]uint32{}}
	for _, order := range orders {
		c.orders[order] = nil
	}
	return c
}

// edit replaces one row by another: was is nil for a row that is new, now for one that is gone.
type edit[R Row] struct {
	was, now R
	slot     uint32
}

func (e edit[R]) adds() bool    { var none R; return e.now != none }
func (e edit[R]) removes() bool { var none R; return e.was != none }

// apply returns the collection after the edits. slotOf tells the slot of a row that is in the collection. The edits have
// their slots filled in; setSlot is told of the slot of each row that comes in.
func (c collection[R]) apply(edits []edit[R], slotOf func(R) uint32, setSlot func(R, uint32)) collection[R] {
	next := collection[R]{
		rows: slices.Clone(c.rows), vacant: slices.Clone(c.vacant), live: c.live.clone(),
		columns: maps.Clone(c.columns), orders: maps.Clone(c.orders),
	}
	own := map[column]bool{}
	for i := range edits {
		next.place(&edits[i], slotOf, setSlot)
		next.reindex(edits[i], own)
	}
	for order := range next.orders {
		next.reorder(order, c, edits)
	}
	return next
}

// place puts the edit's row in its slot: the one of the row it replaces, a vacant one, or a new one.
func (c *collection[R]) place(e *edit[R], slotOf func(R) uint32, setSlot func(R, uint32)) {
	switch {
	case e.removes():
		e.slot = slotOf(e.was)
	case len(c.vacant) > 0:
		e.slot, c.vacant = c.vacant[len(c.vacant)-1], c.vacant[:len(c.vacant)-1]
	default:
		e.slot = uint32(len(c.rows))
		c.rows = append(c.rows, e.now)
	}
	c.rows[e.slot] = e.now
	if !e.adds() {
		c.vacant = append(c.vacant, e.slot)
		c.live.remove(e.slot)
		return
	}
	setSlot(e.now, e.slot)
	c.live.add(e.slot)
}

// reindex moves the slot from the columns of the old row to those of the new one. own are the bitmaps already copied.
func (c *collection[R]) reindex(e edit[R], own map[column]bool) {
	var was, now []column
	if e.removes() {
		was = e.was.columns()
	}
	if e.adds() {
		now = e.now.columns()
	}
	for _, col := range was {
		if !slices.Contains(now, col) {
			c.own(col, own).remove(e.slot)
		}
	}
	for _, col := range now {
		if !slices.Contains(was, col) {
			set := c.own(col, own)
			set.add(e.slot)
			c.columns[col] = set
		}
	}
}

// own returns a bitmap of this collection alone, which may be changed.
func (c *collection[R]) own(col column, own map[column]bool) slots {
	if !own[col] {
		own[col] = true
		c.columns[col] = c.columns[col].clone()
	}
	return c.columns[col]
}

// reorder moves the rows whose place in the order changed. If none did, the order is shared with before.
func (c *collection[R]) reorder(order Order, before collection[R], edits []edit[R]) {
	var gone, came []uint32
	for _, e := range edits {
		if e.removes() && e.adds() && e.was.key(order) == e.now.key(order) {
			continue
		}
		if e.removes() {
			gone = append(gone, e.slot)
		}
		if e.adds() {
			came = append(came, e.slot)
		}
	}
	if len(gone)+len(came) == 0 {
		return
	}
	kept := without(before.orders[order], gone, before.compare(order))
	c.orders[order] = with(kept, came, c.compare(order))
}

func (c *collection[R]) compare(order Order) func(a, b uint32) int {
	return func(a, b uint32) int { return c.rows[a].key(order).Compare(c.rows[b].key(order)) }
}

// any are the rows that have one of the values of a property.
func (c *collection[R]) any(property string, values []string) slots {
	var found slots
	for _, value := range values {
		found.or(c.columns[column{property, value}])
	}
	return found
}
