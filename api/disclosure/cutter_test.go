package disclosure_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/rights/rightstest"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// shelf keeps one referral in memory, and notes what was read and recorded, in order.
type shelf struct {
	dossier store.Dossier
	values  record.Values
	fails   error
	did     []string
	read    []record.Field
	entries []audit.Entry
}

func (s *shelf) Dossiers(_ context.Context, ids ...string) (map[string]store.Dossier, error) {
	found := map[string]store.Dossier{}
	if slices.Contains(ids, s.dossier.State.ID) {
		found[s.dossier.State.ID] = s.dossier
	}
	return found, nil
}

func (s *shelf) ReadMany(_ context.Context, wanted map[string]store.Wanted) (map[string]record.Values, error) {
	s.did = append(s.did, "read")
	read := map[string]record.Values{}
	for id, w := range wanted {
		s.read = append(s.read, w.Fields...)
		read[id] = s.values.Only(w.Fields...)
	}
	return read, nil
}

func (s *shelf) HistoryAsDecided(context.Context, string, store.Basis, int64, int, bool) (store.Events, error) {
	return store.Events{}, nil
}

func (s *shelf) Emergencies(context.Context, store.Emergencies, int) ([]store.Emergency, error) {
	return nil, nil
}

func (s *shelf) Record(_ context.Context, entries ...audit.Entry) error {
	s.did = append(s.did, "record")
	s.entries = append(s.entries, entries...)
	return s.fails
}

func (s *shelf) MaskVersion(_, _ string, version int64) (int64, error) { return version + 1000, nil }

func (s *shelf) WasShown(context.Context, string, string, ...string) (bool, error) { return false, nil }

// book are the rules with two partners and one agreement.
type book struct {
	engine *policies.Engine
	world  *policies.World
}

func (b book) Now() (*policies.Engine, *policies.World) { return b.engine, b.world }
func (book) Ready() bool                                { return true }
func (book) Doubtful() bool                             { return false }

