package placement

import (
	"iter"
	"math/bits"
)

// set is a set of small numbers, a bit for each: which of 2,000 pools fit which of 20,000 requests is kept for every one of
// them, and must stay small and quick to go through.
type set []uint64

const wordBits = 64

func (s *set) add(i int) {
	for len(*s) <= i/wordBits {
		*s = append(*s, 0)
	}
	(*s)[i/wordBits] |= 1 << (i % wordBits)
}

func (s set) remove(i int) {
	if i/wordBits < len(s) {
		s[i/wordBits] &^= 1 << (i % wordBits)
	}
}

// all goes through the numbers in the set, the smallest first.
func (s set) all() iter.Seq[int] { return s.both(s) }

// both goes through the numbers that are in the other set too.
func (s set) both(other set) iter.Seq[int] {
	return func(yield func(int) bool) {
		for at := range min(len(s), len(other)) {
			for word := s[at] & other[at]; word != 0; word &= word - 1 {
				if !yield(at*wordBits + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// shelf gives each thing a small number, and the numbers of things that went to new ones.
type shelf[T any] struct {
	things []T
	free   []int
}

func (s *shelf[T]) put(thing T) int {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		s.things[i] = thing
		return i
	}
	s.things = append(s.things, thing)
	return len(s.things) - 1
}

func (s *shelf[T]) drop(i int) {
	var nothing T
	s.things[i] = nothing
	s.free = append(s.free, i)
}
