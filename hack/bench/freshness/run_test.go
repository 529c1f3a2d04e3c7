package freshness

import (
	"testing"
	"time"
)

func TestRunSaysHowFreshAnAnswerIs(t *testing.T) {
	rows, err := Run(t.Context(), Options{Pools: 10, Reports: 20}, func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 6 {
		t.Fatalf("%d rows, want 6", len(rows))
	}
	for _, row := range rows {
		if row.Ours <= 0 || row.Beside <= 0 || row.Ratio <= 0 {
			t.Errorf("%s is not a figure: %+v", row.What, row)
		}
	}
}

func TestCountsOfAPoolDifferAndGrowNewer(t *testing.T) {
	w, err := newWorld(2)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 6, 1, 12, 0, 0, 500, time.UTC)
	first, due := w.next(0, now)
	if !due.IsZero() || first.pool != w.pools[0].Name {
		t.Fatalf("the first count is of %q and due at %v", first.pool, due)
	}
	if _, due := w.next(2, now); !due.Equal(now.Truncate(time.Second).Add(time.Second)) {
		t.Errorf("a second count within the second is due at %v, want a second after the first", due)
	}
	second, due := w.next(2, now.Add(time.Second))
	if !due.IsZero() || second.pool != first.pool {
		t.Fatalf("the second count is of %q and due at %v", second.pool, due)
	}
	if second.occupied == first.occupied {
		t.Errorf("both counts say %d, so one cannot be told from the other", first.occupied)
	}
}

func TestNoCountIsSmallEnoughToBeWithheld(t *testing.T) {
	w, err := newWorld(1)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for i := range 100 {
		c, _ := w.next(i, now.Add(time.Duration(i)*time.Second))
		if free := staffed - c.occupied; c.occupied < 5 || free < 5 {
			t.Fatalf("count %d has %d occupied and %d free", i, c.occupied, free)
		}
	}
}
