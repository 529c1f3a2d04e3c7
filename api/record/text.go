package record

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line says what is wrong with text that has to fit on one line: "" if nothing is. Empty text is in order.
func Line(text string, longest int) string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) {
		return "has line breaks or control characters: write it on one line."
	}
	return bounds(text, longest)
}

// Words says what is wrong with text that may have several lines: "" if nothing is. Empty text is in order.
func Words(text string, longest int) string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return "has control characters: use plain text."
	}
	return bounds(text, longest)
}

func bounds(text string, longest int) string {
	switch {
	case !utf8.ValidString(text):
		return "is not valid UTF-8: send it again as UTF-8."
	case utf8.RuneCountInString(text) > longest:
		return fmt.Sprintf("is too long: shorten it to %d characters.", longest)
	case text != "" && strings.TrimSpace(text) == "":
		return "has only spaces: write something, or leave it out."
	default:
		return ""
	}
}
