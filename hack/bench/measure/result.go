package measure

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Row is one thing that was measured, beside another in the same run.
type Row struct {
	// Benchmark it belongs to, and what it was measured on.
	Benchmark string `json:"benchmark"`
	On        string `json:"on"`
	// What was measured, and its unit.
	What string `json:"what"`
	Unit string `json:"unit"`
	// Ours is Lifeline's figure, Beside the other, and BesideWhat says what that is.
	Ours       float64 `json:"ours"`
	Beside     float64 `json:"beside"`
	BesideWhat string  `json:"besideWhat"`
	// Ratio is Ours over Beside, unless it is the middle one of several rounds.
	Ratio float64 `json:"ratio"`
	// Lowest and Highest ratio of the rounds; zero where there was one.
	Lowest  float64 `json:"lowestRatio,omitzero"`
	Highest float64 `json:"highestRatio,omitzero"`
}

// Against makes a row of two figures.
func Against(what, unit string, ours, beside float64, besideWhat string) Row {
	return Row{What: what, Unit: unit, Ours: ours, Beside: beside, BesideWhat: besideWhat, Ratio: ours / beside}
}

// Of says which benchmark the rows belong to, and what they were measured on.
func Of(benchmark, on string, rows ...Row) []Row {
	for i := range rows {
		rows[i].Benchmark, rows[i].On = benchmark, on
	}
	return rows
}

// Results are all rows of a run.
type Results struct {
	Started time.Time `json:"started"`
	Machine Machine   `json:"machine"`
	Rows    []Row     `json:"rows"`
}

// WriteTable writes the rows as tables in Markdown, one for each thing they were measured on.
func (r Results) WriteTable(w io.Writer) {
	fmt.Fprintf(w, "%s\n", r.Machine)
	heading := ""
	for _, row := range r.Rows {
		if next := row.Benchmark + ": " + row.On; next != heading {
			heading = next
			fmt.Fprintf(w, "\n**%s**\n\n| | unit | Lifeline | beside it | | ratio |\n|---|---|---:|---:|---|---:|\n", heading)
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n",
			row.What, row.Unit, digits(row.Ours), digits(row.Beside), row.BesideWhat, row.ratio())
	}
}

func (r Row) ratio() string {
	text := digits(r.Ratio)
	if r.Lowest != r.Highest {
		text += " (" + digits(r.Lowest) + " to " + digits(r.Highest) + ")"
	}
	return text
}

// digits writes a number with three digits that matter.
func digits(x float64) string {
	if x >= 100 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// WriteFile writes the results as JSON.
func (r Results) WriteFile(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the results as JSON: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}
