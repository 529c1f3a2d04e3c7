package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// audited is what the audit log says of a referral that concerns deliveries.
func (w *world) audited(t *testing.T, id string) (all []string) {
	t.Helper()
	trail, err := w.Store.Trail(t.Context(), store.Look{By: audit.Actor{Subject: "u-auditor"}, Referral: id}, 0, store.LongestPage)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(trail)
	for _, e := range trail {
		switch {
		case e.What == audit.Sent:
			decided := ""
			if e.Decision != nil {
				decided = ", decided " + e.Decision.Effect
			}
			all = append(all, "Sent "+e.Detail+" to "+e.To+decided)
		case e.Detail == "sending" && e.Decision != nil:
			all = append(all, strings.Join([]string{string(e.What), e.Decision.Effect, "to", e.To}, " "))
		}
	}
	return all
}

func withdrawal() consent.Event {
	said := caseworktest.Grant("harbour")
	said.Decision, said.At, said.Categories = consent.Withdraw, caseworktest.Noon().Add(-time.Minute), nil
	return said
}

func (w *world) withdraw(t *testing.T, id string) {
	t.Helper()
	if _, err := w.Desk.Consent(t.Context(), caseworktest.Referrer, w.key(), id, withdrawal()); err != nil {
		t.Fatal(err)
	}
}

func TestAPartnerIsToldByReferenceAlone(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.refer(t)
		w.pass(t, 0)
		if len(w.sent) != 1 || w.deliveries(t) != "1 Delivered 1" {
			t.Fatalf("%v %s", w.sent, w.deliveries(t))
		}
		want := `{"specversion":"1.0","id":"` + idOf(made, "1-Submit", "harbour") + `","source":"https://lifeline.example.org",` +
			`"type":"scot.lifeline.referral.submitted","subject":"` + made.Referral + `","time":"2026-11-22T12:00:00Z",` +
			`"sequence":"0000000001.000000","datacontenttype":"application/json","data":{"payload":"Reference","partner":"harbour",` +
			`"referral":"` + made.Referral + `","version":1,"said":0}}`
		if got := w.sent[0]; got.Body != want || got.ID != idOf(made, "1-Submit", "harbour") || got.To != "https://harbour.example.org/events" {
			t.Errorf("%+v\nwant %s", got, want)
		}
		if !slices.Equal(w.asked, []string{"https://harbour.example.org/events from lifeline.example.org"}) {
			t.Errorf("asked %v", w.asked)
		}
		if got := w.audited(t, made.Referral); !slices.Equal(got, []string{"Sent Submit to harbour, decided allow"}) {
			t.Errorf("the audit log says %q", got)
		}
		w.refer(t)
		if w.pass(t, 0); len(w.sent) != 2 || len(w.asked) != 1 {
			t.Errorf("sent %d, asked %d times", len(w.sent), len(w.asked))
		}
	})
}

func TestAPartnerThatCannotCallBackIsSentWhatItMaySeeAndNoMore(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadMinimised)
		made := w.refer(t)
		w.pass(t, 0)
		if len(w.sent) != 1 {
			t.Fatal(w.deliveries(t))
		}
		body := w.sent[0].Body
		for _, has := range []string{`"payload":"Minimised"`, `"fullName":{`, "Sorcha Quillfeather", `"phone":`, `"dateOfBirth":"1990-05-04"`} {
			if !strings.Contains(body, has) {
				t.Errorf("it lacks %s: %s", has, body)
			}
		}
		for _, never := range []string{"benzodiazepines", "naloxone", "bbv", "goals", "herself"} {
			if strings.Contains(strings.ToLower(body), never) {
				t.Errorf("it has %s: %s", never, body)
			}
		}
		want := []string{"Decided allow to harbour", "Read allow to harbour", "Sent Submit to harbour"}
		if got := w.audited(t, made.Referral); !slices.Equal(got, want) {
			t.Errorf("the audit log says %q", got)
		}
	})
}

