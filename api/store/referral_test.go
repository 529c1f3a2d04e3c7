package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
)

func TestAReferralIsReadBackAsItWasMade(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		state := w.state(t, id)
		if state.Status != referral.Submitted || state.Origin != "haven" || state.Target != "harbour" || state.Version != 1 ||
			!state.SubmittedAt.Equal(noon.Truncate(time.Microsecond)) || state.SubmittedAt.Location() != time.UTC {
			t.Errorf("%+v", state)
		}
		values, err := w.Values(t.Context(), id, record.Fields()...)
		if err != nil || !slices.Equal(values.Fields(), []record.Field{"full_name", "goals", "phone", "referral_reason"}) {
			t.Fatal(values, err)
		}
		told, err := referral.ToldOf(values)
		if err != nil || told.Person.Name.Used() != "Xylophone" || told.Details.Goals != "to sleep" {
			t.Error(err)
		}
		if some, err := w.Values(t.Context(), id, record.Goals, record.CHI); err != nil || len(some) != 1 {
			t.Error(some, err)
		}
		page, err := w.History(t.Context(), id, 0, 10, true)
		if err != nil || len(page.Events) != 1 || page.Events[0].Words != "Xylophone wrote this" || page.More {
			t.Errorf("%v %v", page.Events, err)
		}
		if page, err = w.History(t.Context(), id, 0, 10, false); err != nil || page.Events[0].Words != "" {
			t.Error("words that nobody asked for", err)
		}
	})
}

// What lists show follows from the history, whatever happens.
func TestWhatListsShowIsWhatTheHistorySays(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t, func(s *store.Submission) { s.Submit.Route = referral.Funded })
		for i, st := range []struct {
			by referral.Actor
			c  referral.Change
		}{
			{harbour, referral.Acknowledge{}},
			{haven, referral.SettleStage{Stage: referral.StageContact, Outcome: referral.StageDone}},
			{moray, referral.Escalate{Reason: referral.EscalateNoAnswer}},
			{harbour, referral.CannotOffer{Reason: referral.CannotOfferNoPlace, Possible: referral.PossibleLater}},
			{haven, referral.Redirect{Target: "beacon"}},
			{moray, referral.SetUrgency{Urgency: referral.Urgent}},
			{haven, referral.Withdraw{Reason: referral.WithdrawOtherSupport}},
		} {
			w.clock.SetTime(noon.Add(time.Duration(i) * time.Hour))
			w.do(t, id, int64(i+1), st.by, st.c, "")
			s := w.state(t, id)
			want := store.Summary{
				ID: id, Person: s.Person, Version: s.Version, Status: s.Status, Stage: s.Stage(), Urgency: s.Urgency, Partnership: s.Partnership,
				Origin: s.Origin, Target: s.Target, Escalated: s.Escalation != nil, SubmittedAt: s.SubmittedAt, ChangedAt: s.ChangedAt,
			}
			page, err := w.List(t.Context(), store.Filter{Person: s.Person}, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]store.Summary{want}, page.Referrals); d != "" {
				t.Errorf("after %s: %s", st.c.Kind(), d)
			}
		}
	})
}

func TestAStaleVersionIsRefusedWithBoth(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		w.do(t, id, 1, harbour, referral.Acknowledge{}, "")
		for _, read := range []int64{0, 1, 3} {
			_, err := w.Change(t.Context(), w.step(id, read, harbour, referral.Accept{}, ""))
			var stale *referral.Stale
			if !errors.As(err, &stale) || *stale != (referral.Stale{Read: read, Now: 2}) {
				t.Errorf("read %d: %v", read, err)
			}
		}
		if _, err := w.Change(t.Context(), w.step(id, 2, haven, referral.Accept{}, "")); codeOf(err) != referral.CodeNotYours {
			t.Error(err)
		}
		if _, err := w.Change(t.Context(), w.step("r-nobody00", 1, haven, referral.Accept{}, "")); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
		if s := w.state(t, id); s.Version != 2 {
			t.Errorf("version %d", s.Version)
		}
	})
}

