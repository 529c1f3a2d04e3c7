package measure

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func results() Results {
	rows := Of("pagequery", "50 services",
		Against("p50", "ms", 3, 2, "gqlgen"), Against("requests", "1/s", 1234.5, 2469, "gqlgen"))
	rows[0].Lowest, rows[0].Highest = 1.25, 2
	return Results{Machine: Machine{System: "linux/amd64", Cores: 2}, Rows: rows}
}

func TestTableSaysWhatWasMeasuredOnWhatAndTheRatio(t *testing.T) {
	var text strings.Builder
	results().WriteTable(&text)
	_, table, _ := strings.Cut(text.String(), "\n\n")
	want := `**pagequery: 50 services**

| | unit | Lifeline | beside it | | ratio |
|---|---|---:|---:|---|---:|
| p50 | ms | 3 | 2 | gqlgen | 1.5 (1.25 to 2) |
| requests | 1/s | 1234 | 2469 | gqlgen | 0.5 |
`
	if diff := cmp.Diff(want, table); diff != "" {
		t.Error(diff)
	}
}

func TestResultsAreWrittenAsJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "results.json")
	if err := results().WriteFile(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got Results
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(results(), got); diff != "" {
		t.Error(diff)
	}
}
