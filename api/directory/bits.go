package directory

import (
	"iter"
	"math/bits"
	"slices"
)

// slots is a set of row numbers, as a bitmap. It is immutable once it is in a snapshot.
type slots []uint64

func (s slots) has(slot uint32) bool {
	word := int(slot >> 6)
	return word < len(s) && s[word]&(1<<(slot&63)) != 0
}

// add puts slot in, in place, growing the set if it must.
func (s *slots) add(slot uint32) {
	if word := int(slot >> 6); word >= len(*s) {
		*s = append(*s, make([]uint64, word+1-len(*s))...)
	}
	(*s)[slot>>6] |= 1 << (slot & 63)
}

// remove takes slot out, in place.
func (s slots) remove(slot uint32) {
	if word := int(slot >> 6); word < len(s) {
		s[word] &^= 1 << (slot & 63)
	}
}

func (s slots) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// and keeps, in place, what is in both.
func (s slots) and(other slots) {
	for i := range s {
		if i < len(other) {
			s[i] &= other[i]
		} else {
			s[i] = 0
		}
	}
}

// or adds, in place, what is in other.
func (s *slots) or(other slots) {
	if len(other) > len(*s) {
		*s = append(*s, make([]uint64, len(other)-len(*s))...)
	}
	for i, word := range other {
		(*s)[i] |= word
	}
}

func (s slots) clone() slots { return slices.Clone(s) }

// all are the members in rising order.
func (s slots) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(uint32(i<<6 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}