// Writers on two replicas have all read the same version: one of them writes.
func TestOfThoseWhoReadTheSameOneWrites(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		replicas := []*world{w, w.again(t)}
		const writers, rounds = 8, 5
		for round := range rounds {
			read := w.state(t, id).Version
			var wg sync.WaitGroup
			var mu sync.Mutex
			won, lost := 0, 0
			for i := range writers {
				st := w.step(id, read, haven, referral.Message{}, "hello")
				wg.Go(func() {
					_, err := replicas[i%len(replicas)].Change(t.Context(), st)
					var stale *referral.Stale
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						won++
					case errors.As(err, &stale) && stale.Read == read && stale.Now == read+1:
						lost++
					default:
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won != 1 || lost != writers-1 {
				t.Fatalf("round %d: %d won, %d were told that it is stale", round, won, lost)
			}
		}
		if s := w.state(t, id); s.Version != 1+rounds {
			t.Errorf("version %d", s.Version)
		}
	})
}

func TestARequestThatIsSentAgainIsAnsweredAgain(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.submission()
		first, err := w.Submit(t.Context(), made)
		if err != nil || first.Replayed {
			t.Fatal(first, err)
		}
		w.clock.SetTime(noon.Add(time.Hour))
		again, err := w.Submit(t.Context(), made)
		if err != nil || !again.Replayed || again.Referral != first.Referral || again.Version != 1 {
			t.Errorf("%+v %v", again, err)
		}
		other := made
		other.Told.Details.Goals = "to eat"
		if _, err := w.Submit(t.Context(), other); !errors.Is(err, store.ErrKeyReused) {
			t.Errorf("other input: %v", err)
		}
		other = made
		other.Once.Scope = "somebody else"
		if result, err := w.Submit(t.Context(), other); err != nil || result.Replayed {
			t.Errorf("somebody else's key: %+v %v", result, err)
		}
		st := w.step(first.Referral, 1, harbour, referral.Acknowledge{}, "")
		if _, err := w.Change(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		if again, err := w.Change(t.Context(), st); err != nil || !again.Replayed || again.Version != 2 {
			t.Errorf("a replay is not stale: %+v %v", again, err)
		}
		st.Change = referral.Escalate{Reason: referral.EscalateRisk}
		if _, err := w.Change(t.Context(), st); !errors.Is(err, store.ErrKeyReused) {
			t.Errorf("another change: %v", err)
		}
		if s := w.state(t, first.Referral); s.Version != 2 {
			t.Errorf("version %d", s.Version)
		}
		for _, key := range []string{"", "short", strings.Repeat("k", 201)} {
			st.Once.Key = key
			var wrong *store.InvalidError
			if _, err := w.Change(t.Context(), st); !errors.As(err, &wrong) {
				t.Errorf("a key of %d characters: %v", len(key), err)
			}
		}
	})
}

func TestOldRequestsAreForgotten(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.submission()
		if _, err := w.Submit(t.Context(), made); err != nil {
			t.Fatal(err)
		}
		w.clock.SetTime(noon.Add(time.Hour))
		w.submit(t)
		if n, err := w.ForgetRequests(t.Context(), noon.Add(time.Minute)); err != nil || n != 1 {
			t.Errorf("%d %v", n, err)
		}
		if again, err := w.Submit(t.Context(), made); err != nil || again.Replayed {
			t.Errorf("%+v %v", again, err)
		}
	})
}

// A key counts through a rotation of the index that hides what was asked for.
func TestARequestIsKnownAgainWhileKeysRotate(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.submission()
		if _, err := w.Submit(t.Context(), made); err != nil {
			t.Fatal(err)
		}
		if err := w.index.Rotate(); err != nil {
			t.Fatal(err)
		}
		if again, err := w.Submit(t.Context(), made); err != nil || !again.Replayed {
			t.Errorf("%+v %v", again, err)
		}
	})
}

// When the key is gone that hid what was asked for, what was carried out is still not carried out twice.
func TestARequestIsKnownAgainWhenItsKeyIsGone(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.submission()
		first, err := w.Submit(t.Context(), made)
		if err != nil {
			t.Fatal(err)
		}
		run(t, w.raw(t), `UPDATE requests SET input_key = 7`) // a key that the index has not
		if again, err := w.Submit(t.Context(), made); err != nil || !again.Replayed || again.Referral != first.Referral {
			t.Errorf("%+v %v", again, err)
		}
	})
}

