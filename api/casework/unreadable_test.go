package casework_test

import (
	"context"
	"slices"
	"testing"

	"lifeline.scot/api/casework"
	. "lifeline.scot/api/casework/caseworktest" //nolint:revive // the names of those who take part read like a story
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/store/postgrestest"
)

// onBoth runs a test on both engines.
func onBoth(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, open(t)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		server, err := postgrestest.Start()
		server = postgrestest.Require(t, server, err)
		t.Cleanup(func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		})
		test(t, &office{World: NewIn(t, server.Database(t)), t: t})
	})
}

// One record that does not open spoils no list and no search: it is withheld, with a reason, and whoever runs Lifeline is told
// which it is.
func TestOneRecordThatDoesNotOpenSpoilsNoOther(t *testing.T) {
	const ofPerson = ` WHERE person_id = (SELECT person_id FROM referrals WHERE id = $1)`
	onBoth(t, func(t *testing.T, o *office) {
		for name, tc := range map[string]struct {
			statement string
			// listed says that how it stands can still be seen.
			listed bool
		}{
			"a damaged key":             {`UPDATE person_keys SET wrapped = $2` + ofPerson, false},
			"what decisions rest on":    {`UPDATE referral_fields SET ciphertext = $2 WHERE referral_id = $1 AND field = 'date_of_birth'`, false},
			"a field, and nothing else": {`UPDATE referral_fields SET ciphertext = $2 WHERE referral_id = $1 AND field = 'phone'`, true},
			"words, and nothing else":   {"", true},
		} {
			t.Run(name, func(t *testing.T) {
				o := &office{World: o.World, t: t, keys: o.keys + 1000*len(name)}
				whole, damaged := o.submit(), o.submit()
				o.declares(damaged.Referral)
				if tc.statement == "" {
					o.UnguardHistory(t)
					tc.statement = `UPDATE history SET words = $2 WHERE referral_id = $1 AND version = 1`
				}
				o.Beneath(t, tc.statement, damaged.Referral, []byte("damaged"))
				var found []string
				o.Desk.Cutter.Unreadable = func(_ context.Context, id string) { found = append(found, id) }
				inWords := name == "words, and nothing else"
				o.listsBut(whole.Referral, damaged.Referral, tc.listed, inWords)
				story, err := o.Desk.Cutter.Story(t.Context(), o.see(asReferrer, whole.Referral), 0, 10)
				if err != nil || !story.Words {
					t.Errorf("the story of the other: %+v %v", story, err)
				}
				o.storyIsWithheld(damaged.Referral, tc.listed, inWords)
				if open, err := o.Desk.OpenEmergencies(t.Context(), DataLead, 100); err != nil || len(open) == 0 {
					t.Errorf("emergencies: %v %v", open, err)
				}
				if !slices.Contains(found, damaged.Referral) || slices.Contains(found, whole.Referral) {
					t.Errorf("whoever runs it was told of %v", found)
				}
			})
		}
	})
}

func (o *office) declares(id string) {
	o.t.Helper()
	_, err := o.Store.Declare(o.t.Context(), store.Once{Scope: "test", Key: o.key()}, store.Emergency{
		Referral: id, By: referral.Actor{ID: "u-provider", Partner: "harbour"}, Reason: string(casework.LifeAtRisk),
		Purpose: string(disclosure.DirectCare), Role: "clinician", Justification: "found collapsed, and nobody knows what was taken",
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// listsBut has the referrer look at their list, and for the person: one referral is there, and of the other as much as opens.
func (o *office) listsBut(whole, damaged string, listed, allOpens bool) {
	o.t.Helper()
	page, err := o.Desk.Worklist(o.t.Context(), asReferrer, casework.Filter{}, []record.Field{record.Phone, record.Status}, 100, "")
	if err != nil {
		o.t.Fatal(err)
	}
	there := map[string]disclosure.Cut{}
	for _, cut := range page.Cuts {
		there[cut.ID()] = cut
	}
	phone, err := there[whole].Field(record.Phone)
	if err != nil || phone.State != disclosure.Known {
		o.t.Errorf("the other is %v %v", phone, err)
	}
	cut, is := there[damaged]
	if is != listed {
		o.t.Fatalf("it is in the list: %t", is)
	}
	if listed && !allOpens {
		status, failed := cut.Field(record.Status)
		phone, err := cut.Field(record.Phone)
		if err != nil || failed != nil || status.State != disclosure.Known || phone.State != disclosure.Withheld ||
			!slices.Equal(phone.Reasons, []string{disclosure.ReasonUnreadable}) {
			o.t.Errorf("of it is shown %v %v, %v %v", status, failed, phone, err)
		}
	}
	if !listed {
		withheld, err := o.Desk.Withheld(o.t.Context(), asReferrer, casework.Filter{})
		i := slices.IndexFunc(withheld, func(c disclosure.Cut) bool { return c.ID() == damaged })
		if err != nil || i < 0 || !slices.Contains(withheld[i].Reasons(), disclosure.ReasonUnreadable) {
			o.t.Errorf("withheld are %v, %v", withheld, err)
		}
	}
	cuts, err := o.Desk.Find(o.t.Context(), asReferrer, sorcha, []record.Field{record.FullName})
	if err != nil || !slices.ContainsFunc(cuts, func(c disclosure.Cut) bool { return c.ID() == whole }) {
		o.t.Errorf("found are %v %v", cuts, err)
	}
}

func (o *office) storyIsWithheld(id string, listed, inWords bool) {
	o.t.Helper()
	if !listed {
		return
	}
	story, err := o.Desk.Cutter.Story(o.t.Context(), o.see(asReferrer, id), 0, 10)
	want := []string(nil)
	if inWords {
		want = []string{disclosure.ReasonUnreadable}
	}
	if err != nil || story.Words == inWords || !slices.Equal(story.Reasons, want) || len(story.Events) == 0 {
		o.t.Errorf("its story is %+v %v", story, err)
	}
}