// What is consented to less between two attempts is sent less, under the same id.
func TestWhatIsSentIsDecidedAtEachAttempt(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadMinimised)
		w.answers = func(string, outbound.Message) outbound.Outcome { return failed() }
		made := w.refer(t)
		w.pass(t, 0)
		less := caseworktest.Agreement("haven", "harbour")
		less.Categories = []string{"admin", "contact"}
		w.Rules.Agree("haven-harbour", less)
		w.answers = func(string, outbound.Message) outbound.Outcome { return ok() }
		w.pass(t, time.Minute)
		if len(w.sent) != 2 || w.sent[0].ID != w.sent[1].ID {
			t.Fatalf("%d sent", len(w.sent))
		}
		if before, after := w.sent[0].Body, w.sent[1].Body; !strings.Contains(before, "Quillfeather") ||
			strings.Contains(after, "Quillfeather") || !strings.Contains(after, "01414960123") {
			t.Errorf("%s\n%s", before, after)
		}
		want := slices.Repeat([]string{"Decided allow to harbour", "Read allow to harbour", "Sent Submit to harbour"}, 2)
		if got := w.audited(t, made.Referral); !slices.Equal(got, want) {
			t.Errorf("the audit log says %q", got)
		}
	})
}

func TestAWithdrawalStopsWhatIsStillQueued(t *testing.T) {
	for name, mode := range map[string]v1alpha1.PayloadMode{"a reference": v1alpha1.PayloadReference, "fields": v1alpha1.PayloadMinimised} {
		t.Run(name, func(t *testing.T) {
			inBoth(t, func(t *testing.T, w *world) {
				w.endpoint("harbour", "https://harbour.example.org/events", mode)
				w.answers = func(string, outbound.Message) outbound.Outcome { return failed() }
				made := w.refer(t)
				w.pass(t, 0)
				w.withdraw(t, made.Referral)
				w.answers = func(string, outbound.Message) outbound.Outcome { return ok() }
				w.pass(t, 72*time.Hour)
				if len(w.sent) != 2 || w.deliveries(t) != "1 NotSent 1 not_allowed.consent_withdrawn, 1 Delivered 1" {
					t.Errorf("sent %d times: %s", len(w.sent), w.deliveries(t))
				}
				if told := w.sent[1]; !strings.Contains(told.Body, "sharing_changed") || strings.Contains(told.Body, "fields") {
					t.Errorf("harbour is told %s", told.Body)
				}
				if got := w.audited(t, made.Referral); !slices.Contains(got, "Decided deny to harbour") ||
					!slices.Contains(got, "Sent Sharing to harbour, decided deny") {
					t.Errorf("the audit log says %q", got)
				}
			})
		})
	}
}

// That the referral was withdrawn is told even to those who may see nothing of it any more: they are to stop using it.
func TestThatAReferralWasWithdrawnIsToldInAnyCase(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadMinimised)
		made := w.refer(t)
		w.pass(t, 0)
		w.withdraw(t, made.Referral)
		w.does(t, made, referral.Withdraw{Reason: referral.WithdrawOther})
		w.pass(t, 0)
		if len(w.sent) != 3 || !strings.Contains(w.sent[2].Body, "withdrawn") || strings.Contains(w.sent[2].Body, "fields") {
			t.Errorf("%v, %s", w.sent, w.deliveries(t))
		}
	})
}

// Whoever may hold what was told has to know when the person takes back what they agreed to, each time.
func TestThatSomebodySaidSomethingAboutSharingIsToldInAnyCase(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadMinimised)
		made := w.refer(t)
		w.pass(t, 0)
		w.withdraw(t, made.Referral)
		w.withdraw(t, made.Referral)
		w.pass(t, 0)
		if len(w.sent) != 3 {
			t.Fatalf("sent %d times: %s", len(w.sent), w.deliveries(t))
		}
		for i, told := range w.sent[1:] {
			if want := idOf(made, fmt.Sprintf("1-Sharing-%d", i+2), "harbour"); told.ID != want {
				t.Errorf("the event is %s, want %s", told.ID, want)
			}
			if want := fmt.Sprintf(`"sequence":"0000000001.00000%d"`, i+2); !strings.Contains(told.Body, want) ||
				!strings.Contains(told.Body, fmt.Sprintf(`"version":1,"said":%d`, i+2)) {
				t.Errorf("it has not %s: %s", want, told.Body)
			}
			if !strings.Contains(told.Body, `"type":"scot.lifeline.referral.sharing_changed"`) || strings.Contains(told.Body, "fields") {
				t.Errorf("it says %s", told.Body)
			}
		}
	})
}

