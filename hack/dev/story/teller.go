package story

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// width is how many characters wide the story is told.
const width = 100

// teller writes the story down as it happens.
type teller struct {
	out     io.Writer
	began   time.Time
	chapter int
}

// begins a chapter.
func (t *teller) begins(title string) {
	t.chapter++
	heading := fmt.Sprintf("%d. %s", t.chapter, title)
	fmt.Fprintf(t.out, "\n%s\n%s\n", heading, strings.Repeat("─", utf8.RuneCountInString(heading)))
}

// tells what happened, in a paragraph.
func (t *teller) tells(format string, a ...any) {
	fmt.Fprintln(t.out, wrapped(fmt.Sprintf(format, a...), "", ""))
}

// says what somebody did.
func (t *teller) says(who, format string, a ...any) {
	fmt.Fprintln(t.out, wrapped(fmt.Sprintf(format, a...), fmt.Sprintf("  %-9s", who), margin))
}

// margin is where what somebody did begins.
const margin = "           "

// lists a text under what somebody did, with a lead before its first line.
func (t *teller) lists(lead, format string, a ...any) {
	blank := strings.Repeat(" ", utf8.RuneCountInString(lead))
	fmt.Fprintln(t.out, wrapped(fmt.Sprintf(format, a...), margin+lead, margin+blank))
}

// wrapped breaks a text into lines, the first after one lead and the others after another.
func wrapped(text, first, others string) string {
	var b strings.Builder
	line, lead := "", first
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(lead+line+" "+word) > width {
			b.WriteString(lead + line + "\n")
			line, lead = "", others
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return b.String() + lead + line
}
