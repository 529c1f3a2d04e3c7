package casework_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"lifeline.scot/api/casework"
	. "lifeline.scot/api/casework/caseworktest" //nolint:revive // the names of those who take part read like a story
	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// What was carried out is answered again however things stand by then; the same under another key is judged as they stand.
func TestWhatWasDoneIsAnsweredAgainWhateverHappenedSince(t *testing.T) {
	ask := v1alpha1.PlacementSpec{Kind: v1alpha1.PoolResidentialRehab}
	for name, tc := range map[string]struct {
		// ready brings a referral to where the request can be carried out.
		ready func(*office, *casework.About)
		send  func(o *office, key string, about casework.About) (casework.Done, error)
		since func(*office, casework.About)
		// anew is what the same comes to under another key.
		anew refusal.Code
	}{
		"made, and the target was suspended": {
			send: func(o *office, key string, _ casework.About) (casework.Done, error) {
				return o.Desk.Submit(t.Context(), Referrer, key, Submission())
			},
			since: func(o *office, _ casework.About) { o.SuspendInDirectory("harbour") }, anew: casework.CodePartnerSuspended,
		},
		"sent on, and the new target was suspended": {
			send: func(o *office, key string, about casework.About) (casework.Done, error) {
				return o.Desk.Do(t.Context(), Referrer, key, about, referral.Redirect{Target: "beacon"}, "")
			},
			since: func(o *office, _ casework.About) { o.SuspendInDirectory("beacon") }, anew: casework.CodePartnerSuspended,
		},
		"accepted, and nobody knows the rules now": {
			ready: func(o *office, about *casework.About) { o.do(Provider, about, referral.Acknowledge{}, "") },
			send: func(o *office, key string, about casework.About) (casework.Done, error) {
				return o.Desk.Do(t.Context(), Provider, key, about, referral.Accept{}, "")
			},
			since: func(o *office, _ casework.About) { o.Rules.NotReady.Store(true) }, anew: "Unavailable",
		},
		"told anew, and it is withheld now": {
			send: func(o *office, key string, about casework.About) (casework.Done, error) {
				return o.Desk.Amend(t.Context(), asReferrer, key, about, record.Values{record.Goals: []byte(`"to sleep"`)}, "")
			},
			since: func(o *office, _ casework.About) { o.Rules.Suspend("haven") }, anew: refusal.Forbidden,
		},
		"a place was asked for, and the referral has ended": {
			ready: func(o *office, about *casework.About) {
				o.do(Provider, about, referral.Acknowledge{}, "")
				o.do(Provider, about, referral.Accept{}, "")
			},
			send: func(o *office, key string, about casework.About) (casework.Done, error) {
				return o.Desk.WaitForPlace(t.Context(), Provider, key, about, ask, "")
			},
			since: func(o *office, about casework.About) {
				about.Version++
				o.do(Referrer, &about, referral.Withdraw{Reason: referral.WithdrawChoice}, "")
			}, anew: refusal.StaleVersion,
		},
		"agreed to, and the partner is not asked any more": {
			ready: func(o *office, about *casework.About) {
				o.do(Provider, about, referral.Acknowledge{}, "")
				o.do(Provider, about, referral.Accept{}, "")
			},
			send: func(o *office, key string, about casework.About) (casework.Done, error) {
				return o.Desk.Consent(t.Context(), Provider, key, about.Referral, consent.Event{
					Decision: consent.Refuse, By: consent.Self, Purposes: []string{consent.All}, Recipients: []string{"beacon"},
				})
			},
			since: func(o *office, about casework.About) {
				o.do(Referrer, &about, referral.Redirect{Target: "beacon"}, "")
			}, anew: refusal.NotFound,
		},
		"an emergency was declared, and nobody needs one now": {
			send: func(o *office, key string, about casework.About) (casework.Done, error) {
				return o.Desk.BreakGlass(t.Context(), Asks(Provider, identity.Clinician, disclosure.DirectCare), key, about.Referral,
					casework.LifeAtRisk, "They were found and nobody answers.")
			},
			since: func(o *office, about casework.About) { o.do(Provider, &about, referral.Acknowledge{}, "") },
			anew:  casework.CodeNotNeeded,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			about := o.submit()
			if tc.ready != nil {
				tc.ready(o, &about)
			}
			first, err := tc.send(o, "the-same-key", about)
			if err != nil {
				t.Fatal(err)
			}
			tc.since(o, about)
			again, err := tc.send(o, "the-same-key", about)
			if err != nil || !again.Replayed || again.Referral != first.Referral || again.Version != first.Version {
				t.Errorf("sent again: %+v %v, first %+v", again, err, first)
			}
			_, err = tc.send(o, "another-key", about)
			switch got := codeOf(err); {
			case tc.anew == "Unavailable":
				if !errors.Is(err, casework.ErrUnavailable) {
					t.Errorf("anew: %v", err)
				}
			case got != tc.anew:
				t.Errorf("anew: %v, want %s", err, tc.anew)
			}
		})
	}
}

