package store_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
)

// asAnEarlierReleaseWrote adds something that was said to a database, in the clear.
func (w *world) asAnEarlierReleaseWrote(t *testing.T, id string, seq int64, said consent.Event) {
	t.Helper()
	text, err := json.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.raw(t).ExecContext(t.Context(),
		`INSERT INTO consents (referral_id, seq, recorded_at, actor, event) VALUES ($1, $2, 1, '{"ID":"u-haven","Partner":"haven"}', $3)`,
		id, seq, string(text)); err != nil {
		t.Fatal(err)
	}
}

// objection tells who spoke for somebody, and that they could not.
func objection() consent.Event {
	able := false
	return consent.Event{
		Decision: consent.Refuse, By: consent.Proxy, At: noon.Add(-time.Hour).UTC().Truncate(time.Microsecond),
		Purposes: []string{"death_review"}, Recipients: []string{"beacon"}, CapableWhenGiven: &able,
	}
}

// Who spoke for somebody, and whether they could, is in no table and no file in the clear, and is gone with their key. What an earlier
// release wrote is encrypted later; of whom was erased before that, nothing is left.
func TestWhatWasSaidIsEncryptedAndErased(t *testing.T) {
	secrets := []string{"capable_when_given", "death_review", `"proxy"`}
	inBoth(t, func(t *testing.T, w *world) {
		said := objection()
		id := w.submit(t, func(s *store.Submission) { s.Consents = []consent.Event{said} })
		gone := w.submit(t)
		w.asAnEarlierReleaseWrote(t, id, 2, said)
		w.asAnEarlierReleaseWrote(t, gone, 1, said)
		if all, err := w.Consents(t.Context(), id); err != nil || len(all) != 2 || cmp.Diff(all[0], all[1]) != "" {
			t.Errorf("before it is encrypted: %+v %v", all, err)
		}
		if err := w.Erase(t.Context(), w.state(t, gone).Person, moray, "RequestOfThePerson"); err != nil {
			t.Fatal(err)
		}
		for range 2 { // nothing is left to do the second time
			w = w.again(t)
		}
		if all, err := w.Consents(t.Context(), id); err != nil || len(all) != 2 || cmp.Diff(said, all[1]) != "" {
			t.Errorf("after: %+v %v", all, err)
		}
		for _, table := range kept(t, w) {
			lookInTable(t, w, table, secrets...)
		}
		lookInFiles(t, w.place, "capable_when_given", "death_review")
		if err := w.RenewKey(t.Context(), w.state(t, id).Person, moray); err != nil {
			t.Fatal(err)
		}
		dossiers, err := w.Dossiers(t.Context(), id, gone)
		if d := cmp.Diff([]consent.Event{said, said}, dossiers[id].Consents); err != nil || d != "" || dossiers[id].Unreadable {
			t.Errorf("under a new key: %v %s", err, d)
		}
		if d := dossiers[gone]; len(d.Consents) > 0 || !d.Erased || d.Unreadable {
			t.Errorf("of whom was erased: %+v", d.Consents)
		}
		if err := w.Erase(t.Context(), w.state(t, id).Person, moray, "RequestOfThePerson"); err != nil {
			t.Fatal(err)
		}
		if all, err := w.Consents(t.Context(), id); !errors.Is(err, vault.ErrErased) || all != nil {
			t.Errorf("after the erasure: %+v %v", all, err)
		}
		dossiers, err = w.Dossiers(t.Context(), id)
		if d := dossiers[id]; err != nil || len(d.Consents) > 0 || !d.Erased || d.Unreadable {
			t.Errorf("after the erasure: %+v %v", d.Consents, err)
		}
		if _, err := w.Said(t.Context(), store.Statement{Once: w.once(), By: haven, Referral: id, Said: said}); !errors.Is(err, vault.ErrErased) {
			t.Errorf("more was said: %v", err)
		}
	})
}

// What was said and does not open is not taken for nothing: nothing can be decided by it.
func TestWhatWasSaidAndDoesNotOpenDeniesAll(t *testing.T) {
	w := newWorld(t, engines["SQLite"](t))
	id := w.submit(t, func(s *store.Submission) { s.Consents = []consent.Event{objection()} })
	for _, statement := range []string{`DROP TRIGGER consents_stay`, `UPDATE consents SET sealed = X'00'`} {
		if _, err := w.raw(t).ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	dossiers, err := w.Dossiers(t.Context(), id)
	if err != nil || !dossiers[id].Unreadable {
		t.Errorf("%+v %v", dossiers[id], err)
	}
	if _, err := w.Consents(t.Context(), id); err == nil || strings.Contains(err.Error(), "proxy") {
		t.Error(err)
	}
}

// Of somebody who was erased the history says who did what kind of thing and when; why, and what came of it, is in no table, also of
// what is done afterwards. It is replaced once, and never changed otherwise.
func TestAnErasureLeavesNoReasonsAndOutcomes(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id, kept, open := w.submit(t), w.submit(t), w.submit(t)
		for _, about := range []string{id, kept} {
			w.do(t, about, 1, haven, referral.Escalate{Reason: referral.EscalateProtection}, "")
			w.do(t, about, 2, haven, referral.Withdraw{Reason: referral.WithdrawDied}, "")
		}
		before := w.state(t, id)
		for _, about := range []string{id, open} {
			if err := w.Erase(t.Context(), w.state(t, about).Person, moray, "RequestOfThePerson"); err != nil {
				t.Fatal(err)
			}
		}
		w.do(t, open, 1, haven, referral.Withdraw{Reason: referral.WithdrawDied}, "")
		for _, about := range []string{id, open} {
			after := w.state(t, about)
			if after.Withdrawal != referral.WithdrawOther || after.Status != before.Status {
				t.Errorf("it stands %s, because %s", after.Status, after.Withdrawal)
			}
		}
		if s := w.state(t, kept); s.Withdrawal != referral.WithdrawDied {
			t.Errorf("of somebody else: %s", s.Withdrawal)
		}
		if after := w.state(t, id); after.Version != before.Version || !after.ChangedAt.Equal(before.ChangedAt) {
			t.Errorf("version %d, %d before", after.Version, before.Version)
		}
		db := w.raw(t)
		var told int
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM history WHERE referral_id <> $1
			AND (change LIKE '%Died%' OR change LIKE '%Protection%')`, kept).Scan(&told); err != nil || told != 0 {
			t.Errorf("%d events tell why, %v", told, err)
		}
		if _, err := db.ExecContext(t.Context(), `UPDATE history SET change = '{}' WHERE referral_id = $1`, id); err == nil {
			t.Error("it is changed a second time")
		}
	})
}

// Those whom an earlier release erased are caught up with when the store is opened.
func TestWhomAnEarlierReleaseErasedIsCaughtUpWith(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		w.do(t, id, 1, haven, referral.Withdraw{Reason: referral.WithdrawDied}, "")
		for _, statement := range []string{`DELETE FROM person_keys`, `UPDATE persons SET erased_at = 1`} {
			if _, err := w.raw(t).ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if s := w.again(t).state(t, id); s.Withdrawal != referral.WithdrawOther {
				t.Errorf("it says %s", s.Withdrawal)
			}
		}
	})
}