func TestWhatFailsIsTriedForThreeDaysAndThenGivenUp(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.answers = func(string, outbound.Message) outbound.Outcome { return failed() }
		w.refer(t)
		w.pass(t, 100*time.Hour)
		if got := w.deliveries(t); got != "1 GivenUp 10 ServerError" {
			t.Error(got)
		}
		offsets := w.offsets()
		if len(offsets) != 10 || offsets[1] != 5*time.Second || offsets[2] != 5*time.Minute+5*time.Second || offsets[9] != 72*time.Hour {
			t.Errorf("tried at %v", offsets)
		}
		attempts, err := w.Store.Attempts(t.Context(), 1)
		if err != nil || len(attempts[1]) != 10 || attempts[1][9].Status != 500 || attempts[1][9].Number != 10 {
			t.Errorf("%v %v", attempts, err)
		}
	})
}

func TestAReplayTriesAgainFromTheBeginningOnce(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.answers = func(string, outbound.Message) outbound.Outcome { return failed() }
		w.refer(t)
		w.pass(t, 100*time.Hour)
		w.answers = func(string, outbound.Message) outbound.Outcome { return ok() }
		once := store.Once{Scope: "tests", Key: "a key of a replay"}
		for range 2 {
			if _, err := w.Store.Replay(t.Context(), once, 1); err != nil {
				t.Fatal(err)
			}
		}
		w.pass(t, 0)
		if got := w.deliveries(t); got != "1 Delivered 1" || len(w.sent) != 11 || w.sent[10].ID != w.sent[0].ID {
			t.Errorf("%s after %d", got, len(w.sent))
		}
		other := store.Once{Scope: "tests", Key: "another key of a replay"}
		if _, err := w.Store.Replay(t.Context(), other, 1); !errors.Is(err, store.ErrNotGivenUp) {
			t.Errorf("what was delivered: %v", err)
		}
	})
}

func TestAllOfAPartnerCanBeReplayed(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.answers = func(string, outbound.Message) outbound.Outcome { return gone() }
		for range 3 {
			w.refer(t)
		}
		w.pass(t, time.Hour)
		if got := w.deliveries(t); got != "1 GivenUp 1 UNSUBSCRIBED, 1 GivenUp 0 UNSUBSCRIBED, 1 GivenUp 0 UNSUBSCRIBED" {
			t.Fatal(got)
		}
		w.answers = func(string, outbound.Message) outbound.Outcome { return ok() }
		result, err := w.Store.ReplayAll(t.Context(), store.Once{Scope: "tests", Key: "a key of replays"}, "harbour")
		if err != nil || result.Version != 3 {
			t.Fatal(result, err)
		}
		dispatch := &delivery.Dispatch{Backlog: w.Store, Clock: w.Clock.Now}
		if err := dispatch.SweepFor(t.Context(), "harbour"); err != nil {
			t.Fatal(err)
		}
		if w.pass(t, time.Minute); w.deliveries(t) != "1 Delivered 1, 1 Delivered 1, 1 Delivered 1" {
			t.Error(w.deliveries(t))
		}
	})
}

func TestAnEndpointThatWantsNoMoreGetsNoMoreUntilItsAddressChanges(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.answers = func(string, outbound.Message) outbound.Outcome { return gone() }
		w.refer(t)
		w.pass(t, 0)
		w.answers = func(string, outbound.Message) outbound.Outcome { return ok() }
		w.refer(t)
		if w.pass(t, time.Hour); len(w.sent) != 1 || w.deliveries(t) != "1 GivenUp 1 UNSUBSCRIBED, 1 GivenUp 0 UNSUBSCRIBED" {
			t.Fatalf("%d: %s", len(w.sent), w.deliveries(t))
		}
		w.endpoint("harbour", "https://new.harbour.example.org/events", v1alpha1.PayloadReference)
		w.refer(t)
		if w.pass(t, 0); len(w.sent) != 2 || w.sent[1].To != "https://new.harbour.example.org/events" || len(w.asked) != 2 {
			t.Errorf("%v %v", w.sent, w.asked)
		}
	})
}