func TestTheSameSentAtOnceIsCarriedOutOnce(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		made := w.submission(withCHI(chi(t, "1904851231")))
		replicas := []*world{w, w.again(t)}
		st := w.step(w.submit(t), 1, harbour, referral.Acknowledge{}, "")
		var wg sync.WaitGroup
		var mu sync.Mutex
		made1, changed, ids := 0, 0, map[string]bool{}
		for i := range 8 {
			wg.Go(func() {
				result, err := replicas[i%2].Submit(t.Context(), made)
				step, failed := replicas[i%2].Change(t.Context(), st)
				mu.Lock()
				defer mu.Unlock()
				if err != nil || failed != nil {
					t.Error(err, failed)
				}
				ids[result.Referral] = true
				made1 += fresh(result)
				changed += fresh(step)
			})
		}
		wg.Wait()
		if len(ids) != 1 || made1 != 1 || changed != 1 {
			t.Errorf("%d referrals, made %d times; changed %d times", len(ids), made1, changed)
		}
		page, err := w.List(t.Context(), store.Filter{Partnership: "moray"}, "", 100)
		if err != nil || len(page.Referrals) != 2 {
			t.Errorf("%d referrals: %v", len(page.Referrals), err)
		}
	})
}

func fresh(r store.Result) int {
	if r.Replayed {
		return 0
	}
	return 1
}

func TestAmendments(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		told := w.submission().Told
		told.Person.Phone = "0141 496 0123"
		told.Details.Goals = ""
		st := w.step(id, 1, haven, referral.Amend{}, "a new number")
		st.Told = &told
		if _, err := w.Change(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		if again, err := w.Change(t.Context(), st); err != nil || !again.Replayed {
			t.Error(again, err)
		}
		values, err := w.Values(t.Context(), id, record.Fields()...)
		if err != nil || string(values[record.Phone]) != `"01414960123"` || values[record.Goals] != nil || len(values) != 3 {
			t.Errorf("%v %v", values, err)
		}
		page, err := w.History(t.Context(), id, 1, 10, true)
		if err != nil || !cmp.Equal(page.Events[0].Change, referral.Amend{Fields: []string{"goals", "phone"}}) {
			t.Errorf("%v %v", page.Events, err)
		}
		for name, tc := range map[string]struct {
			read   int64
			by     referral.Actor
			change func(*referral.Told)
			check  func(error) bool
		}{
			"what has changed meanwhile": {1, haven, func(x *referral.Told) { x.Person.Phone = "" }, func(err error) bool {
				var stale *referral.Stale
				return errors.As(err, &stale)
			}},
			"nothing": {2, haven, func(*referral.Told) {}, func(err error) bool { return codeOf(err) == referral.CodeInvalid }},
			"before it was accepted": {2, harbour, func(x *referral.Told) { x.Person.Phone = "" }, func(err error) bool {
				return codeOf(err) == referral.CodeNotYours
			}},
			"what cannot be": {2, haven, func(x *referral.Told) { x.Person.Phone = "ask" }, func(err error) bool {
				var wrong record.Invalid
				return errors.As(err, &wrong)
			}},
		} {
			other := told
			tc.change(&other)
			st := w.step(id, tc.read, tc.by, referral.Amend{}, "")
			st.Told = &other
			if _, err := w.Change(t.Context(), st); !tc.check(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		var wrong *store.InvalidError
		if _, err := w.Change(t.Context(), w.step(id, 2, haven, referral.Amend{Fields: []string{"phone"}}, "")); !errors.As(err, &wrong) {
			t.Errorf("without what is told: %v", err)
		}
		if s := w.state(t, id); s.Version != 2 {
			t.Errorf("version %d", s.Version)
		}
	})
}

// Aftercare is a referral of its own, of the same person, and each points at the other: both are there or neither is.
func TestAftercareAndOnwardReferrals(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		w.do(t, id, 1, harbour, referral.Acknowledge{}, "")
		w.do(t, id, 2, harbour, referral.Accept{}, "")
		after := func(kind referral.LinkKind, read int64) store.Submission {
			return w.submission(func(s *store.Submission) {
				s.By, s.Submit.Target, s.FromVersion = harbour, "beacon", read
				s.Submit.From = &referral.Link{Kind: kind, Referral: id}
			})
		}
		if _, err := w.Submit(t.Context(), after(referral.Aftercare, 3)); codeOf(err) != referral.CodeWrongStatus {
			t.Errorf("aftercare before care: %v", err)
		}
		var stale *referral.Stale
		if _, err := w.Submit(t.Context(), after(referral.Onward, 2)); !errors.As(err, &stale) {
			t.Errorf("onward from an earlier version: %v", err)
		}
		w.do(t, id, 3, harbour, referral.StartSupport{}, "")
		w.do(t, id, 4, harbour, referral.Complete{Outcome: referral.OutcomeAsPlanned}, "")
		made, err := w.Submit(t.Context(), after(referral.Aftercare, 5))
		if err != nil {
			t.Fatal(err)
		}
		before, next := w.state(t, id), w.state(t, made.Referral)
		if next.Person != before.Person || next.From == nil || next.From.Referral != id || next.Origin != "harbour" ||
			!cmp.Equal(before.Links, []referral.Link{{Kind: referral.Aftercare, Referral: made.Referral}}) {
			t.Errorf("%+v %+v", before.Links, next)
		}
		page, err := w.List(t.Context(), store.Filter{Person: before.Person}, "", 10)
		if err != nil || len(page.Referrals) != 2 {
			t.Errorf("what was turned down left something: %d %v", len(page.Referrals), err)
		}
	})
}

