package directory

import (
	"maps"
	"slices"
)

// named is what a register holds: a *Partnership or a *Partner.
type named interface {
	comparable
	name() string
	shows() shown
	key(Order) Key
}

// shown is what a service shows, or is found by, of something in a register.
type shown struct {
	// title is the name people know it by.
	title string
	// suspended means that it does not take part for now.
	suspended bool
}

// register is an immutable table of the cluster-wide things of one kind, of which there are few: by name, and in order of
// the names that people know them by.
type register[T named] struct {
	byName map[string]T
	sorted []T
}

// apply returns the register after changes (nothing for a name that is gone), and the names of which services
// show something else now.
func (r register[T]) apply(changes map[string]T) (next register[T], reshown map[string]bool) {
	if len(changes) == 0 {
		return r, nil
	}
	var none T
	next.byName, reshown = maps.Clone(r.byName), map[string]bool{}
	if next.byName == nil {
		next.byName = map[string]T{}
	}
	for name, now := range changes {
		was := next.byName[name]
		if (was == none) != (now == none) || (was != none && was.shows() != now.shows()) {
			reshown[name] = true
		}
		if now == none {
			delete(next.byName, name)
		} else {
			next.byName[name] = now
		}
	}
	next.sorted = slices.SortedFunc(maps.Values(next.byName), func(a, b T) int {
		return a.key(ByName).Compare(b.key(ByName))
	})
	return next, reshown
}

// shows is what services show of something; nothing if it is not in the register.
func (r register[T]) shows(name string) shown {
	var none T
	if thing := r.byName[name]; thing != none {
		return thing.shows()
	}
	return shown{}
}