func TestNothingIsSentBeforeTheEndpointHasAgreed(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.agrees = func(string) error { return &outbound.HandshakeError{Reason: outbound.ReasonNotSigned, Outcome: ok()} }
		w.refer(t)
		if w.pass(t, time.Minute); len(w.sent) != 0 || w.deliveries(t) != "1 Waiting 2 AnswerNotSigned" {
			t.Errorf("%v %s", w.sent, w.deliveries(t))
		}
		w.agrees = func(string) error { return nil }
		if w.pass(t, time.Hour); len(w.sent) != 1 || w.deliveries(t) != "1 Delivered 3" {
			t.Errorf("%v %s", w.sent, w.deliveries(t))
		}
	})
}

// Whoever has not written what answers OPTIONS is told that, and not that the endpoint did not take the event: there was none.
func TestAnEndpointThatKnowsNoHandshakeIsToldWhatItIsAbout(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.agrees = func(string) error {
			return &outbound.HandshakeError{Reason: outbound.ReasonNotAsked, Outcome: outbound.Outcome{
				Kind: outbound.Failed, Code: outbound.CodeClientError, Status: 405,
			}}
		}
		w.refer(t)
		if w.pass(t, time.Second); len(w.sent) != 0 || w.deliveries(t) != "1 Waiting 1 HandshakeNotAnswered" {
			t.Errorf("%v %s", w.sent, w.deliveries(t))
		}
		words := delivery.ReasonInWords("HandshakeNotAnswered")
		if !strings.Contains(words, "OPTIONS") || !strings.Contains(words, "WebHook-Allowed-Origin") {
			t.Errorf("it says %q", words)
		}
	})
}

func TestTheOrderOfAReferralIsKeptWhileOthersGoOn(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.refer(t)
		w.answers = func(_ string, m outbound.Message) outbound.Outcome {
			if strings.HasPrefix(m.ID, made.Referral+"-1-") && w.Clock.Now().Before(caseworktest.Noon().Add(time.Minute)) {
				return failed()
			}
			return ok()
		}
		w.writes(t, w.writes(t, made))
		other := w.refer(t)
		w.pass(t, 4*time.Second)
		if len(w.sent) != 2 || !strings.HasPrefix(w.sent[1].ID, other.Referral) {
			t.Fatalf("%v", w.sent)
		}
		w.pass(t, time.Hour)
		if got := w.told(t); !slices.Equal(got, []int64{1, 1, 1, 1, 2, 3}) {
			t.Errorf("told of versions %v: %s", got, w.deliveries(t))
		}
	})
}

// What comes after an event that was given up is told, and the old one, asked for again, can be told from it by its version.
func TestALateOldEventIsRecognisable(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.refer(t)
		w.answers = func(_ string, m outbound.Message) outbound.Outcome {
			if strings.Contains(m.ID, "-1-") {
				return failed()
			}
			return ok()
		}
		w.writes(t, made)
		if w.pass(t, 73*time.Hour); w.deliveries(t) != "1 GivenUp 10 ServerError, 2 Delivered 1" {
			t.Fatal(w.deliveries(t))
		}
		w.answers = func(string, outbound.Message) outbound.Outcome { return ok() }
		if _, err := w.Store.Replay(t.Context(), store.Once{Scope: "tests", Key: "a key of a replay"}, 1); err != nil {
			t.Fatal(err)
		}
		w.pass(t, 0)
		if got := w.told(t); !slices.Contains(got, 2) || got[len(got)-1] != 1 {
			t.Errorf("%v", got)
		}
	})
}

func TestAPartnerThatIsSuspendedMidwayGetsNothing(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.answers = func(string, outbound.Message) outbound.Outcome { return failed() }
		w.refer(t)
		w.pass(t, 0)
		suspend := func(to v1alpha1.Participation) {
			w.Partner("harbour", func(p *v1alpha1.Partner) { p.Spec.Participation = to })
		}
		suspend(v1alpha1.ParticipationSuspended)
		w.answers = func(string, outbound.Message) outbound.Outcome { return ok() }
		if w.pass(t, 10*time.Hour); len(w.sent) != 1 || w.deliveries(t) != "1 Waiting 1 PARTNER_SUSPENDED" {
			t.Fatalf("%v %s", w.sent, w.deliveries(t))
		}
		suspend(v1alpha1.ParticipationActive)
		if w.pass(t, time.Hour); w.deliveries(t) != "1 Delivered 2" {
			t.Error(w.deliveries(t))
		}
		suspend(v1alpha1.ParticipationSuspended)
		w.refer2(t)
		if w.pass(t, 80*time.Hour); w.deliveries(t) != "1 Delivered 2, 1 GivenUp 0 PARTNER_SUSPENDED" {
			t.Error(w.deliveries(t))
		}
	})
}

