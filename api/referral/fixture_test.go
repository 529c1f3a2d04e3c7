package referral_test

import (
	"errors"
	"time"

	"lifeline.scot/api/referral"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/crds/workday"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// Who takes part: haven refers to harbour, in the area of moray; beacon is another partner.
var (
	haven   = referral.Actor{ID: "u-haven", Partner: "haven"}
	harbour = referral.Actor{ID: "u-harbour", Partner: "harbour"}
	beacon  = referral.Actor{ID: "u-beacon", Partner: "beacon"}
	moray   = referral.Actor{ID: "u-moray", Partner: "council", Partnership: "moray"}
	fife    = referral.Actor{ID: "u-fife", Partnership: "fife"}
	self    = referral.Actor{ID: "p-sorcha-0", Capacity: referral.AsPerson}
	other   = referral.Actor{ID: "p-other-00", Capacity: referral.AsPerson}
	program = referral.Actor{ID: "binder", Capacity: referral.AsProgram}
)

func submit(route referral.Route) referral.Submit {
	return referral.Submit{
		Person: "p-sorcha-0", Partnership: "moray", Target: "harbour", Urgency: referral.Routine, Route: route,
	}
}

// planned asks harbour, and then beacon, for an answer within an hour, and for somebody to speak with the person an hour after that;
// naloxone and aftercare are offered.
func planned() *referral.Plan {
	hour := workday.Within{Hours: 1}
	return &referral.Plan{Steps: []referral.PlannedStep{
		{Task: v1alpha1.TaskAnswer, Responders: []string{"harbour", "beacon"}, Within: hour, Due: noon.Add(time.Hour)},
		{Task: v1alpha1.TaskContact, Within: hour, Follows: true},
		{Task: v1alpha1.TaskNaloxone, Within: hour, Due: noon.Add(3 * time.Hour)},
		{Task: v1alpha1.TaskAftercare},
		{Task: v1alpha1.TaskFollowUp, Within: workday.Within{WorkingDays: 5}, Follows: true},
	}}
}

// along begins a referral with a plan.
func along(t fails, route referral.Route, p *referral.Plan) *tale {
	t.Helper()
	c := submit(route)
	c.Plan = p
	s, e, err := referral.Begin("r-0000000", c, haven, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	return &tale{State: s, history: []referral.Event{e}}
}

// step is one change by somebody.
type step struct {
	by    referral.Actor
	c     referral.Change
	words string
}

// tale is a referral and all that happened to it.
type tale struct {
	referral.State
	history []referral.Event
	// late is how much later than a minute after the one before each step is.
	late time.Duration
}

// fails is a *testing.T or a *rapid.T.
type fails interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func begin(t fails, route referral.Route) *tale {
	t.Helper()
	return along(t, route, nil)
}

func (x *tale) try(st step) error {
	after, e, err := x.Decide(x.Version, st.c, st.by, st.words, x.now())
	if err != nil {
		return err
	}
	x.State, x.history = after, append(x.history, e)
	return nil
}

// now is when the next step is made.
func (x *tale) now() time.Time { return noon.Add(time.Duration(x.Version)*time.Minute + x.late) }

func (x *tale) do(t fails, steps ...step) *tale {
	t.Helper()
	for i, st := range steps {
		if err := x.try(st); err != nil {
			t.Fatalf("step %d, %s: %v", i+1, st.c.Kind(), err)
		}
	}
	return x
}

func codeOf(err error) referral.Code {
	var refused *referral.Refused
	if errors.As(err, &refused) {
		return refused.Code
	}
	if err != nil {
		return referral.Code(err.Error())
	}
	return ""
}

// Steps that tales have in common.
var (
	acknowledge = step{harbour, referral.Acknowledge{}, ""}
	accept      = step{harbour, referral.Accept{}, ""}
	cannot      = step{harbour, referral.CannotOffer{Reason: referral.CannotOfferNoPlace, Possible: referral.PossibleLater}, ""}
	wait        = step{program, referral.WaitForPlace{Claim: "c-1"}, ""}
	hold        = step{program, referral.HoldPlace{Claim: "c-1", Until: noon.Add(48 * time.Hour)}, ""}
	admit       = step{harbour, referral.Admit{}, ""}
	start       = step{harbour, referral.StartSupport{}, ""}
	complete    = step{harbour, referral.Complete{Outcome: referral.OutcomeAsPlanned}, ""}
	withdraw    = step{self, referral.Withdraw{Reason: referral.WithdrawChoice}, ""}
)

func settle(by referral.Actor, stage referral.Stage) step {
	return step{by, referral.SettleStage{Stage: stage, Outcome: referral.StageDone}, ""}
}
