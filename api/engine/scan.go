package engine

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// scan reads a document once, byte by byte, before the parser sees it. It refuses what would make the parser or the
// validation of graphql-go v0.8.1 expensive, and returns the document with what that parser gets wrong made harmless:
//
//   - comments and byte order marks are blanked (the parser loses its place in ones with characters of several bytes);
//   - "name: null" in arguments and input objects, and "= null" after a variable, are blanked. The parser knows no
//     null; since the engine treats null and absent alike in these places, nothing is lost.
//
// Each byte that is kept stays at its place, so positions in messages are those of the original.
func scan(query []byte, limits Limits) ([]byte, *Error) {
	if len(query) > limits.QueryBytes {
		return nil, exceeded("bytes", limits.QueryBytes, len(query), "Send a shorter document.")
	}
	if !utf8.Valid(query) {
		return nil, unparsable(0, "The document is not UTF-8.")
	}
	s := scanner{text: bytes.Clone(query), limits: limits}
	for s.at < len(s.text) {
		if err := s.step(); err != nil {
			return nil, err
		}
	}
	return s.text, nil
}

// token is what the scanner remembers of one lexical token.
type token struct {
	kind       byte // a punctuator; 'n' for a name, '0' for a number, '"' for a string, '.' for a spread
	start, end int
}

type scanner struct {
	text   []byte
	limits Limits
	at     int

	tokens, aliases, directives int
	braces, brackets            int
	// groups are the open parentheses and, within them, braces.
	groups []group
	// last are the latest tokens, newest last.
	last [3]token
}

// group is an open argument list or input object.
type group struct {
	opener    byte
	start     int
	kept, cut bool // whether it holds something that stays, and something that was blanked
}

func (s *scanner) step() *Error {
	switch c := s.text[s.at]; {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',':
		s.at++
	case c == '#':
		return s.comment()
	case bytes.HasPrefix(s.text[s.at:], []byte("\ufeff")):
		s.blank(s.at, s.at+3)
		s.at += 3
	case c == '"':
		return s.str()
	case isNameByte(c):
		return s.word()
	case c < 0x20 || c == 0x7f:
		return unparsable(s.at, "The document has a control character.")
	default:
		return s.punctuator(c)
	}
	return nil
}

func (s *scanner) blank(from, to int) {
	for i := from; i < to; i++ {
		if s.text[i] != '\n' && s.text[i] != '\r' {
			s.text[i] = ' '
		}
	}
}

func (s *scanner) comment() *Error {
	start := s.at
	for s.at < len(s.text) && s.text[s.at] != '\n' && s.text[s.at] != '\r' {
		if c := s.text[s.at]; c < 0x20 && c != '\t' {
			return unparsable(s.at, "The document has a control character.")
		}
		s.at++
	}
	s.blank(start, s.at)
	return nil
}

// push counts a token. What it closes of "name: null" was seen before it came.
func (s *scanner) push(kind byte, start, end int) *Error {
	s.tokens++
	if s.tokens > s.limits.Tokens {
		return exceeded("tokens", s.limits.Tokens, s.tokens, "Send a shorter document.")
	}
	s.last[0], s.last[1], s.last[2] = s.last[1], s.last[2], token{kind, start, end}
	s.at = end
	return nil
}

func (s *scanner) str() *Error {
	start := s.at
	end, ok := stringEnd(s.text, start)
	if !ok {
		return unparsable(start, "A string is not ended.")
	}
	if at := surrogate(s.text[start:end]); at >= 0 {
		return unparsable(start+at, `Write the character itself instead of \u with a surrogate.`)
	}
	s.keep()
	return s.push('"', start, end)
}

// stringEnd is where the string that starts at start ends.
func stringEnd(text []byte, start int) (int, bool) {
	if bytes.HasPrefix(text[start:], []byte(`"""`)) {
		for i := start + 3; i < len(text); i++ {
			switch {
			case bytes.HasPrefix(text[i:], []byte(`\"""`)):
				i += 3
			case bytes.HasPrefix(text[i:], []byte(`"""`)):
				return i + 3, true
			}
		}
		return 0, false
	}
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		case '\n', '\r':
			return 0, false
		}
	}
	return 0, false
}

// surrogate is where a string escapes half a character, which the parser would turn into U+FFFD; -1 if nowhere.
func surrogate(text []byte) int {
	if bytes.HasPrefix(text, []byte(`"""`)) {
		return -1
	}
	for i := 0; i+3 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if text[i+1] == 'u' && (text[i+2] == 'd' || text[i+2] == 'D') && text[i+3] >= '8' {
			return i
		}
		i++
	}
	return -1
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// nameBytes is how long a name, or a number, may be.
const nameBytes = 255