// A partner, or its endpoint, may be away only while it is replaced: what was queued for it is there when it is back.
func TestWhatIsQueuedForAPartnerThatIsTakenAwayWaitsForIt(t *testing.T) {
	takeAway := map[string]func(w *world){
		"PARTNER_UNKNOWN": func(w *world) { w.Partner("harbour", nil) },
		"NO_ENDPOINT":     func(w *world) { w.Partner("harbour", func(p *v1alpha1.Partner) { p.Spec.Delivery = nil }) },
	}
	for reason, away := range takeAway {
		t.Run(reason, func(t *testing.T) {
			inBoth(t, func(t *testing.T, w *world) {
				back := func() { w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadReference) }
				w.refer(t)
				away(w)
				if w.pass(t, time.Hour); len(w.sent) != 0 || w.deliveries(t) != "1 Waiting 0 "+reason {
					t.Fatal(w.deliveries(t))
				}
				back()
				if w.pass(t, 6*time.Minute); w.deliveries(t) != "1 Delivered 1" {
					t.Fatal(w.deliveries(t))
				}
				w.refer(t)
				away(w)
				if w.pass(t, 80*time.Hour); w.deliveries(t) != "1 Delivered 1, 1 GivenUp 0 "+reason {
					t.Fatal(w.deliveries(t))
				}
				back()
				if _, err := w.Store.Replay(t.Context(), store.Once{Scope: "tests", Key: "a key of a replay"}, 2); err != nil {
					t.Fatal(err)
				}
				if w.pass(t, 0); w.deliveries(t) != "1 Delivered 1, 1 Delivered 1" {
					t.Error(w.deliveries(t))
				}
			})
		})
	}
}

// Who takes no events when something happens is told by its worklist alone.
func TestWhatHappensWhileAPartnerTakesNoEventsIsNotQueued(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.Partner("harbour", func(p *v1alpha1.Partner) { p.Spec.Delivery = nil })
		w.refer(t)
		w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadReference)
		if w.pass(t, time.Hour); len(w.sent) != 0 || w.deliveries(t) != "1 NotSent 0 NO_ENDPOINT" {
			t.Error(w.deliveries(t))
		}
	})
}

// harbour was asked and sent who the person is, and never accepted: the referral is with another now. It still has to know.
func TestWhoWasAskedAndNeverAcceptedIsToldOfAnEnd(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadMinimised)
		made := w.refer(t)
		w.pass(t, 0)
		made = w.does(t, made, referral.Redirect{Target: "beacon"})
		w.pass(t, 0)
		before := len(w.sent)
		w.withdraw(t, made.Referral)
		w.does(t, made, referral.Withdraw{Reason: referral.WithdrawOther})
		w.pass(t, 0)
		told := w.sent[before:]
		if len(told) != 2 || !strings.Contains(told[0].Body, "sharing_changed") || !strings.Contains(told[1].Body, "withdrawn") ||
			strings.Contains(told[0].Body+told[1].Body, "fields") {
			t.Errorf("harbour is told %v: %s", told, w.deliveries(t))
		}
	})
}

// Whoever is down has few attempts spent on it while its breaker is open, and what waits is not counted as tried.
func TestAPartnerThatIsDownIsAskedRarely(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.answers = func(string, outbound.Message) outbound.Outcome { return failed() }
		for range 20 {
			w.refer(t)
		}
		w.pass(t, 10*time.Minute)
		// Five failures close it; it is probed after 30 s, 1 min, 2 min and 4 min.
		if len(w.sent) != 5+4 {
			t.Errorf("sent %d times at %v", len(w.sent), w.offsets())
		}
		w.answers = func(string, outbound.Message) outbound.Outcome { return ok() }
		w.pass(t, 3*time.Hour)
		if got := strings.Count(w.deliveries(t), "Delivered"); got != 20 {
			t.Errorf("%d delivered: %s", got, w.deliveries(t))
		}
	})
}

