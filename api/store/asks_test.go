package store_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
	"lifeline.scot/crds/v1alpha1"
)

// needs of an invented person, which are about them alone.
func needs() *v1alpha1.PlacementSpec {
	return &v1alpha1.PlacementSpec{
		Kind: v1alpha1.PoolDetox, Priority: v1alpha1.PriorityUrgent,
		Needs: &v1alpha1.PlacementNeeds{Gender: v1alpha1.GenderWomen, SingleGender: v1alpha1.NeedRequired},
	}
}

// waiting makes a referral that waits for such a place.
func (w *world) waiting(t *testing.T) string {
	t.Helper()
	id := w.submit(t)
	w.do(t, id, 1, harbour, referral.Acknowledge{}, "")
	w.do(t, id, 2, harbour, referral.Accept{}, "")
	w.do(t, id, 3, haven, referral.WaitForPlace{Claim: "a-claim", Asks: needs()}, "")
	return id
}

func TestWhatAPlaceMustBeLikeIsKeptWithThePerson(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.waiting(t)
		asks := func() (*v1alpha1.PlacementSpec, error) { return w.PlaceAsked(t.Context(), w.state(t, id)) }
		if got, err := asks(); err != nil || !reflect.DeepEqual(got, needs()) {
			t.Errorf("%+v %v", got, err)
		}
		var change string
		if err := w.raw(t).QueryRowContext(t.Context(), `SELECT change FROM history WHERE referral_id = $1 AND version = 4`, id).
			Scan(&change); err != nil || change != `{"claim":"a-claim","ours":true}` {
			t.Errorf("the history says %s %v", change, err)
		}
		person := w.state(t, id).Person
		if err := w.RenewKey(t.Context(), person, moray); err != nil {
			t.Fatal(err)
		}
		if got, err := asks(); err != nil || !reflect.DeepEqual(got, needs()) {
			t.Errorf("with another key: %+v %v", got, err)
		}
		if err := w.Erase(t.Context(), person, moray, "RequestOfThePerson"); err != nil {
			t.Fatal(err)
		}
		if got, err := asks(); !errors.Is(err, vault.ErrErased) {
			t.Errorf("after they were erased: %+v %v", got, err)
		}
		if s := w.state(t, id); s.Status != referral.PlacementWaiting || s.Claim != "a-claim" || s.AskedAt != 4 {
			t.Errorf("the history is still there, and makes %+v", s)
		}
		w.do(t, id, 4, haven, referral.ReleasePlace{}, "")
		if got, err := asks(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after it was given up: %+v %v", got, err)
		}
	})
}

func TestAskingForAnotherPlaceUnderTheSameKeyIsSomethingElse(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		w.do(t, id, 1, harbour, referral.Acknowledge{}, "")
		w.do(t, id, 2, harbour, referral.Accept{}, "")
		step := w.step(id, 3, haven, referral.WaitForPlace{Claim: "a-claim", Asks: needs()}, "")
		if _, err := w.Change(t.Context(), step); err != nil {
			t.Fatal(err)
		}
		if again, err := w.Change(t.Context(), step); err != nil || !again.Replayed {
			t.Errorf("%+v %v", again, err)
		}
		other := needs()
		other.Needs.Gender = v1alpha1.GenderMen
		step.Change = referral.WaitForPlace{Claim: "a-claim", Asks: other}
		if _, err := w.Change(t.Context(), step); !errors.Is(err, store.ErrKeyReused) {
			t.Errorf("%v", err)
		}
	})
}

func TestWhatAPlaceMustBeLikeIsReadableNowhere(t *testing.T) {
	w := newWorld(t, engines["SQLite"](t))
	w.waiting(t)
	rows, err := w.raw(t).QueryContext(t.Context(), `SELECT change FROM history UNION ALL SELECT CAST(ciphertext AS TEXT) FROM referral_fields
		UNION ALL SELECT CAST(input AS TEXT) FROM requests UNION ALL SELECT record FROM audit_records`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		for _, said := range []string{"gender", "Gender", string(v1alpha1.GenderWomen), string(v1alpha1.PoolDetox)} {
			if strings.Contains(text, said) {
				t.Errorf("%q is readable in %q", said, text)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