func TestNobodyElseIsAnsweredAgain(t *testing.T) {
	o := open(t)
	if _, err := o.Desk.Submit(t.Context(), Referrer, "the-same-key", Submission()); err != nil {
		t.Fatal(err)
	}
	done, err := o.Desk.Submit(t.Context(), Colleague, "the-same-key", Submission())
	if err != nil || done.Replayed {
		t.Errorf("a colleague's key is their own: %+v %v", done, err)
	}
	if _, err := o.Desk.Submit(t.Context(), Competitor, "the-same-key", Submission()); codeOf(err) != refusal.Forbidden {
		t.Errorf("%v", err)
	}
}

// changing does something between what is decided and what is changed because of it.
type changing struct {
	*store.Store
	do func()
}

func (c *changing) Change(ctx context.Context, r store.Step) (store.Result, error) {
	c.do()
	return c.Store.Change(ctx, r)
}

func TestWhoeverAcceptsKeepsNothingThatWasTakenBackMeanwhile(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.do(Provider, &about, referral.Acknowledge{}, "")
	takeBack := first(func() {
		if _, err := o.Store.Said(t.Context(), store.Statement{
			Once: store.Once{Scope: "tests", Key: "taken-back"}, By: disclosure.ActorOf(Referrer), Referral: about.Referral, Said: withdrawal(),
		}); err != nil {
			t.Fatal(err)
		}
	})
	o.Desk.Store = &changing{o.Store, takeBack}
	o.do(Provider, &about, referral.Accept{}, "")
	if got := o.shown(asProvider, about.Referral, record.FullName); got[0] == '{' {
		t.Errorf("harbour keeps %s", got)
	}
	if given := o.stateOf(about.Referral).Asked[0].Given; len(given) != 0 {
		t.Errorf("harbour was given %v", given)
	}
}

func TestNothingIsToldAnewByADecisionThatDoesNotHoldAnyMore(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.do(Provider, &about, referral.Accept{}, "")
	o.Desk.Store = &changing{o.Store, first(func() {
		if _, err := o.Desk.Consent(t.Context(), Referrer, "taken-back", about.Referral, withdrawal()); err != nil {
			t.Fatal(err)
		}
	})}
	patch := record.Values{record.Goals: []byte(`"to sleep"`)}
	if _, err := o.Desk.Amend(t.Context(), asProvider, o.key(), about, patch, ""); !errors.Is(err, casework.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if _, err := o.Desk.Amend(t.Context(), asProvider, o.key(), about, patch, ""); codeOf(err) != refusal.Forbidden {
		t.Errorf("tried again: %v", err)
	}
}

// harbour accepted it and lost it, beacon was asked and lost it without having accepted, the council has it now.
func TestWhoeverMayHoldWhatWasToldIsToldThatItWasTakenBack(t *testing.T) {
	o := open(t)
	about := o.submit()
	o.do(Provider, &about, referral.Acknowledge{}, "")
	o.do(Provider, &about, referral.Accept{}, "")
	o.do(Referrer, &about, referral.Redirect{Target: "beacon"}, "")
	o.do(Referrer, &about, referral.Redirect{Target: "council"}, "")
	if _, err := o.Desk.Consent(t.Context(), Referrer, "taken-back", about.Referral, withdrawal()); err != nil {
		t.Fatal(err)
	}
	told := func(kind referral.Kind, version, said int64) (all []string) {
		waiting, err := o.Store.Undelivered(t.Context(), 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range waiting {
			if d.Kind == kind {
				all = append(all, d.Partner)
				if d.Version != version || d.Said != said {
					t.Errorf("%+v", d)
				}
			}
		}
		return all
	}
	want := []string{"beacon", "council", "harbour"}
	if got := told(referral.KindSharing, about.Version, 2); !slices.Equal(got, want) {
		t.Errorf("told are %v, want %v", got, want)
	}
	again, err := o.Desk.Consent(t.Context(), Referrer, "taken-back", about.Referral, withdrawal())
	if got := told(referral.KindSharing, about.Version, 2); err != nil || !again.Replayed || !slices.Equal(got, want) {
		t.Errorf("sent again: %+v %v, told are %v", again, err, got)
	}
	o.do(Referrer, &about, referral.Withdraw{Reason: referral.WithdrawOther}, "")
	if got := told(referral.KindWithdraw, about.Version, 0); !slices.Equal(got, want) {
		t.Errorf("that it was withdrawn is told to %v, want %v", got, want)
	}
}