func TestAnEndpointIsLeftAloneForAsLongAsItAsks(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.answers = func(string, outbound.Message) outbound.Outcome { return busy(2 * time.Hour) }
		w.refer(t)
		w.pass(t, 119*time.Minute)
		if len(w.sent) != 1 {
			t.Errorf("sent at %v", w.offsets())
		}
		if w.pass(t, 2*time.Minute); len(w.sent) != 2 {
			t.Errorf("sent at %v", w.offsets())
		}
	})
}

func TestWithoutASecretNothingIsSent(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.courier.Secrets = noSecrets{}
		w.refer(t)
		if w.pass(t, time.Hour); len(w.sent)+len(w.asked) != 0 || w.deliveries(t) != "1 Waiting 0 SECRET_NOT_READ" {
			t.Errorf("%v %s", w.sent, w.deliveries(t))
		}
		w.courier.Secrets = w
		if w.pass(t, time.Hour); w.deliveries(t) != "1 Delivered 1" {
			t.Error(w.deliveries(t))
		}
	})
}

type noSecrets struct{}

func (noSecrets) Of(context.Context, v1alpha1.SecretKeyReference) ([]signature.Secret, error) {
	return nil, errors.New("not found")
}

func TestWhileNobodyKnowsTheRulesNothingIsSent(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.refer(t)
		w.Rules.InDoubt.Store(true)
		if w.pass(t, time.Hour); len(w.sent) != 0 || w.deliveries(t) != "1 Waiting 0" {
			t.Errorf("%v %s", w.sent, w.deliveries(t))
		}
		w.Rules.InDoubt.Store(false)
		if w.pass(t, time.Minute); len(w.sent) != 1 {
			t.Error(w.deliveries(t))
		}
	})
}

// The endpoint takes its time to agree, and meanwhile the person takes back what they had agreed to.
func TestAWithdrawalWhileTheEndpointAgreesIsHeeded(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadMinimised)
		made := w.refer(t)
		w.agrees = func(string) error { w.withdraw(t, made.Referral); return nil }
		w.pass(t, time.Minute)
		if len(w.sent) != 1 || !strings.Contains(w.sent[0].Body, "sharing_changed") || strings.Contains(w.sent[0].Body, "fields") {
			t.Errorf("sent %v", w.sent)
		}
		if got := w.deliveries(t); got != "1 NotSent 0 not_allowed.consent_withdrawn, 1 Delivered 1" {
			t.Error(got)
		}
	})
}

// fails has something happen when an endpoint is tried for the first time, which does not go well; after that it takes everything.
func (w *world) fails(first func(m outbound.Message)) {
	asked := 0
	w.answers = func(_ string, m outbound.Message) outbound.Outcome {
		if asked++; asked > 1 {
			return ok()
		}
		first(m)
		return outbound.Outcome{Kind: outbound.Failed, Code: outbound.CodeNoLonger}
	}
}

// An endpoint fails, and before it is tried once more the person takes back what they had agreed to, or less of it may be seen.
func TestWhatChangesBetweenTwoTriesIsHeeded(t *testing.T) {
	for name, tc := range map[string]struct {
		happens func(t *testing.T, w *world, id string)
		still   bool
		last    string
	}{
		"nothing":              {func(*testing.T, *world, string) {}, true, "Quillfeather"},
		"the person withdraws": {func(t *testing.T, w *world, id string) { t.Helper(); w.withdraw(t, id) }, false, "sharing_changed"},
		"less is agreed to be seen": {func(_ *testing.T, w *world, _ string) {
			less := caseworktest.Agreement("haven", "harbour")
			less.Categories = []string{"admin", "contact"}
			w.Rules.Agree("haven-harbour", less)
		}, false, "01414960123"},
		"nobody knows the rules": {func(_ *testing.T, w *world, _ string) { w.Rules.InDoubt.Store(true) }, false, "Quillfeather"},
	} {
		t.Run(name, func(t *testing.T) {
			inBoth(t, func(t *testing.T, w *world) {
				w.endpoint("harbour", "https://harbour.example.org/events", v1alpha1.PayloadMinimised)
				made := w.refer(t)
				w.fails(func(m outbound.Message) {
					tc.happens(t, w, made.Referral)
					if still := m.Still(t.Context()); still != tc.still {
						t.Errorf("it may still be sent: %v", still)
					}
				})
				w.pass(t, time.Second)
				if body := w.sent[len(w.sent)-1].Body; !strings.Contains(body, tc.last) {
					t.Errorf("what was sent last is %s", body)
				}
			})
		})
	}
}

