package store_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/crds/workday"
)

// deed is something that the store can be asked to write.
type deed struct {
	// before makes what has to be there, and returns the referral that it is about and the version to read of it; nil for nothing.
	before func(*testing.T, *world) (id string, version int64)
	do     func(context.Context, *world, errand) (store.Result, error)
	// there makes sure that all of it is there.
	there func(*testing.T, *world, errand, store.Result)
	// least is how many statements it has, at least.
	least int
	// alike says that another deed is written by the same statements, so that one engine is enough.
	alike bool
	// unkeyed says that it has no key to be sent again with.
	unkeyed bool
}

// deeds are all that can be written, by name: changes by their kind.
func deeds() map[string]deed {
	all := map[string]deed{
		"a referral": {do: submit, there: submittedWhole, least: 14},
		"a referral along a pathway": {do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			s := w.whoIsSubmitted(e)
			alongPathway(&s)
			return w.Submit(ctx, s)
		}, there: func(t *testing.T, w *world, e errand, r store.Result) {
			submittedWhole(t, w, e, r)
			timed(t, w, r.Referral, v1alpha1.TaskAnswer, v1alpha1.TaskNaloxone)
			if found, err := w.Dossiers(t.Context(), r.Referral); err != nil || found[r.Referral].Along.Pathway != "overdose" {
				t.Errorf("along %+v %v", found[r.Referral].Along, err)
			}
		}, least: 17},
		"nobody answers in time": {
			before: afterPlan(), there: func(t *testing.T, w *world, e errand, r store.Result) {
				changedAs(referral.KindPassOn)(t, w, e, r)
				timed(t, w, r.Referral, v1alpha1.TaskAnswer, v1alpha1.TaskNaloxone)
			}, least: 10, do: change{keeper, referral.PassOn{Target: "beacon"}, nil}.do,
		},
		"a step is late": {
			before: afterPlan(did{harbour, referral.Acknowledge{}}), there: func(t *testing.T, w *world, e errand, r store.Result) {
				changedAs(referral.KindEscalate)(t, w, e, r)
				timed(t, w, r.Referral)
			}, least: 8, do: change{keeper, referral.Escalate{Reason: referral.EscalateLate, Task: v1alpha1.TaskNaloxone}, nil}.do,
		},
		"a referral of somebody known": {before: func(t *testing.T, w *world) (string, int64) {
			return w.submit(t, withCHI(chi(t, "1904851231"))), 1
		}, do: submit, there: func(t *testing.T, w *world, e errand, r store.Result) {
			submittedWhole(t, w, e, r)
			if w.state(t, r.Referral).Person != w.state(t, e.Referral).Person {
				t.Error("it is of somebody else")
			}
		}, least: 11},
		"a referral that follows": {before: completed, do: follow, there: func(t *testing.T, w *world, e errand, r store.Result) {
			submittedWhole(t, w, e, r)
			s := w.state(t, e.Referral)
			if s.Version != e.Version+1 || len(s.Links) != 1 || s.Links[0].Referral != r.Referral || w.state(t, r.Referral).Person != s.Person {
				t.Errorf("it is not linked: %+v", s)
			}
		}, least: 13},
	}
	for kind, c := range changes() {
		all[string(kind)] = deed{before: c.before, do: c.do, there: changedAs(kind), least: 7, alike: kind != referral.KindAccept}
	}
	for _, more := range []map[string]deed{tellings(), statements(), emergencies(), ledgers(), messages()} {
		maps.Copy(all, more)
	}
	return all
}

// numberOf is the CHI number of somebody who is referred: a new one each time, but for those who are known.
func (e errand) numberOf() person.CHI {
	if e.Referral != "" {
		number, _ := person.ParseCHI("1904851231")
		return number
	}
	for last := range 10 {
		if number, err := person.ParseCHI(fmt.Sprintf("190485%03d%d", e.Statements*4, last)); err == nil {
			return number
		}
	}
	return person.CHI{} // one of eleven has none, and is referred without
}

func submit(ctx context.Context, w *world, e errand) (store.Result, error) {
	return w.Submit(ctx, w.whoIsSubmitted(e))
}

func (w *world) whoIsSubmitted(e errand) store.Submission {
	s := w.submission(withCHI(e.numberOf()))
	s.Once, s.Because = e.once(), []audit.Entry{decided("")}
	s.Circumstances = referral.Circumstances{Capability: referral.Capable}
	s.Consents = []consent.Event{agreed()}
	return s
}

