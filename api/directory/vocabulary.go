package directory

import (
	"maps"
	"slices"
	"sort"
	"strings"
)

// vocabulary is an immutable inverted index: every word in use, sorted, with the slots of the rows that say it, sorted.
type vocabulary struct {
	words []string
	rows  [][]uint32
}

// wordEdits are the slots that no longer say a word, and those that do now.
type wordEdits struct{ gone, came map[string][]uint32 }

func newWordEdits() wordEdits { return wordEdits{map[string][]uint32{}, map[string][]uint32{}} }

// change notes that slot said the words of was, and now says those of now. Both are sorted.
func (e wordEdits) change(slot uint32, was, now []string) {
	for _, word := range was {
		if _, still := slices.BinarySearch(now, word); !still {
			e.gone[word] = append(e.gone[word], slot)
		}
	}
	for _, word := range now {
		if _, already := slices.BinarySearch(was, word); !already {
			e.came[word] = append(e.came[word], slot)
		}
	}
}

func (e wordEdits) words() []string {
	touched := maps.Clone(e.gone)
	maps.Copy(touched, e.came)
	return slices.Sorted(maps.Keys(touched))
}

// apply returns the vocabulary after the edits: one walk over the words in use, sharing the rows of those not touched.
func (v vocabulary) apply(edits wordEdits) vocabulary {
	touched := edits.words()
	if len(touched) == 0 {
		return v
	}
	next := vocabulary{make([]string, 0, len(v.words)+len(touched)), make([][]uint32, 0, len(v.words)+len(touched))}
	from := 0
	for _, word := range touched {
		i := from + sort.SearchStrings(v.words[from:], word)
		next.words, next.rows = append(next.words, v.words[from:i]...), append(next.rows, v.rows[from:i]...)
		from = i
		var rows []uint32
		if i < len(v.words) && v.words[i] == word {
			rows, from = v.rows[i], i+1
		}
		if rows = change(rows, edits.gone[word], edits.came[word]); len(rows) > 0 {
			next.words, next.rows = append(next.words, word), append(next.rows, rows)
		}
	}
	next.words, next.rows = append(next.words, v.words[from:]...), append(next.rows, v.rows[from:]...)
	return next
}

func change(rows, gone, came []uint32) []uint32 {
	compare := func(a, b uint32) int { return int(a) - int(b) }
	return with(without(rows, gone, compare), came, compare)
}

// find are the rows that say every word of text, the last of which may be the beginning of a word. Text without a word in
// it finds everything: ok is false.
func (v vocabulary) find(text string) (found slots, ok bool) {
	words := splitWords(text)
	for i, word := range words {
		rows := v.saying(word, i == len(words)-1)
		if i == 0 {
			found = rows
			continue
		}
		found.and(rows)
	}
	return found, len(words) > 0
}

// saying are the rows that say a word or, if it is a prefix, any word that begins with it.
func (v vocabulary) saying(word string, prefix bool) slots {
	var found slots
	for i := sort.SearchStrings(v.words, word); i < len(v.words); i++ {
		if v.words[i] != word && (!prefix || !strings.HasPrefix(v.words[i], word)) {
			break
		}
		for _, slot := range v.rows[i] {
			found.add(slot)
		}
	}
	return found
}
