package deliveries

import (
	"errors"
	"testing"

	"lifeline.scot/api/store/postgrestest"
)

func TestAShortRunMeasuresEverything(t *testing.T) {
	rows, err := Run(t.Context(), Options{Deliveries: 60, Single: 3, Queued: 64}, func(line string) { t.Log(line) })
	if errors.Is(err, postgrestest.ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 8 {
		t.Errorf("%d rows", len(rows))
	}
	for _, row := range rows {
		if row.Ours <= 0 && row.Unit != "ms" || row.Beside <= 0 {
			t.Errorf("%s on %s: %g beside %g", row.What, row.On, row.Ours, row.Beside)
		}
	}
}
