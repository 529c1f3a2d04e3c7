package referral_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
)

func everything(t testing.TB) referral.Told {
	t.Helper()
	chi, err := person.ParseCHI("1904851231")
	if err != nil {
		t.Fatal(err)
	}
	return referral.Told{
		Person: person.Person{
			Name: &person.Name{Chosen: "Sorcha"}, CHI: chi, DateOfBirth: person.Date{Year: 1985, Month: 4, Day: 19},
			Address: &person.Address{Abode: person.NoFixedAbode}, Phone: "07700900123", Email: "s@example.org",
			SafeContact: &person.SafeContact{May: []person.Way{person.ByText}}, Gender: &person.GenderSaid{Is: person.Woman},
			Locality: &person.Locality{Area: person.NoFixedAbodeArea},
		},
		Details: referral.Details{
			Reason: "wants a place in rehab after detox", Goals: "to see my girls at weekends", MentalHealth: "anxiety",
			Substances: &referral.Substances{Kinds: []referral.Substance{referral.Heroin, referral.Benzodiazepines}, History: "since 2010"},
			Medication: &referral.Medication{Prescribed: "methadone", Allergies: "penicillin"},
			OST:        &referral.OST{Kind: referral.OSTMethadone, DailyMicrograms: 30_000, Wishes: "to stay on it"},
			Naloxone:   referral.NaloxoneHeld, OverdoseAt: noon.Add(-24 * time.Hour),
			OverdoseContext: &referral.Overdose{NaloxoneGiven: referral.Yes, Place: "town centre"},
			RiskLevel:       &referral.Risk{Grade: referral.RiskRaised}, Housing: &referral.Housing{Kind: referral.HousingRoofless},
			Dependants: &referral.Dependants{Children: 2, Coming: 1}, BBV: &referral.BBV{Tested: referral.Yes},
			Justice: &referral.Justice{Liberation: noon.Add(14 * 24 * time.Hour), Prison: "HMP Example"},
		},
	}
}

// Every field that is kept of people can be told, each by its own name, and is read back as it was.
func TestEveryFieldCanBeTold(t *testing.T) {
	told := everything(t)
	values, err := told.Values(noon)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(record.Fields(), func(f record.Field) bool {
		category, _ := record.CategoryOf(f)
		return category == record.Admin
	})
	if got := values.Fields(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	back, err := referral.ToldOf(values)
	if err != nil {
		t.Fatal(err)
	}
	told.Person.AgeBand = person.From35
	if d := cmp.Diff(told, back, cmpopts.EquateComparable(person.CHI{})); d != "" {
		t.Error(d)
	}
	again, err := back.Values(noon)
	if err != nil || !cmp.Equal(values, again) {
		t.Errorf("what is read back is kept otherwise: %v", err)
	}
}

func TestWhatIsToldInPart(t *testing.T) {
	values, err := everything(t).Values(noon)
	if err != nil {
		t.Fatal(err)
	}
	part, err := referral.ToldOf(values.Only(record.Goals, record.Phone))
	if err != nil {
		t.Fatal(err)
	}
	want := referral.Told{Person: person.Person{Phone: "07700900123"}, Details: referral.Details{Goals: "to see my girls at weekends"}}
	if d := cmp.Diff(want, part, cmpopts.EquateComparable(person.CHI{})); d != "" {
		t.Error(d)
	}
}

func TestDetailsThatHaveToBeChanged(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*referral.Told)
		f      record.Field
		says   string
	}{
		"no reason":                    {func(x *referral.Told) { x.Details.Reason = "" }, record.ReferralReason, "what the person asks for"},
		"a long reason":                {func(x *referral.Told) { x.Details.Reason = strings.Repeat("a", 2001) }, record.ReferralReason, "2000"},
		"an unknown substance":         {func(x *referral.Told) { x.Details.Substances.Kinds[0] = "Dust" }, record.Substances, "Alcohol"},
		"a substance twice":            {func(x *referral.Told) { x.Details.Substances.Kinds[1] = referral.Heroin }, record.Substances, "once"},
		"an unknown medicine":          {func(x *referral.Told) { x.Details.OST.Kind = "" }, record.OSTStatus, "Methadone"},
		"a dose below 0":               {func(x *referral.Told) { x.Details.OST.DailyMicrograms = -1 }, record.OSTStatus, "micrograms"},
		"a dose in nanograms":          {func(x *referral.Told) { x.Details.OST.DailyMicrograms = 30_000_000 }, record.OSTStatus, "micrograms"},
		"unknown naloxone":             {func(x *referral.Told) { x.Details.Naloxone = "Maybe" }, record.Naloxone, "HasKit"},
		"an overdose tomorrow":         {func(x *referral.Told) { x.Details.OverdoseAt = noon.Add(time.Hour) }, record.OverdoseAt, "future"},
		"an overdose long ago":         {func(x *referral.Told) { x.Details.OverdoseAt = noon.Add(-400 * 24 * time.Hour) }, record.OverdoseAt, "history"},
		"an overdose at no time":       {func(x *referral.Told) { x.Details.OverdoseAt = time.Time{} }, record.OverdoseAt, "missing"},
		"an overdose with a paragraph": {func(x *referral.Told) { x.Details.OverdoseContext.Place = "a\nb" }, record.OverdoseContext, "one line"},
		"an unknown grade":             {func(x *referral.Told) { x.Details.RiskLevel.Grade = "7" }, record.RiskLevel, "Raised"},
		"unknown housing":              {func(x *referral.Told) { x.Details.Housing.Kind = "" }, record.Housing, "Roofless"},
		"a tenancy perhaps":            {func(x *referral.Told) { x.Details.Housing.KeepTenancy = "Perhaps" }, record.Housing, "Yes"},
		"more coming than there are":   {func(x *referral.Told) { x.Details.Dependants.Coming = 3 }, record.Dependants, "no more coming"},
		"children below 0":             {func(x *referral.Told) { x.Details.Dependants.Children = -1 }, record.Dependants, "0 to 12"},
		"tested perhaps":               {func(x *referral.Told) { x.Details.BBV.Tested = "Perhaps" }, record.BBVStatus, "Yes"},
		"liberation in ten years":      {func(x *referral.Told) { x.Details.Justice.Liberation = noon.AddDate(10, 0, 0) }, record.Justice, "liberation"},
		"a person's problem as well":   {func(x *referral.Told) { x.Person.Phone = "ask" }, record.Phone, "area code"},
	} {
		t.Run(name, func(t *testing.T) {
			told := everything(t)
			tc.change(&told)
			var invalid record.Invalid
			if _, err := told.Values(noon); !errors.As(err, &invalid) {
				t.Fatal(err)
			}
			if len(invalid) != 1 || invalid[0].Field != tc.f || !strings.Contains(invalid[0].Message, tc.says) {
				t.Errorf("%v", invalid)
			}
		})
	}
	worst := referral.Told{Person: person.Person{Email: "x"}}
	var invalid record.Invalid
	if _, err := worst.Values(noon); !errors.As(err, &invalid) || len(invalid) != 2 {
		t.Errorf("all that is wrong is told at once: %v", err)
	}
}