func agreed() consent.Event {
	return consent.Event{
		Decision: consent.Grant, By: consent.Self, At: noon.Add(-1), Purposes: []string{"direct_care"}, Recipients: []string{"harbour"},
		Categories: []record.Category{record.Identity},
	}
}

func follow(ctx context.Context, w *world, e errand) (store.Result, error) {
	s := w.whoIsSubmitted(e)
	s.Told.Person.CHI = person.CHI{}
	s.Submit.From, s.FromVersion = &referral.Link{Kind: referral.Aftercare, Referral: e.Referral}, e.Version
	return w.Submit(ctx, s)
}

func submittedWhole(t *testing.T, w *world, e errand, r store.Result) {
	t.Helper()
	page, err := w.History(t.Context(), r.Referral, 0, 10, true)
	if err != nil || r.Version != 1 || len(page.Events) != 1 || page.Events[0].Words == "" {
		t.Errorf("%+v, %v: %v", r, page.Events, err)
	}
	values, err := w.Values(t.Context(), r.Referral, record.Fields()...)
	consents, missing := w.Consents(t.Context(), r.Referral)
	if err != nil || missing != nil || len(values) < 4 || len(consents) != 1 {
		t.Errorf("%d fields, %d consents: %v %v", len(values), len(consents), err, missing)
	}
	if values[record.CHI] != nil {
		if found, err := w.PersonByCHI(t.Context(), e.numberOf()); err != nil || found != w.state(t, r.Referral).Person {
			t.Errorf("found as %q: %v", found, err)
		}
	}
	dossiers, err := w.Dossiers(t.Context(), r.Referral)
	if err != nil || dossiers[r.Referral].Circumstances.Capability != referral.Capable {
		t.Errorf("%+v %v", dossiers[r.Referral].Circumstances, err)
	}
	waiting, err := w.Undelivered(t.Context(), 0, store.LongestPage)
	if err != nil || !slices.ContainsFunc(waiting, func(d store.Delivery) bool { return d.Referral == r.Referral }) {
		t.Errorf("nobody is told of it: %v", err)
	}
	said(t, w, r.Referral, "Decided ", "Changed Submit", "Changed consent.grant")
}

// change is a change of a referral that is codes and words.
type change struct {
	by     referral.Actor
	change referral.Change
	before func(*testing.T, *world) (id string, version int64)
}

func (c change) do(ctx context.Context, w *world, e errand) (store.Result, error) {
	return w.Change(ctx, e.step(w, c.by, c.change))
}

func (e errand) step(w *world, by referral.Actor, c referral.Change) store.Step {
	st := w.step(e.Referral, e.Version, by, c, "Xylophone is welcome")
	st.Once, st.Deliver, st.Because = e.once(), []string{"haven"}, []audit.Entry{decided(e.Referral)}
	return st
}

// did is something that was done before.
type did struct {
	by     referral.Actor
	change referral.Change
}

// after makes a referral of which some things were done.
func after(all ...did) func(*testing.T, *world) (string, int64) {
	return afterRoute(referral.Direct, all...)
}

func afterRoute(route referral.Route, all ...did) func(*testing.T, *world) (string, int64) {
	return func(t *testing.T, w *world) (string, int64) {
		t.Helper()
		id := w.submit(t, func(s *store.Submission) { s.Submit.Route = route })
		for i, d := range all {
			w.do(t, id, int64(i+1), d.by, d.change, "because")
		}
		return id, int64(len(all) + 1)
	}
}

// keeper is Lifeline, when a time is over.
var keeper = referral.Actor{ID: "timekeeper", Capacity: referral.AsProgram}

// alongPathway has a submission go along a pathway whose times are over as soon as it is made.
func alongPathway(s *store.Submission) {
	hour := workday.Within{Hours: 1}
	s.Along = &referral.Along{Pathway: "overdose", Journey: v1alpha1.JourneyNearFatalOverdose}
	s.Asked = store.Asked{Pathway: "overdose"}
	s.Submit.Plan = &referral.Plan{Steps: []referral.PlannedStep{
		{Task: v1alpha1.TaskAnswer, Responders: []string{"harbour", "beacon"}, Within: hour, Due: noon.Add(-time.Second)},
		{Task: v1alpha1.TaskNaloxone, Within: hour, Due: noon.Add(-time.Second)},
		{Task: v1alpha1.TaskAftercare},
	}}
}

