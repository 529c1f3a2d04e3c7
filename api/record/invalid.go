package record

import "strings"

// Problem is what is wrong with a field, in words that say what to change. It never repeats what was given: it may end up in
// a log.
type Problem struct {
	Field   Field
	Message string
}

// Invalid is input that cannot be kept.
type Invalid []Problem

// Error implements error.
func (i Invalid) Error() string {
	texts := make([]string, len(i))
	for n, p := range i {
		texts[n] = string(p.Field) + " " + p.Message
	}
	return strings.Join(texts, " ")
}

// Add notes a problem with a field.
func (i *Invalid) Add(f Field, message string) { *i = append(*i, Problem{f, message}) }

// Err is nil if nothing is wrong.
func (i Invalid) Err() error {
	if len(i) == 0 {
		return nil
	}
	return i
}