// A partner does not take one event, and another that came after it tells that the person has taken back what they agreed to.
func TestWhatTellsOfAnEndWaitsForNothing(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.refer(t)
		w.answers = func(_ string, m outbound.Message) outbound.Outcome {
			if strings.Contains(m.ID, "-1-Submit") {
				return failed()
			}
			return ok()
		}
		w.pass(t, time.Hour) // the next attempt is in more than an hour
		tried := len(w.sent)
		w.withdraw(t, made.Referral)
		w.does(t, made, referral.Withdraw{Reason: referral.WithdrawOther})
		w.pass(t, 0)
		if len(w.sent) != tried+2 || !strings.Contains(w.sent[tried].Body, "sharing_changed") ||
			!strings.Contains(w.sent[tried+1].Body, "withdrawn") {
			t.Errorf("sent %v", w.sent[tried:])
		}
		if got := w.deliveries(t); got != "1 NotSent 4 not_allowed.consent_withdrawn, 1 Delivered 1, 2 Delivered 1" {
			t.Error(got) // and what was queued is decided on with it
		}
	})
}

// What tells of an end goes round a failure of its own kind as well.
func TestWhatTellsOfAnEndWaitsForNoOtherEnd(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.refer(t)
		w.pass(t, 0)
		w.answers = func(_ string, m outbound.Message) outbound.Outcome {
			if strings.Contains(m.ID, "-Sharing-") {
				return failed()
			}
			return ok()
		}
		w.withdraw(t, made.Referral)
		w.does(t, made, referral.Withdraw{Reason: referral.WithdrawOther})
		w.pass(t, 0)
		if got := w.deliveries(t); !strings.HasSuffix(got, "2 Delivered 1") {
			t.Error(got)
		}
	})
}

// One event that a partner does not take keeps what is later from it for minutes, not for days.
func TestAnEventThatIsNotTakenHoldsUpOthersForMinutes(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.refer(t)
		w.answers = func(_ string, m outbound.Message) outbound.Outcome {
			if strings.Contains(m.ID, "-1-") {
				return failed()
			}
			return ok()
		}
		w.writes(t, w.writes(t, made))
		if w.pass(t, 5*time.Minute); w.deliveries(t) != "1 Waiting 2 ServerError, 2 Waiting 0, 3 Waiting 0" {
			t.Error(w.deliveries(t))
		}
		if w.pass(t, time.Minute); w.deliveries(t) != "1 Waiting 3 ServerError, 2 Delivered 1, 3 Delivered 1" {
			t.Error(w.deliveries(t))
		}
		if got := w.told(t); !slices.Equal(got, []int64{1, 1, 1, 2, 3}) {
			t.Errorf("told of versions %v", got)
		}
	})
}

// Whoever looks at who saw what reads that it was sent, and that it was not.
func TestWhatWasSentIsSaidToThoseWhoLookAfterData(t *testing.T) {
	w := newWorld(t, "")
	made := w.refer(t)
	w.pass(t, 0)
	w.withdraw(t, made.Referral)
	w.writes(t, made)
	w.pass(t, 0)
	page, err := w.Desk.WhoSawWhat(t.Context(), caseworktest.Asks(caseworktest.DataLead, "", disclosure.DirectCare), made.Referral, false, "", 20)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, seen := range page.Entries {
		said = append(said, seen.Sentence)
	}
	for _, want := range []string{
		"An event was sent to Harbour House; it names the referral alone.",
		"An event was not sent to Harbour House, because the person took back what they had agreed to.",
	} {
		if !slices.Contains(said, want) {
			t.Errorf("%q is not among %q", want, said)
		}
	}
}
