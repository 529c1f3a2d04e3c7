package referrals

import (
	"strings"
	"testing"

	"lifeline.scot/api/person"
)

func TestRunSaysWhatManyReferralsCost(t *testing.T) {
	rows, err := Run(t.Context(), Options{Few: 40, Many: 200, Asked: 10, Compared: 5}, func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	engines := map[string]int{}
	for _, row := range rows {
		engines[row.On]++
		if row.Ours <= 0 || row.Beside <= 0 || row.Ratio <= 0 {
			t.Errorf("%s is not a figure: %+v", row.What, row)
		}
		if !strings.Contains(row.On, "200 referrals") {
			t.Errorf("it was measured on %s", row.On)
		}
	}
	for on, n := range engines {
		if n != 22 {
			t.Errorf("%d rows on %s, want 22", n, on)
		}
	}
}

func TestInventedPeopleAreNotTakenForOneAnother(t *testing.T) {
	const many = 100_000
	numbers, names := map[string]bool{}, map[string]bool{}
	for i := range many {
		numbers[chiOf(i).Digits()] = true
		names[person.Sought{Name: nameOf(i), Born: bornOf(i)}.Key()] = true
	}
	if len(numbers) != many || len(names) != many {
		t.Errorf("%d numbers and %d names of %d people", len(numbers), len(names), many)
	}
}

func TestTooFewReferralsAreSaidToBe(t *testing.T) {
	if _, err := Run(t.Context(), Options{Few: 1, Many: 2, Asked: 1, Compared: 1}, func(string) {}); err == nil {
		t.Error("it was measured all the same")
	}
}