// afterPlan makes a referral along a pathway of which some things were done.
func afterPlan(all ...did) func(*testing.T, *world) (string, int64) {
	return func(t *testing.T, w *world) (string, int64) {
		t.Helper()
		id := w.submit(t, alongPathway)
		for i, d := range all {
			w.do(t, id, int64(i+1), d.by, d.change, "because")
		}
		return id, int64(len(all) + 1)
	}
}

// timed makes sure which timers of a referral run.
func timed(t *testing.T, w *world, id string, want ...referral.Task) {
	t.Helper()
	all, err := w.Timers(t.Context(), store.Timer{}, store.LongestPage)
	var got []referral.Task
	for _, timer := range all {
		if timer.Referral == id {
			got = append(got, timer.Task)
		}
	}
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("timers %v, want %v: %v", got, want, err)
	}
}

func completed(t *testing.T, w *world) (string, int64) {
	return after(did{harbour, referral.Acknowledge{}}, did{harbour, referral.Accept{}}, did{harbour, referral.StartSupport{}},
		did{harbour, referral.Complete{Outcome: referral.OutcomeAsPlanned}})(t, w)
}

// changes are all kinds but those that come with more than codes and words.
func changes() map[referral.Kind]change {
	has, accepts := did{harbour, referral.Acknowledge{}}, did{harbour, referral.Accept{}}
	cannot := referral.CannotOffer{Reason: referral.CannotOfferNoPlace, Possible: referral.PossibleLater}
	asks := referral.WaitForPlace{Claim: "a-claim", Asks: &v1alpha1.PlacementSpec{Kind: v1alpha1.PoolDetox}}
	waits, holds := did{haven, asks}, referral.HoldPlace{Claim: "a-claim", Until: anHourLater}
	held := did{harbour, holds}
	return map[referral.Kind]change{
		referral.KindAcknowledge:      {harbour, referral.Acknowledge{}, after()},
		referral.KindAccept:           {harbour, referral.Accept{}, after(has)},
		referral.KindCannotOffer:      {harbour, cannot, after(has)},
		referral.KindRedirect:         {haven, referral.Redirect{Target: "beacon"}, after(has)},
		referral.KindReconsider:       {haven, referral.Reconsider{}, after(has, did{harbour, cannot})},
		referral.KindWaitForPlace:     {haven, asks, after(has, accepts)},
		referral.KindHoldPlace:        {harbour, holds, after(has, accepts, waits)},
		referral.KindEndHold:          {harbour, referral.EndHold{}, after(has, accepts, waits, held)},
		referral.KindReleasePlace:     {haven, referral.ReleasePlace{}, after(has, accepts, waits, held)},
		referral.KindAdmit:            {harbour, referral.Admit{}, after(has, accepts, waits, held)},
		referral.KindStartSupport:     {harbour, referral.StartSupport{}, after(has, accepts)},
		referral.KindComplete:         {harbour, referral.Complete{Outcome: referral.OutcomeAsPlanned}, after(has, accepts, did{harbour, referral.StartSupport{}})},
		referral.KindWithdraw:         {haven, referral.Withdraw{Reason: referral.WithdrawChoice}, after()},
		referral.KindEscalate:         {haven, referral.Escalate{Reason: referral.EscalateRisk}, after()},
		referral.KindSettleEscalation: {moray, referral.SettleEscalation{}, after(did{haven, referral.Escalate{Reason: referral.EscalateRisk}})},
		referral.KindMessage:          {haven, referral.Message{}, after()},
		referral.KindAsk:              {harbour, referral.Ask{Of: referral.SideOrigin}, after()},
		referral.KindAnswer:           {haven, referral.Answer{To: 2}, after(did{harbour, referral.Ask{Of: referral.SideOrigin}})},
		referral.KindSettleStage: {
			haven, referral.SettleStage{Stage: referral.StageContact, Outcome: referral.StageDone}, afterRoute(referral.Funded),
		},
		referral.KindSetUrgency: {haven, referral.SetUrgency{Urgency: referral.Urgent}, after()},
		referral.KindTakeUp:     {harbour, referral.TakeUp{}, after()},
		referral.KindStepBack:   {harbour, referral.StepBack{}, after(did{harbour, referral.TakeUp{}})},
		referral.KindSettleStep: {
			harbour, referral.SettleStep{Task: v1alpha1.TaskNaloxone, Outcome: referral.StepDone}, afterPlan(has),
		},
		referral.KindPassOn: {keeper, referral.PassOn{Target: "beacon"}, afterPlan()},
	}
}

