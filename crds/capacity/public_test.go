package capacity

import (
	"fmt"
	"testing"
	"time"

	"lifeline.scot/crds/v1alpha1"
)

func confirmed(c Count) Figures {
	return Figures{
		Kind: v1alpha1.PoolDetox, Open: true, Count: &c,
		Trust: v1alpha1.TrustConfirmed, ConfirmedTime: time.Unix(1, 0),
	}
}

func show(c Cell) string {
	if n, ok := c.Value(); ok {
		return fmt.Sprint(n)
	}
	return map[CellState]string{NotKnown: "?", Withheld: "*", NotApplicable: "-"}[c.State()]
}

func (p PublicFigures) String() string {
	return fmt.Sprintf("staffed %s occupied %s held %s free %s", show(p.Staffed), show(p.Occupied), show(p.Held), show(p.Free))
}

func (t Total) String() string {
	return fmt.Sprintf("staffed %s occupied %s held %s free %s", show(t.Staffed), show(t.Occupied), show(t.Held), show(t.Free))
}

func TestPublicFiguresWithholdSmallCountsOfPeople(t *testing.T) {
	for name, tc := range map[string]struct {
		count Count
		want  string
	}{
		"nobody there":                  {Count{6, 0, 0}, "staffed 6 occupied 0 held 0 free 6"},
		"one person":                    {Count{6, 1, 0}, "staffed * occupied * held * free 5"},
		"four people":                   {Count{6, 4, 0}, "staffed * occupied * held * free 2"},
		"five people":                   {Count{6, 5, 0}, "staffed 6 occupied 5 held 0 free 1"},
		"one of many is awaited":        {Count{12, 9, 1}, "staffed 12 occupied * held * free 2"},
		"a few there and a few awaited": {Count{12, 3, 3}, "staffed 12 occupied * held * free 6"},
		"more people than places":       {Count{6, 8, 0}, "staffed 6 occupied 8 held 0 free 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := confirmed(tc.count).Public().String(); got != tc.want {
				t.Errorf("public figures of %+v\n got %s\nwant %s", tc.count, got, tc.want)
			}
		})
	}
}

func TestPublicFiguresTellUnknownFromNoneFromClosed(t *testing.T) {
	never := Figures{Open: true, Trust: v1alpha1.TrustUnconfirmed}
	if got, want := never.Public().String(), "staffed ? occupied ? held ? free ?"; got != want {
		t.Errorf("never counted: got %s, want %s", got, want)
	}
	stale := confirmed(Count{12, 6, 0})
	stale.Trust = v1alpha1.TrustUnconfirmed
	if got, want := stale.Public().String(), "staffed 12 occupied 6 held 0 free ?"; got != want {
		t.Errorf("unconfirmed: got %s, want %s", got, want)
	}
	if got := show(stale.Public().LastKnownFree); got != "6" {
		t.Errorf("unconfirmed: last known free %s, want 6", got)
	}
	closed := confirmed(Count{12, 6, 0})
	closed.Open = false
	if got := show(closed.Public().Free); got != "-" {
		t.Errorf("closed: free %s, want -", got)
	}
}

func TestTotalsAddUpPublishedNumbersOnly(t *testing.T) {
	full, one, four, awaited := Count{12, 10, 0}, Count{6, 1, 0}, Count{8, 4, 0}, Count{12, 9, 1}
	for name, tc := range map[string]struct {
		pools    []Count
		want     string
		withheld int
	}{
		"no pools":          {nil, "staffed 0 occupied 0 held 0 free 0", 0},
		"nothing small":     {[]Count{full, full}, "staffed 24 occupied 20 held 0 free 4", 0},
		"some small":        {[]Count{full, one, four, awaited}, "staffed 12 occupied 10 held 0 free 13", 3},
		"all of them small": {[]Count{one, four}, "staffed * occupied * held * free 9", 2},
	} {
		t.Run(name, func(t *testing.T) {
			var pools []Figures
			for _, c := range tc.pools {
				pools = append(pools, confirmed(c))
			}
			area := TotalOf(v1alpha1.PoolDetox, pools)
			if got := area.String(); got != tc.want || area.WithheldPools != tc.withheld {
				t.Errorf("total of %+v\n got %s, %d withheld\nwant %s, %d withheld",
					tc.pools, got, area.WithheldPools, tc.want, tc.withheld)
			}
			if nation := TotalOfAreas(v1alpha1.PoolDetox, []Total{area}); nation != area {
				t.Errorf("the total of one area\n got %+v\nwant %+v", nation, area)
			}
		})
	}
}

func TestTotalsLeaveOutUnconfirmedAndSaySo(t *testing.T) {
	stale := confirmed(Count{12, 6, 0})
	stale.Trust = v1alpha1.TrustUnconfirmed
	closed := confirmed(Count{12, 6, 0})
	closed.Open = false
	other := confirmed(Count{12, 6, 0})
	other.Kind = v1alpha1.PoolCrisis
	got := TotalOf(v1alpha1.PoolDetox, []Figures{confirmed(Count{12, 8, 0}), stale, closed, other})
	if got.Pools != 2 || got.UnconfirmedPools != 1 || show(got.Free) != "4" || show(got.Staffed) != "12" {
		t.Errorf("got %+v, want 2 open pools, 1 left out, 4 free of 12", got)
	}
}

// Whoever sees all that is published of a pool, and knows the rules, must not be able to work out a count that was
// withheld. Every count is tried: those that look alike to the public must differ in each number withheld from it. Totals
// need no such test: they are made from what is published.
func TestNoWithheldCountCanBeWorkedOut(t *testing.T) {
	const free, most = 4, 12 // free is published in any case; what is staffed follows from the people
	behind := map[string]map[Count]bool{}
	for occupied := range int32(most + 1) {
		for held := range most - occupied + 1 {
			c := Count{free + occupied + held, occupied, held}
			view := confirmed(c).Public().String()
			if behind[view] == nil {
				behind[view] = map[Count]bool{}
			}
			behind[view][c] = true
		}
	}
	for view, counts := range behind {
		staffed, occupied, held := map[int32]bool{}, map[int32]bool{}, map[int32]bool{}
		for c := range counts {
			staffed[c.Staffed], occupied[c.Occupied], held[c.Held] = true, true, true
		}
		public := confirmed(first(counts)).Public()
		for name, cell := range map[string]struct {
			cell   Cell
			values map[int32]bool
		}{"staffed": {public.Staffed, staffed}, "occupied": {public.Occupied, occupied}, "held": {public.Held, held}} {
			if cell.cell.State() == Withheld && len(cell.values) == 1 {
				t.Errorf("%q gives away %s: %v", view, name, cell.values)
			}
		}
	}
}

func first(counts map[Count]bool) Count {
	for c := range counts {
		return c
	}
	return Count{}
}