func rules(t testing.TB) book {
	t.Helper()
	engine, err := policies.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	charity := policies.Partner{Kind: "third_sector", Status: "active", ADPs: []string{"moray"}}
	world, err := policies.NewWorld(map[string]policies.Partner{"haven": charity, "harbour": charity}, map[string]policies.Agreement{
		"one": {
			Parties: []string{"haven", "harbour"}, Purposes: []string{"direct_care", "referral_coordination"},
			Categories: []string{"admin", "identity", "contact", "need", "clinical"}, ADPs: []string{"moray"}, Status: "active",
			FromTime: noon.AddDate(-1, 0, 0), ToTime: noon.AddDate(1, 0, 0),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return book{engine, world}
}

func kept() *shelf {
	return &shelf{
		dossier: store.Dossier{
			State: referral.State{
				ID: "r-00000000000000000001", Version: 2, Person: "p-00000001", Partnership: "moray", Origin: "haven", Target: "harbour",
				Status: referral.Acknowledged, Urgency: referral.Routine, SubmittedAt: noon,
				Asked:   []referral.Turn{{Partner: "harbour", SinceVersion: 1}},
				Workers: []referral.Worker{{ID: "u-haven", Partner: "haven"}, {ID: "u-harbour", Partner: "harbour"}},
			},
			Born: person.Date{Year: 1990, Month: time.May, Day: 4},
		},
		values: record.Values{
			record.FullName: []byte(`{"chosen":"Sorcha"}`), record.Phone: []byte(`"01414960123"`), record.Medication: []byte(`{}`),
			record.BBVStatus: []byte(`{}`), record.Housing: []byte(`{"kind":"Temporary"}`),
		},
	}
}

func harbour() disclosure.Asking {
	return disclosure.Asking{
		Caller: identity.Caller{
			Partner: "harbour", Roles: identity.RolesOf(identity.Provider), Care: identity.CareRolesOf(identity.Clinician), Subject: "u-harbour",
		},
		As: identity.Clinician, Purpose: disclosure.DirectCare,
	}
}

func granted(categories ...record.Category) consent.Event {
	return consent.Event{
		Decision: consent.Grant, By: consent.Self, At: noon.Add(-time.Hour), Purposes: []string{"direct_care"}, Recipients: []string{"harbour"},
		Categories: categories,
	}
}

func TestNothingIsReturnedThatWasNotRecorded(t *testing.T) {
	s := kept()
	s.dossier.Consents = []consent.Event{granted(record.Identity, record.Contact)}
	s.fails = errors.New("the log is full")
	cutter := &disclosure.Cutter{Kept: s, Rules: rules(t), Rights: rightstest.Rules(), Clock: func() time.Time { return noon }}
	cuts, err := cutter.Cut(t.Context(), harbour(), []record.Field{record.Phone}, "r-00000000000000000001")
	if !errors.Is(err, s.fails) || cuts != nil {
		t.Errorf("%v %v", cuts, err)
	}
	if s.did[len(s.did)-1] != "record" {
		t.Errorf("%v", s.did)
	}
}

// What somebody pasted in the place of a number is not looked for and not written down: nobody knows what it is.
func TestWhatIsNoNumberOfAReferralIsNotWrittenDown(t *testing.T) {
	for _, typed := range []string{"3112310007", "sorcha-quillfeather", "Sorcha Quillfeather", "r-sorcha", "p-00000000000000000001", ""} {
		s := kept()
		s.dossier.State.ID = typed // even if there were one
		cutter := &disclosure.Cutter{Kept: s, Rules: rules(t), Rights: rightstest.Rules(), Clock: func() time.Time { return noon }}
		cuts, err := cutter.Cut(t.Context(), harbour(), []record.Field{record.Phone}, typed)
		if err != nil || len(cuts) != 1 || cuts[0].There() || len(s.entries) > 0 {
			t.Errorf("%q: %v %v, recorded as %v", typed, cuts, err, s.entries)
		}
	}
}

// Only fields that were asked for and are permitted are read, whatever is asked and whatever was agreed.
func TestOnlyWhatIsPermittedIsRead(t *testing.T) {
	b := rules(t)
	rapid.Check(t, func(t *rapid.T) {
		s := kept()
		categories := rapid.SliceOfDistinct(rapid.SampledFrom(record.Categories()), func(c record.Category) string { return string(c) }).
			Draw(t, "agreed to")
		if len(categories) > 0 {
			s.dossier.Consents = []consent.Event{granted(categories...)}
		}
		asked := rapid.SliceOfDistinct(rapid.SampledFrom(record.Fields()), func(f record.Field) string { return string(f) }).Draw(t, "asked")
		cutter := &disclosure.Cutter{Kept: s, Rules: b, Rights: rightstest.Rules(), Clock: func() time.Time { return noon }}
		cuts, err := cutter.Cut(context.Background(), harbour(), asked, "r-00000000000000000001")
		if err != nil {
			t.Fatal(err)
		}
		cut := cuts[0]
		agreed := []record.Category{record.Admin, record.Identity, record.Contact, record.Need, record.Clinical}
		for _, f := range record.Fields() {
			category, _ := record.CategoryOf(f)
			may := slices.Contains(categories, category) && slices.Contains(agreed, category)
			if cut.Permits(f) != may {
				t.Fatalf("%s is permitted: %v", f, !may)
			}
			if slices.Contains(s.read, f) && (!may || !slices.Contains(asked, f)) {
				t.Fatalf("%s was read", f)
			}
			checkField(t, s, cut, f, asked, may)
		}
		checkEntries(t, s, cut)
	})
}

// checkField makes sure that a field that is withheld looks the same whether or not it was told.
func checkField(t *rapid.T, s *shelf, cut disclosure.Cut, f record.Field, asked []record.Field, may bool) {
	value, err := cut.Field(f)
	if !slices.Contains(asked, f) {
		if err == nil {
			t.Fatalf("%s is shown though nobody asked", f)
		}
		return
	}
	_, told := s.values[f]
	category, _ := record.CategoryOf(f)
	want := disclosure.NotKnown
	switch {
	case !may:
		want = disclosure.Withheld
	case told || category == record.Admin:
		want = disclosure.Known
	}
	if err != nil || value.State != want || (value.JSON != nil) != (want == disclosure.Known) || (len(value.Reasons) > 0) != (want == disclosure.Withheld) {
		t.Fatalf("%s: %s %v %v, want %s", f, value.State, value.Reasons, err, want)
	}
}

// checkEntries makes sure that the log says what was decided, and names no field that was not shown.
func checkEntries(t *rapid.T, s *shelf, cut disclosure.Cut) {
	if len(s.entries) == 0 || s.entries[0].What != audit.Decided || s.entries[0].Decision.Effect != cut.Decision().Effect {
		t.Fatalf("%v", s.entries)
	}
	for _, e := range s.entries[1:] {
		for _, name := range e.Decision.Fields {
			if e.What != audit.Read || !cut.Permits(record.Field(name)) {
				t.Fatalf("%v", e)
			}
		}
	}
}

func TestAnErasedPersonIsWithheld(t *testing.T) {
	s := kept()
	s.dossier.Consents, s.dossier.Erased = []consent.Event{granted(record.Admin, record.Identity)}, true
	s.dossier.Born = person.Date{}
	// Without an age the understanding of a person cannot be presumed, so the partner's own record is looked at.
	asking := harbour()
	asking.Caller.Partner, asking.Caller.Subject, asking.Caller.Roles = "haven", "u-haven", identity.RolesOf(identity.Referrer)
	cutter := &disclosure.Cutter{Kept: s, Rules: rules(t), Rights: rightstest.Rules(), Clock: func() time.Time { return noon }}
	cuts, err := cutter.Cut(t.Context(), asking, []record.Field{record.FullName, record.Status}, "r-00000000000000000001")
	if err != nil {
		t.Fatal(err)
	}
	name, err := cuts[0].Field(record.FullName)
	if err != nil || name.State != disclosure.Withheld || !slices.Equal(name.Reasons, []string{disclosure.ReasonErased}) {
		t.Errorf("%v %v %v", name, name.Reasons, err)
	}
	if status, err := cuts[0].Field(record.Status); err != nil || status.State != disclosure.Known {
		t.Errorf("%v %v", status, err)
	}
	if len(s.read) > 0 {
		t.Errorf("%v was read", s.read)
	}
}

// Somebody who tells an age band and no date of birth agrees for themselves all the same, if the band lets them.
func TestWhoCanAgreeFollowsFromAgeOrBand(t *testing.T) {
	for band, want := range map[person.AgeBand]string{
		person.From35: "allow", person.From12: "allow", person.Under12: "deny", "": "deny",
	} {
		s := kept()
		s.dossier.Consents = []consent.Event{granted(record.Identity)}
		s.dossier.Born, s.dossier.AgeBand = person.Date{}, band
		cutter := &disclosure.Cutter{Kept: s, Rules: rules(t), Rights: rightstest.Rules(), Clock: func() time.Time { return noon }}
		cuts, err := cutter.May(t.Context(), harbour(), "r-00000000000000000001")
		if err != nil || cuts[0].Decision().Effect != want {
			t.Errorf("%q: %v %v", band, cuts[0].Decision(), err)
		}
	}
}

func TestCutsPrintNothingOfAnybody(t *testing.T) {
	s := kept()
	s.dossier.Consents = []consent.Event{granted(record.Identity)}
	cutter := &disclosure.Cutter{Kept: s, Rules: rules(t), Rights: rightstest.Rules(), Clock: func() time.Time { return noon }}
	cuts, err := cutter.Cut(t.Context(), harbour(), []record.Field{record.FullName}, "r-00000000000000000001")
	if err != nil {
		t.Fatal(err)
	}
	value, err := cuts[0].Field(record.FullName)
	if err != nil || value.State != disclosure.Known {
		t.Fatal(value, err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, thing := range []any{cuts[0], value, s.dossier} {
			if text := fmt.Sprintf(format, thing); len(text) > 60 {
				t.Errorf("%s prints %s", format, text)
			}
		}
	}
}