// tellings are the changes of what is kept of a person.
func tellings() map[string]deed {
	return map[string]deed{
		string(referral.KindAmend): {before: after(), do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			st := e.step(w, haven, referral.Amend{})
			st.Patch = record.Values{record.Goals: []byte(`"to sleep well"`), record.CHI: []byte(`"1904851231"`)}
			return w.Change(ctx, st)
		}, there: func(t *testing.T, w *world, e errand, r store.Result) {
			changedAs(referral.KindAmend)(t, w, e, r)
			tells(t, w, e.Referral, record.Goals, `"to sleep well"`)
			tells(t, w, e.Referral, record.CHI, `"1904851231"`)
		}, least: 11},
		string(referral.KindSetCircumstances): {before: after(), do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			st := e.step(w, haven, referral.SetCircumstances{})
			st.Circumstances = &referral.Circumstances{Capability: referral.Incapable}
			return w.Change(ctx, st)
		}, there: func(t *testing.T, w *world, e errand, r store.Result) {
			changedAs(referral.KindSetCircumstances)(t, w, e, r)
			found, err := w.Dossiers(t.Context(), e.Referral)
			if err != nil || found[e.Referral].Circumstances.Capability != referral.Incapable {
				t.Errorf("%+v %v", found[e.Referral].Circumstances, err)
			}
		}, least: 8},
	}
}

// statements are what people said about sharing.
func statements() map[string]deed {
	say := func(before func(*testing.T, *world) (string, int64), said consent.Event, wants int) deed {
		return deed{before: before, do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			return w.Said(ctx, store.Statement{Once: e.once(), By: haven, Referral: e.Referral, Said: said, Because: []audit.Entry{decided(e.Referral)}})
		}, there: func(t *testing.T, w *world, e errand, r store.Result) {
			t.Helper()
			all, err := w.Consents(t.Context(), e.Referral)
			if err != nil || len(all) != wants || r.Version != int64(wants) || all[wants-1].Decision != said.Decision {
				t.Errorf("%+v, %v %v", r, all, err)
			}
			saidIs(t, w, e.Referral, "consent."+string(said.Decision))
		}, least: 5}
	}
	withdrawn := agreed()
	withdrawn.Decision, withdrawn.Categories, withdrawn.At = consent.Withdraw, nil, noon
	return map[string]deed{
		"an agreement to share": say(after(), agreed(), 1),
		"a withdrawal": say(func(t *testing.T, w *world) (string, int64) {
			id := w.submit(t, func(s *store.Submission) { s.Consents = []consent.Event{agreed()} })
			return id, 1
		}, withdrawn, 2),
	}
}

func saidIs(t *testing.T, w *world, referral, detail string) {
	t.Helper()
	said(t, w, referral, "Decided ", "Changed "+detail)
}

// emergencies are declared and reviewed.
func emergencies() map[string]deed {
	declare := func(ctx context.Context, w *world, o store.Once, id string) (store.Result, error) {
		return w.Declare(ctx, o, store.Emergency{
			Referral: id, By: harbour, Reason: "life_at_risk", Purpose: "direct_care", Role: "clinician", Justification: "Xylophone was found unconscious",
		}, decided(id))
	}
	found := func(t *testing.T, w *world, id string) store.Emergency {
		t.Helper()
		all, err := w.Emergencies(t.Context(), store.Emergencies{Referral: id, Words: true}, 10)
		if err != nil || len(all) != 1 || all[0].Justification == "" {
			t.Fatalf("%v %v", all, err)
		}
		return all[0]
	}
	return map[string]deed{
		"an emergency": {before: after(), do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			return declare(ctx, w, e.once(), e.Referral)
		}, there: func(t *testing.T, w *world, e errand, _ store.Result) {
			found(t, w, e.Referral)
			saidIs(t, w, e.Referral, "emergency.life_at_risk")
		}, least: 5},
		"a review": {before: func(t *testing.T, w *world) (string, int64) {
			id := w.submit(t)
			if _, err := declare(t.Context(), w, w.once(), id); err != nil {
				t.Fatal(err)
			}
			return id, 1
		}, do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			return w.CloseEmergency(ctx, e.once(), e.Referral, 1, store.Review{By: moray, Outcome: "Justified", Words: "Xylophone agreed"}, decided(e.Referral))
		}, there: func(t *testing.T, w *world, e errand, _ store.Result) {
			if is := found(t, w, e.Referral); is.Review == nil || is.Review.Outcome != "Justified" {
				t.Errorf("%+v", is.Review)
			}
			saidIs(t, w, e.Referral, "review.Justified")
		}, least: 5},
	}
}