func TestAmendments(t *testing.T) {
	before, err := everything(t).Values(noon)
	if err != nil {
		t.Fatal(err)
	}
	after := everything(t)
	after.Person.Phone = "0141 496 0123"
	after.Person.Email = ""
	after.Details.Goals = "to see my girls"
	differ, amend, err := referral.Amended(before, after, noon)
	if err != nil || !slices.Equal(amend.Fields, []string{"email", "goals", "phone"}) {
		t.Fatal(amend, err)
	}
	if gone, ok := differ[record.Email]; !ok || gone != nil || string(differ[record.Phone]) != `"01414960123"` {
		t.Errorf("%v", differ.Fields())
	}
	if _, amend, err = referral.Amended(before, everything(t), noon); err != nil || len(amend.Fields) != 0 {
		t.Errorf("nothing differs: %v %v", amend, err)
	}
	if _, _, err = referral.Amended(before, referral.Told{}, noon); err == nil {
		t.Error("without a reason")
	}
}

func TestNothingToldIsPrinted(t *testing.T) {
	told := everything(t)
	e := referral.Event{Referral: "r-0000000", Version: 2, Change: referral.Message{}, Words: "Sorcha phoned"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("seen", "told", told, "details", told.Details, "event", e)
	for _, text := range []string{
		fmt.Sprintf("%v %+v %#v", told, told, told), fmt.Sprintf("%v %+v %#v", told.Details, told.Details, told.Details),
		fmt.Sprintf("%v %+v %#v", e, e, e), log.String(),
	} {
		for _, secret := range []string{"Sorcha", "girls", "methadone", "1904851231"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in %s", secret, text)
			}
		}
	}
}

func TestIDs(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		for _, id := range []string{referral.NewID(), referral.NewPersonID()} {
			// What a claim on a place asks of a referralID: 8 to 63 letters, digits and hyphens, not digits only.
			if seen[id] || len(id) != 22 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
				t.Fatal(id)
			}
			seen[id] = true
		}
	}
}
