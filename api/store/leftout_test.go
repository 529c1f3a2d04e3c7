package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/store"
)

// looked is the entry of somebody at harbour who looked through a list that some referrals were left out of.
func looked(leftOut ...audit.LeftOut) audit.Entry {
	if leftOut == nil {
		leftOut = []audit.LeftOut{}
	}
	return audit.Entry{
		What: audit.Viewed, By: audit.Actor{Partner: "harbour", Role: "clerk", Subject: "u-harbour"}, Purpose: "referral_coordination",
		Detail: "worklist", LeftOut: leftOut,
	}
}

func without(reason string, referrals ...string) audit.LeftOut {
	return audit.LeftOut{Reasons: []string{reason}, Revision: "v1", Referrals: referrals}
}

// Whoever looks at the trail of one referral learns that it was left out of a list, and nothing of others that were.
func TestATrailTellsWhereAReferralWasLeftOutAndNothingOfOthers(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.record(t, saw("haven", "p-1", "r-1"), looked(), looked(without("consent_none", "r-2", "r-1"), without("consent_refused", "r-3")))
		w.record(t, looked(without("consent_withdrawn", "r-1")), saw("haven", "p-1", "r-1"), saw("haven", "p-3", "r-3"))
		for name, tc := range map[string]struct {
			look   store.Look
			before int64
			limit  int
			want   []string
		}{
			"without what left it out": {store.Look{Referral: "r-1"}, 6, 10, []string{"4 Read r-1", "0 Read r-1"}},
			"with it": {store.Look{Referral: "r-1", LeftOut: []string{"r-1"}}, 6, 10, []string{
				"4 Read r-1", "3 Viewed r-1 consent_withdrawn", "2 Viewed r-1 consent_none", "0 Read r-1",
			}},
			"a page":         {store.Look{Referral: "r-1", LeftOut: []string{"r-1"}}, 6, 2, []string{"4 Read r-1", "3 Viewed r-1 consent_withdrawn"}},
			"the page after": {store.Look{Referral: "r-1", LeftOut: []string{"r-1"}}, 3, 2, []string{"2 Viewed r-1 consent_none", "0 Read r-1"}},
			"of two of a person": {store.Look{Person: "p-1", LeftOut: []string{"r-1", "r-2"}}, 4, 10, []string{
				"3 Viewed r-1 consent_withdrawn", "2 Viewed r-2 consent_none", "2 Viewed r-1 consent_none", "0 Read r-1",
			}},
			"among others": {store.Look{Person: "p-3", Among: []string{"r-3"}, LeftOut: []string{"r-3"}}, 6, 10, []string{
				"5 Read r-3", "2 Viewed r-3 consent_refused",
			}},
		} {
			tc.look.By = auditor
			page, err := w.Trail(t.Context(), tc.look, tc.before, tc.limit)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range page {
				text := fmt.Sprint(e.Seq, " ", e.What, " ", e.Referral)
				if e.What == audit.Viewed {
					text += " " + strings.Join(e.Decision.Reasons, " ")
				}
				if got = append(got, text); e.LeftOut != nil {
					t.Errorf("%s: %+v names others", name, e)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s: %q, want %q", name, got, tc.want)
			}
		}
		w.whole(t, 12)
	})
}

func TestWhatLeavesAReferralOutIsNotHiddenUnseen(t *testing.T) {
	for name, statement := range map[string]string{
		"a referral does not find it":  `DELETE FROM audit_left_out WHERE referral_id = 'r-1'`,
		"another referral finds it":    `UPDATE audit_left_out SET referral_id = 'r-9' WHERE referral_id = 'r-1'`,
		"a referral more finds it":     `INSERT INTO audit_left_out (referral_id, seq) VALUES ('r-9', 1)`,
		"it is found in another place": `UPDATE audit_left_out SET seq = 0 WHERE referral_id = 'r-1'`,
	} {
		t.Run(name, func(t *testing.T) {
			inBoth(t, func(t *testing.T, w *world) {
				w.record(t, saw("haven", "p-1", "r-1"), looked(without("consent_none", "r-1", "r-2")))
				w.whole(t, 2)
				if _, err := w.unguarded(t).ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
				report := w.verify(t)
				if report.Whole() || !strings.Contains(report.Found[0].Says, "other referrals that it leaves out") {
					t.Errorf("found %+v", report.Found)
				}
			})
		})
	}
}

func TestWhatLeavesReferralsOutIsBoundedAndStays(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		ids := make([]string, audit.MostLeftOut+1)
		for i := range ids {
			ids[i] = fmt.Sprintf("r-%03d", i)
		}
		if err := w.Record(t.Context(), looked(without("consent_none", ids...))); err == nil {
			t.Error("more than one record may hold")
		}
		if err := w.Record(t.Context(), looked(without("no code, but words", "r-1"))); err == nil {
			t.Error("a reason in words")
		}
		w.record(t, looked(without("consent_none", ids[1:]...)), looked(without("consent_none", ids[:1]...)))
		for _, statement := range []string{`UPDATE audit_left_out SET seq = 0`, `DELETE FROM audit_left_out`} {
			if _, err := w.raw(t).ExecContext(t.Context(), statement); err == nil {
				t.Errorf("the database carries out %q", statement)
			}
		}
		w.whole(t, 2)
	})
}