// ledgers are what is written without a key to send it again with.
func ledgers() map[string]deed {
	none := func(err error) (store.Result, error) { return store.Result{}, err }
	personOf := func(ctx context.Context, w *world, e errand) (string, error) {
		s, err := w.State(ctx, e.Referral)
		return s.Person, err
	}
	return map[string]deed{
		"decisions and reads": {before: after(), unkeyed: true, do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			return none(w.Record(ctx, decided(e.Referral), audit.Entry{What: audit.Read, Referral: e.Referral, Decision: &audit.Decision{Effect: "allow"}}))
		}, there: func(t *testing.T, w *world, e errand, _ store.Result) { said(t, w, e.Referral, "Decided ", "Read ") }, least: 3},
		"a look at the audit log": {before: after(), unkeyed: true, do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			_, err := w.Trail(ctx, store.Look{By: audit.Actor{Subject: "u-auditor"}, Referral: e.Referral, Because: []audit.Entry{decided(e.Referral)}}, 0, 10)
			return none(err)
		}, there: func(t *testing.T, w *world, e errand, _ store.Result) {
			if all := w.trail(t, store.Look{Referral: e.Referral}); all[len(all)-1].What != audit.Viewed || all[len(all)-2].What != audit.Decided {
				t.Errorf("%v", all)
			}
		}, least: 3},
		"a delivery": {before: after(), unkeyed: true, do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			var d store.Delivery
			err := w.deliveryOf(ctx, e.Referral, &d)
			if err == nil {
				err = w.Settle(ctx, delivered(d))
			}
			return none(err)
		}, there: func(t *testing.T, w *world, e errand, _ store.Result) {
			waiting, err := w.Undelivered(t.Context(), 0, store.LongestPage)
			if err != nil || slices.ContainsFunc(waiting, func(d store.Delivery) bool { return d.Referral == e.Referral }) {
				t.Errorf("it is still to be delivered: %v", err)
			}
		}, least: 2},
		"a new key for a person": {before: after(), unkeyed: true, do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			id, err := personOf(ctx, w, e)
			if err == nil {
				err = w.RenewKey(ctx, id, moray)
			}
			return none(err)
		}, there: func(t *testing.T, w *world, e errand, _ store.Result) {
			tells(t, w, e.Referral, record.Goals, `"to sleep"`)
		}, least: 8},
		"an erasure": {before: after(), unkeyed: true, do: func(ctx context.Context, w *world, e errand) (store.Result, error) {
			id, err := personOf(ctx, w, e)
			if err == nil {
				err = w.Erase(ctx, id, moray, "RequestOfThePerson")
			}
			return none(err)
		}, there: func(t *testing.T, w *world, e errand, _ store.Result) {
			if values, err := w.Values(t.Context(), e.Referral, record.Goals); err == nil && len(values) > 0 {
				t.Errorf("%v can still be read", values)
			}
		}, least: 5},
	}
}

// deliveryOf finds the delivery of a referral, which may be done with.
func (w *world) deliveryOf(ctx context.Context, id string, delivery *store.Delivery) error {
	all, err := w.Deliveries(ctx, store.DeliveryFilter{}, 0, store.LongestPage)
	for _, d := range all {
		if d.Referral == id {
			*delivery = d
		}
	}
	return err
}

// delivered is the settlement of a delivery that went well.
func delivered(d store.Delivery) store.Settlement {
	return store.Settlement{
		Delivery: d, State: store.Delivered, Attempt: &store.Attempt{At: noon, Took: time.Millisecond, Outcome: "Delivered", Status: 204},
		Because: []audit.Entry{{What: audit.Sent, Time: noon, Referral: d.Referral, Version: d.Version, To: d.Partner}},
	}
}

// Whatever can happen to a referral is killed on its way.
func TestEveryKindOfChangeIsKilled(t *testing.T) {
	all := deeds()
	for _, kind := range referral.Kinds() {
		if _, there := all[string(kind)]; !there && kind != referral.KindSubmit && kind != referral.KindMakeLink { // which come with a referral
			t.Errorf("%s is not", kind)
		}
	}
}
