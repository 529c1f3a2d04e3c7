package decision

import (
	"testing"
	"time"
)

func TestRunSaysWhatADecisionCosts(t *testing.T) {
	rows, err := Run(t.Context(), Options{Rounds: 1, Round: 20 * time.Millisecond}, func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	if want := 4 + 5 + 5; len(rows) != want {
		t.Fatalf("%d rows, want %d: four for a permit, five for each list", len(rows), want)
	}
	for _, row := range rows {
		if row.Ours <= 0 || row.Beside <= 0 || row.Ratio <= 0 {
			t.Errorf("%s of %s is not a figure: %+v", row.What, row.On, row)
		}
	}
}
