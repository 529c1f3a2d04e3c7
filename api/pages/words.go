package pages

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // times are shown in Scottish time on machines without a time zone database, too
)

//go:embed words
var wordFiles embed.FS

// words is the catalogue of one language: every word the pages say, by key. Words that come from the directory, such as
// names of services, are in no catalogue.
//
// A key that ends in .one or .other is said of a number; a language with more forms needs more endings and its own form.
type words struct {
	language string
	texts    map[string]string
	form     func(n int) string
	place    *time.Location
}

// english is the catalogue of British English, with Scottish time.
func english() (*words, error) {
	content, err := wordFiles.ReadFile("words/en-GB.json")
	if err != nil {
		return nil, fmt.Errorf("reading the words: %w", err)
	}
	w := &words{language: "en-GB", form: englishForm}
	if err := json.Unmarshal(content, &w.texts); err != nil {
		return nil, fmt.Errorf("reading the words: %w", err)
	}
	if w.place, err = time.LoadLocation("Europe/London"); err != nil {
		return nil, fmt.Errorf("reading Scottish time: %w", err)
	}
	return w, nil
}

func englishForm(n int) string {
	if n == 1 {
		return "one"
	}
	return "other"
}

// say returns the text of a key. Pairs of names and values fill the places in braces, such as {count}. A missing key is
// said as itself in brackets, which a reader can report and a test finds.
func (w *words) say(key string, pairs ...any) string {
	text, ok := w.texts[key]
	if !ok {
		return "[" + key + "]"
	}
	if len(pairs) < 2 {
		return text
	}
	places := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		places = append(places, "{"+fmt.Sprint(pairs[i])+"}", fmt.Sprint(pairs[i+1]))
	}
	return strings.NewReplacer(places...).Replace(text)
}

// count returns the text of a key in the form that fits n, which fills {count}.
func (w *words) count(key string, n int, pairs ...any) string {
	return w.say(key+"."+w.form(n), append([]any{"count", strconv.Itoa(n)}, pairs...)...)
}

// list joins items the way a sentence does: "one, two and three".
func (w *words) list(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + w.say("list.and") + " " + items[last]
}

// date says a day as "22 November 2026".
func (w *words) date(t time.Time) string {
	t = t.In(w.place)
	return w.say("date", "day", t.Day(), "month", w.say("month."+strconv.Itoa(int(t.Month()))), "year", t.Year())
}

// clock says a time of day as "21:04".
func (w *words) clock(t time.Time) string { return t.In(w.place).Format("15:04") }

// moment says a time as "21:04 on 22 November 2026".
func (w *words) moment(t time.Time) string {
	return w.say("moment", "clock", w.clock(t), "date", w.date(t))
}

// age says how long ago t was, as "3 hours ago".
func (w *words) age(t, now time.Time) string {
	age := max(0, now.Sub(t))
	switch {
	case age < time.Minute:
		return w.say("age.now")
	case age < time.Hour:
		return w.count("age.minutes", int(age/time.Minute))
	case age < 48*time.Hour:
		return w.count("age.hours", int(age/time.Hour))
	default:
		return w.count("age.days", int(age/(24*time.Hour)))
	}
}

// sameDay reports whether two moments fall on one day in Scotland.
func (w *words) sameDay(a, b time.Time) bool {
	const day = "2006-01-02"
	return a.In(w.place).Format(day) == b.In(w.place).Format(day)
}