// word is a name, or the digits of a number: they count the same.
func (s *scanner) word() *Error {
	start := s.at
	for s.at < len(s.text) && isNameByte(s.text[s.at]) {
		s.at++
	}
	if length := s.at - start; length > nameBytes {
		return exceeded("nameBytes", nameBytes, length, "Use shorter names and numbers.")
	}
	if s.inGroup() && string(s.text[start:s.at]) == "null" && s.elide(s.at) {
		return nil
	}
	s.keep()
	if s.text[start] <= '9' {
		return s.push('0', start, s.at)
	}
	return s.push('n', start, s.at)
}

func (s *scanner) inGroup() bool { return len(s.groups) > 0 }

// keep notes that the innermost group holds something; the name before a colon is kept by its value.
func (s *scanner) keep() {
	if !s.inGroup() {
		return
	}
	s.groups[len(s.groups)-1].kept = s.groups[len(s.groups)-1].kept || s.last[2].kind == ':' || s.last[2].kind == '$' ||
		s.last[2].kind == '=' || s.last[2].kind == '['
}

// elide blanks "name: null" or "= null" of which the null has just been read.
func (s *scanner) elide(end int) bool {
	switch {
	case s.last[2].kind == '=':
		s.blank(s.last[2].start, end)
		s.last = [3]token{}
	case s.last[2].kind == ':' && s.last[1].kind == 'n' && s.last[0].kind != '$':
		s.blank(s.last[1].start, end)
		s.last = [3]token{}
		s.groups[len(s.groups)-1].cut = true
	default:
		return false
	}
	s.tokens++
	return true
}

func (s *scanner) punctuator(c byte) *Error {
	start, end := s.at, s.at+1
	if c == '.' {
		if bytes.HasPrefix(s.text[start:], []byte("...")) {
			end = start + 3
		}
	}
	if c >= 0x80 {
		return unparsable(start, "A character that GraphQL does not use outside of strings.")
	}
	if err := s.count(c); err != nil {
		return err
	}
	switch c {
	case '(', '{':
		s.open(c)
	case ')', '}':
		s.close(c, end)
	case '-', '$', '[':
		s.keep()
	}
	return s.push(c, start, end)
}

// count bounds what nests and what repeats.
func (s *scanner) count(c byte) *Error {
	switch c {
	case '{':
		s.braces++
		if s.braces > s.limits.Depth {
			return exceeded("depth", s.limits.Depth, s.braces, "Nest fewer selections.")
		}
	case '}':
		s.braces--
	case '[':
		s.brackets++
		if s.brackets > s.limits.Brackets {
			return exceeded("listDepth", s.limits.Brackets, s.brackets, "Nest fewer lists.")
		}
	case ']':
		s.brackets--
	case '(':
		if s.inGroup() {
			return unparsable(s.at, "Unexpected (.")
		}
	case ':':
		return s.alias()
	case '@':
		return s.directive()
	}
	return nil
}

func (s *scanner) alias() *Error {
	if s.inGroup() {
		return nil
	}
	s.aliases++
	if s.aliases > s.limits.Aliases {
		return exceeded("aliases", s.limits.Aliases, s.aliases, "Use fewer aliases, or several requests.")
	}
	return nil
}

func (s *scanner) directive() *Error {
	if s.inGroup() {
		return unparsable(s.at, "Directives on variables are not supported here.")
	}
	s.directives++
	if s.directives > s.limits.Directives {
		return exceeded("directives", s.limits.Directives, s.directives, "Use fewer directives.")
	}
	return nil
}

func (s *scanner) open(c byte) {
	if c == '(' || s.inGroup() {
		s.keep()
		s.groups = append(s.groups, group{opener: c, start: s.at})
	}
}

// close ends a group. An argument list of which everything was blanked goes with it: the parser takes no empty one.
func (s *scanner) close(c byte, end int) {
	if !s.inGroup() {
		return
	}
	ended := s.groups[len(s.groups)-1]
	s.groups = s.groups[:len(s.groups)-1]
	if c == ')' && ended.opener == '(' && ended.cut && !ended.kept {
		s.blank(ended.start, end)
	}
}

// exceeded says which limit, and what to change.
func exceeded(limit string, most, value int, advice string) *Error {
	return &Error{
		Code:       CodeLimitExceeded,
		Message:    fmt.Sprintf("The request exceeds the limit of %d for %s. %s", most, limit, advice),
		Extensions: map[string]any{"limit": limit, "max": most, "value": value},
	}
}

func unparsable(at int, message string) *Error {
	return &Error{Code: CodeParseFailed, Message: "Syntax error: " + message, Extensions: map[string]any{"position": at}}
}
