package directory

import (
	"slices"
	"sort"
)

// without returns a copy of sorted without the elements of gone, which need not be sorted. Runs in between are copied
// whole, so that taking out a few of many costs little more than the copy.
func without[T any](sorted, gone []T, compare func(a, b T) int) []T {
	at := make([]int, 0, len(gone))
	for _, element := range gone {
		i := sort.Search(len(sorted), func(i int) bool { return compare(sorted[i], element) >= 0 })
		if i < len(sorted) && compare(sorted[i], element) == 0 {
			at = append(at, i)
		}
	}
	slices.Sort(at)
	kept := make([]T, 0, len(sorted)-len(at))
	from := 0
	for _, i := range at {
		kept = append(kept, sorted[from:i]...)
		from = i + 1
	}
	return append(kept, sorted[from:]...)
}

// with returns a copy of sorted with the elements of came put in where they belong.
func with[T any](sorted, came []T, compare func(a, b T) int) []T {
	came = slices.Clone(came)
	slices.SortFunc(came, compare)
	merged := make([]T, 0, len(sorted)+len(came))
	for _, element := range came {
		i := sort.Search(len(sorted), func(i int) bool { return compare(sorted[i], element) > 0 })
		merged = append(append(merged, sorted[:i]...), element)
		sorted = sorted[i:]
	}
	return append(merged, sorted...)
}