func TestWhatPeopleSaidAboutSharing(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		grant := consent.Event{
			Decision: consent.Grant, By: consent.Self, At: noon.Add(-time.Hour), Purposes: []string{"direct_care"}, Recipients: []string{"harbour"},
			Categories: []record.Category{record.Need, record.Identity},
		}
		id := w.submit(t, func(s *store.Submission) { s.Consents = []consent.Event{grant} })
		withdrawal := consent.Event{
			Decision: consent.Withdraw, By: consent.Self, At: noon, Purposes: []string{consent.All}, Recipients: []string{consent.All},
		}
		once := w.once()
		say := store.Statement{Once: once, By: haven, Referral: id, Said: withdrawal}
		result, err := w.Said(t.Context(), say)
		if err != nil || result.Version != 2 {
			t.Fatal(result, err)
		}
		if again, err := w.Said(t.Context(), say); err != nil || !again.Replayed || again.Version != 2 {
			t.Error(again, err)
		}
		all, err := w.Consents(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]consent.Event{grant.Normal(), withdrawal.Normal()}, all); d != "" {
			t.Error(d)
		}
		grant.Purposes = []string{consent.All}
		var refused *consent.Refused
		say.Once, say.Said = w.once(), grant
		if _, err := w.Said(t.Context(), say); !errors.As(err, &refused) {
			t.Error(err)
		}
		say = store.Statement{Once: w.once(), By: haven, Referral: "r-nobody00", Said: withdrawal}
		if _, err := w.Said(t.Context(), say); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestPeopleAreFoundByTheirCHINumber(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		number, other := chi(t, "1904851231"), chi(t, "2902201230")
		first := w.state(t, w.submit(t, withCHI(number)))
		second := w.state(t, w.submit(t, withCHI(number)))
		unnamed := w.state(t, w.submit(t))
		if first.Person != second.Person || unnamed.Person == first.Person {
			t.Errorf("%s %s %s", first.Person, second.Person, unnamed.Person)
		}
		finds := func(c person.CHI, want string) {
			t.Helper()
			found, err := w.PersonByCHI(t.Context(), c)
			if found != want || (want == "") != errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q %v, want %q", found, err, want)
			}
		}
		finds(number, first.Person)
		finds(other, "")
		// A number that was wrong is put right, in one referral and then in the other.
		for i, s := range []referral.State{first, second} {
			told := w.submission(withCHI(other)).Told
			st := w.step(s.ID, 1, haven, referral.Amend{}, "")
			st.Told = &told
			if _, err := w.Change(t.Context(), st); err != nil {
				t.Fatal(err)
			}
			finds(other, first.Person)
			finds(number, []string{first.Person, ""}[i])
		}
	})
}

