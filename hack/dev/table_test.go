package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func known(n int) figure { return figure{Value: &n, State: "KNOWN"} }

func named(name string) *struct{ DisplayName string } { return &struct{ DisplayName string }{name} }

func TestTableShowsEachNumberOrWhyThereIsNone(t *testing.T) {
	now := time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)
	confirmed, old := now.Add(-90*time.Minute), now.Add(-100*time.Hour)
	places := []place{
		{
			Partnership: named("Glasgow City ADP"), Service: named("Example House"), Kind: "RESIDENTIAL_REHAB", Trust: "CONFIRMED",
			Registered: known(28), Staffed: known(26), Occupied: known(20), Held: known(0), Free: known(6),
			ConfirmedTime: &confirmed, Provenance: "ILLUSTRATIVE",
		},
		{
			Partnership: named("Highland ADP"), DisplayName: "A pool whose service is not known", Kind: "DETOX", Trust: "UNCONFIRMED",
			Registered: figure{State: "NOT_KNOWN"}, Staffed: known(8), Occupied: figure{State: "WITHHELD_SMALL_NUMBER"},
			Held: figure{State: "WITHHELD_SMALL_NUMBER"}, Free: figure{State: "NOT_APPLICABLE"}, ConfirmedTime: &old,
		},
	}
	var out strings.Builder
	if err := printTable(&out, places, now); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"ADP               SERVICE                            KIND               REGISTERED  STAFFED  OCCUPIED  HELD  FREE  TRUST        CONFIRMED",
		"Glasgow City ADP  Example House                      Residential rehab  28          26       20        0     6     Confirmed    1 h ago, illustrative",
		"Highland ADP      A pool whose service is not known  Detox              ?           8        *         *     -     Unconfirmed  4 days ago",
		"  *             known and not shown: small numbers of people could point at a person",
		"  ?             not known, or not confirmed in time: never counted as free",
		"  -             nothing is open there",
		"  illustrative  the count is invented for this demonstration; nobody publishes how many places are in use",
		"",
	}, "\n")
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTableTellsPoolsOfOneServiceApart(t *testing.T) {
	var places []place
	for _, name := range []string{"Beds for men", "Beds for women"} {
		places = append(places, place{Service: named("Example House"), Kind: "RESIDENTIAL_REHAB", DisplayName: name})
	}
	places = append(places, place{Service: named("Example House"), Kind: "DETOX", DisplayName: "Detox beds"})
	var out strings.Builder
	if err := printTable(&out, places, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Example Hou…: Beds for men  ", "Example Hou…: Beds for women  ", "  Example House  "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}

func TestAgoUsesTheLargestUnitThatFits(t *testing.T) {
	for since, want := range map[time.Duration]string{
		-time.Minute:     "just now",
		59 * time.Second: "just now",
		59 * time.Minute: "59 min ago",
		47 * time.Hour:   "47 h ago",
		48 * time.Hour:   "2 days ago",
	} {
		if got := ago(since); got != want {
			t.Errorf("%s: got %q, want %q", since, got, want)
		}
	}
}

func TestLongNamesAreCutByCharactersNotBytes(t *testing.T) {
	if got := shorten("Dumfries & Galloway · Dùn Phris", 24); got != "Dumfries & Galloway · D…" {
		t.Errorf("got %q", got)
	}
}
