package directory

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold makes text comparable the way people compare it: without capitals and accents, so that "Càrn" is found by "carn".
func fold(text string) string {
	if isPlain(text) {
		return strings.ToLower(text)
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
}

func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// wordsOf are the folded words in texts, sorted, each once.
func wordsOf(texts ...string) []string {
	var words []string
	for _, text := range texts {
		words = append(words, splitWords(text)...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// splitWords are the folded words of text in the order they were written. Apostrophes belong to a word and are left out.
func splitWords(text string) []string {
	text = strings.NewReplacer("'", "", "’", "").Replace(fold(text))
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// HasWords reports whether there is a word in text that a search can look for.
func HasWords(text string) bool { return len(splitWords(text)) > 0 }