func TestSomebodyReferredFromTwoSidesAtOnceIsOnePerson(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		replicas := []*world{w, w.again(t)}
		var wg sync.WaitGroup
		for i := range 6 {
			s := w.submission(withCHI(chi(t, "1904851231")))
			wg.Go(func() {
				if _, err := replicas[i%2].Submit(t.Context(), s); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		page, err := w.List(t.Context(), store.Filter{Partner: "haven"}, "", 100)
		people := map[string]bool{}
		for _, r := range page.Referrals {
			people[r.Person] = true
		}
		if err != nil || len(page.Referrals) != 6 || len(people) != 1 {
			t.Errorf("%d referrals of %d people: %v", len(page.Referrals), len(people), err)
		}
	})
}

func TestPages(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		var ids []string
		for i := range 7 {
			w.clock.SetTime(noon.Add(time.Duration(i/3) * time.Microsecond)) // several at one instant
			ids = append(ids, w.submit(t))
		}
		w.submit(t, func(s *store.Submission) {
			s.By.Partner, s.Submit.Target, s.Submit.Partnership = "beacon", "quay", "fife"
		})
		var got []string
		var next store.Cursor
		for pages := 1; ; pages++ {
			page, err := w.List(t.Context(), store.Filter{Partner: "harbour", Statuses: []referral.Status{referral.Submitted, referral.Accepted}}, next, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Referrals {
				got = append(got, r.ID)
			}
			if next = page.Next; next == "" {
				if pages != 4 {
					t.Errorf("%d pages", pages)
				}
				break
			}
		}
		slices.Sort(ids[:3])
		slices.Sort(ids[3:6])
		if !slices.Equal(got, ids) {
			t.Errorf("%v, want %v", got, ids)
		}
		if page, err := w.List(t.Context(), store.Filter{Partnership: "fife"}, "", 10); err != nil || len(page.Referrals) != 1 {
			t.Errorf("%d %v", len(page.Referrals), err)
		}
		if page, err := w.List(t.Context(), store.Filter{Partner: "harbour", Statuses: []referral.Status{referral.Completed}}, "", 10); err != nil || len(page.Referrals) != 0 {
			t.Errorf("%d %v", len(page.Referrals), err)
		}
		var wrong *store.InvalidError
		for name, ask := range map[string]func() error{
			"everything":   func() error { _, err := w.List(t.Context(), store.Filter{}, "", 10); return err },
			"none at once": func() error { _, err := w.List(t.Context(), store.Filter{Person: "p"}, "", 0); return err },
			"too many":     func() error { _, err := w.List(t.Context(), store.Filter{Person: "p"}, "", 101); return err },
			"no position":  func() error { _, err := w.List(t.Context(), store.Filter{Person: "p"}, "here", 10); return err },
			"a long position": func() error {
				_, err := w.List(t.Context(), store.Filter{Person: "p"}, store.Cursor(strings.Repeat("A", 4096)), 1)
				return err
			},
			"many statuses": func() error {
				_, err := w.List(t.Context(), store.Filter{Person: "p", Statuses: make([]referral.Status, 12)}, "", 10)
				return err
			},
			"a long history": func() error { _, err := w.History(t.Context(), ids[0], 0, 101, false); return err },
			"a long trail": func() error {
				_, err := w.Trail(t.Context(), store.Look{By: audit.Actor{Subject: "u-1"}}, 0, 101)
				return err
			},
			"very much to record": func() error {
				return w.Record(t.Context(), make([]audit.Entry, 1001)...)
			},
			"a long outbox": func() error { _, err := w.Undelivered(t.Context(), 0, 101); return err },
			"very many to tell": func() error {
				_, err := w.Submit(t.Context(), w.submission(func(s *store.Submission) { s.Deliver = make([]string, 21) }))
				return err
			},
		} {
			if err := ask(); !errors.As(err, &wrong) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A change and what is to be delivered of it are there together, and nothing of that names anybody.
func TestOutbox(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t)
		st := w.step(id, 1, harbour, referral.Acknowledge{}, "")
		st.Deliver = []string{"haven", "council", "haven"}
		if _, err := w.Change(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Change(t.Context(), w.step(id, 1, harbour, referral.Accept{}, "")); err == nil {
			t.Fatal("stale, and accepted")
		}
		due, err := w.Undelivered(t.Context(), 0, 10)
		if err != nil || len(due) != 3 {
			t.Fatal(due, err)
		}
		if due[0].Partner != "harbour" || due[0].Kind != referral.KindSubmit || due[2].Partner != "council" || due[2].Version != 2 || due[2].Referral != id {
			t.Errorf("%+v", due)
		}
		for range 2 {
			if err := w.Settle(t.Context(), delivered(due[0])); err != nil {
				t.Error(err)
			}
		}
		if _, err := w.Delivery(t.Context(), 1<<40); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
		if left, err := w.Undelivered(t.Context(), due[1].ID, 10); err != nil || len(left) != 1 || left[0].ID != due[2].ID {
			t.Errorf("%+v %v", left, err)
		}
	})
}

func TestErasure(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		number := chi(t, "1904851231")
		id, other := w.submit(t, withCHI(number)), w.submit(t)
		w.do(t, id, 1, harbour, referral.Acknowledge{}, "Xylophone phoned")
		before := w.state(t, id)
		if err := w.Erase(t.Context(), before.Person, moray, "because of Xylophone"); err == nil {
			t.Error("a reason in words")
		}
		for range 2 {
			if err := w.Erase(t.Context(), before.Person, moray, "RequestOfThePerson"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Values(t.Context(), id, record.Fields()...); !errors.Is(err, vault.ErrErased) {
			t.Errorf("what was told: %v", err)
		}
		page, err := w.History(t.Context(), id, 0, 10, true)
		if err != nil || !page.WordsGone || len(page.Events) != 2 || page.Events[1].Words != "" {
			t.Errorf("what was written: %v %v", page.Events, err)
		}
		if d := cmp.Diff(before, w.state(t, id)); d != "" {
			t.Errorf("how it stands: %s", d)
		}
		if _, err := w.PersonByCHI(t.Context(), number); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the CHI number: %v", err)
		}
		if _, err := w.Change(t.Context(), w.step(id, 2, harbour, referral.Message{}, "more words")); !errors.Is(err, vault.ErrErased) {
			t.Errorf("more words: %v", err)
		}
		w.do(t, id, 2, haven, referral.Withdraw{Reason: referral.WithdrawOther}, "")
		if values, err := w.Values(t.Context(), other, record.Goals); err != nil || len(values) != 1 {
			t.Errorf("somebody else: %v %v", values, err)
		}
		if again := w.state(t, w.submit(t, withCHI(number))); again.Person == before.Person {
			t.Error("referred again, they are whom they were")
		}
		if err := w.Erase(t.Context(), "p-nobody00", moray, "Retention"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("nobody: %v", err)
		}
		if err := w.RenewKey(t.Context(), before.Person, moray); !errors.Is(err, vault.ErrErased) {
			t.Errorf("a new key: %v", err)
		}
		erased := slices.DeleteFunc(w.trail(t, store.Look{}), func(e audit.Entry) bool { return e.What != audit.Erased })
		if len(erased) != 1 || erased[0].Person != before.Person || erased[0].Detail != "RequestOfThePerson" {
			t.Errorf("%+v", erased)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("AAAAAAAAAAByLTE")
	f.Add("here")
	f.Add("")
	w := newWorld(f, place{Kind: "sqlite", File: f.TempDir() + "/referrals.db", Keys: f.TempDir()})
	f.Fuzz(func(t *testing.T, text string) {
		page, err := w.List(t.Context(), store.Filter{Partner: "haven"}, store.Cursor(text), 1)
		var wrong *store.InvalidError
		if err != nil && !errors.As(err, &wrong) || len(page.Referrals) > 0 {
			t.Errorf("%q: %v %v", text, page, err)
		}
	})
}
