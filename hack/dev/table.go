package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// printTable writes one line for each pool, and below it what its signs mean where they are used.
func printTable(w io.Writer, places []place, now time.Time) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ADP\tSERVICE\tKIND\tREGISTERED\tSTAFFED\tOCCUPIED\tHELD\tFREE\tTRUST\tCONFIRMED")
	used, pools := map[string]bool{}, alike(places)
	for _, p := range places {
		row := p.row(now, pools[p.what()] > 1)
		for _, cell := range row {
			used[cell] = true
		}
		fmt.Fprintln(table, strings.Join(row, "\t"))
		used[illustrative] = used[illustrative] || p.illustrative()
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return legend(w, used)
}

// The signs that stand where there is no number, and the mark of an invented count.
const (
	withheld      = "*"
	notKnown      = "?"
	notApplicable = "-"
	illustrative  = "illustrative"
)

func legend(w io.Writer, used map[string]bool) error {
	var lines strings.Builder
	for _, sign := range []struct{ sign, meaning string }{
		{withheld, "known and not shown: small numbers of people could point at a person"},
		{notKnown, "not known, or not confirmed in time: never counted as free"},
		{notApplicable, "nothing is open there"},
		{illustrative, "the count is invented for this demonstration; nobody publishes how many places are in use"},
	} {
		if used[sign.sign] {
			fmt.Fprintf(&lines, "  %-12s  %s\n", sign.sign, sign.meaning)
		}
	}
	_, err := io.WriteString(w, lines.String())
	return err
}

func (p place) illustrative() bool { return p.Provenance == "ILLUSTRATIVE" }

// what is the area, service and kind of a pool: all that tells it from others in most rows.
func (p place) what() string { return strings.Join([]string{p.area(), p.service(), p.Kind}, "\t") }

// alike counts the pools of the same area, service and kind.
func alike(places []place) map[string]int {
	counts := map[string]int{}
	for _, p := range places {
		counts[p.what()]++
	}
	return counts
}

func (p place) service() string {
	if p.Service == nil {
		return p.DisplayName
	}
	return p.Service.DisplayName
}

// row is what the table says of a pool. One of several alike is told from the others by its own name.
func (p place) row(now time.Time, several bool) []string {
	name := p.service()
	if several {
		name = shorten(name, 12) + ": " + p.DisplayName
	}
	return []string{
		shorten(p.area(), 28), shorten(name, 40), spaced(p.Kind),
		p.Registered.cell(), p.Staffed.cell(), p.Occupied.cell(), p.Held.cell(), p.Free.cell(),
		spaced(p.Trust), p.confirmed(now),
	}
}

func (p place) area() string {
	if p.Partnership == nil {
		return notKnown
	}
	return p.Partnership.DisplayName
}

func (f figure) cell() string {
	switch {
	case f.Value != nil:
		return strconv.Itoa(*f.Value)
	case strings.HasPrefix(f.State, "WITHHELD"):
		return withheld
	case f.State == "NOT_APPLICABLE":
		return notApplicable
	default:
		return notKnown
	}
}

func (p place) confirmed(now time.Time) string {
	if p.ConfirmedTime == nil {
		return "never"
	}
	since := ago(now.Sub(*p.ConfirmedTime))
	if p.illustrative() {
		since += ", " + illustrative
	}
	return since
}

// ago says a length of time in the largest unit that fits.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

// spaced writes the name of an enum's value as words: RESIDENTIAL_REHAB becomes Residential rehab.
func spaced(name string) string {
	if name == "" {
		return notKnown
	}
	words := strings.ToLower(strings.ReplaceAll(name, "_", " "))
	return strings.ToUpper(words[:1]) + words[1:]
}

// shorten cuts a text to at most n characters, the last of which then is an ellipsis.
func shorten(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return text
}
