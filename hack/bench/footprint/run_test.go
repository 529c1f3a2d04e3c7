package footprint

import "testing"

func TestRunSaysWhatADirectoryCosts(t *testing.T) {
	o := Options{Partnerships: 3, Services: 150, Pools: 30, Starts: 1}
	rows, err := Run(t.Context(), o, func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5 {
		t.Fatalf("%d rows, want 5", len(rows))
	}
	// So small a directory may cost no more than an empty one, so only what is always above zero is looked at.
	for _, row := range rows[:4] {
		if row.Ours <= 0 || row.Beside <= 0 || row.Ratio <= 0 {
			t.Errorf("%s is not a figure: %+v", row.What, row)
		}
	}
}
