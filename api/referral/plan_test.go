package referral_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeline.scot/api/referral"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/crds/workday"
)

func anybody(string) bool { return true }

func minutes(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

// whatNow carries out what Lifeline does at a moment, if anything.
func (x *tale) whatNow(t fails, at time.Time) referral.Change {
	t.Helper()
	c := x.WhatNow(at, anybody)
	if c == nil {
		return nil
	}
	x.late = at.Sub(x.now()) + x.late
	x.do(t, step{program, c, ""})
	return c
}

func TestWhoDoesNotAnswerIsFollowedByTheNextAndThenTheADPIsTold(t *testing.T) {
	x := along(t, referral.Direct, planned())
	if c := x.WhatNow(minutes(60).Add(-1), anybody); c != nil {
		t.Fatalf("%s before its time", c.Kind())
	}
	if c := x.whatNow(t, minutes(60)); c == nil || c.Kind() != "PassOn" || x.Status != referral.Redirected || x.Target != "beacon" {
		t.Fatalf("%v: %s with %s", c, x.Status, x.Target)
	}
	if due := x.DueSteps(); len(due) != 2 || due[0].Responder != "beacon" || !due[0].By.Equal(minutes(120)) {
		t.Fatalf("beacon has its own time: %+v", due)
	}
	if c := x.WhatNow(minutes(119), anybody); c != nil {
		t.Fatalf("%s before its time", c.Kind())
	}
	if x.whatNow(t, minutes(120)); x.Escalation == nil || x.Escalation.Reason != referral.EscalateNoAnswer || x.Target != "beacon" {
		t.Fatalf("nobody is told: %+v", x.Escalation)
	}
	if c := x.WhatNow(minutes(179), anybody); c != nil {
		t.Fatalf("%s a second time", c.Kind())
	}
	if due := x.DueSteps()[0]; due.Task != v1alpha1.TaskAnswer || !due.Late || !due.Overdue(minutes(121)) {
		t.Errorf("it is late still: %+v", due)
	}
	x.do(t, step{referral.Actor{ID: "u-beacon", Partner: "beacon"}, referral.Acknowledge{}, ""})
	if due := x.DueSteps(); len(due) != 2 || due[0].Task != v1alpha1.TaskContact && due[1].Task != v1alpha1.TaskContact {
		t.Errorf("what follows the answer is due: %+v", due)
	}
}

func TestWhoCannotBeAskedIsLeftOut(t *testing.T) {
	x := along(t, referral.Direct, planned())
	c := x.WhatNow(minutes(60), func(partner string) bool { return partner != "beacon" })
	if escalated, ok := c.(referral.Escalate); !ok || escalated.Task != v1alpha1.TaskAnswer {
		t.Errorf("%+v", c)
	}
}

// What stops the time of the answer, and what begins it anew.
func TestWhatBecomesOfTheTimeToAnswer(t *testing.T) {
	toBeacon := step{haven, referral.Redirect{Target: "beacon"}, ""}
	fromBeacon := step{beacon, referral.Acknowledge{}, ""}
	for name, tc := range map[string]struct {
		steps []step
		by    time.Time // zero: nobody is waited for
		next  string
	}{
		"nothing happens":                  {nil, minutes(60), "beacon"},
		"somebody writes a message":        {[]step{{haven, referral.Message{}, "hello"}}, minutes(60), "beacon"},
		"it is acknowledged":               {[]step{acknowledge}, time.Time{}, "beacon"},
		"it is withdrawn":                  {[]step{withdraw}, time.Time{}, "beacon"},
		"it is sent to another":            {[]step{toBeacon}, minutes(61), ""},
		"it is sent to somebody unplanned": {[]step{{haven, referral.Redirect{Target: "haven"}, ""}}, minutes(61), "beacon"},
		"and that one acknowledges":        {[]step{toBeacon, fromBeacon}, time.Time{}, ""},
		"the same one is asked again":      {[]step{acknowledge, cannot, {haven, referral.Reconsider{}, "detox is done"}}, minutes(63), "beacon"},
	} {
		t.Run(name, func(t *testing.T) {
			x := along(t, referral.Direct, planned()).do(t, tc.steps...)
			var by time.Time
			for _, d := range x.DueSteps() {
				if d.Task == v1alpha1.TaskAnswer {
					by = d.By
				}
			}
			if !by.Equal(tc.by) {
				t.Errorf("an answer is due by %s, want %s", by, tc.by)
			}
			if next := strings.Join(x.NextResponders(), " "); next != tc.next {
				t.Errorf("%q comes next, want %q", next, tc.next)
			}
		})
	}
}

// Every step but the answer is for whoever has the referral: when it is late the ADP is told once, and nothing else that is
// escalated is hidden by it.
func TestAStepThatIsLateIsEscalatedOnce(t *testing.T) {
	x := along(t, referral.Direct, planned()).do(t, acknowledge, step{moray, referral.Escalate{Reason: referral.EscalateProtection}, ""})
	for _, want := range []struct {
		at   time.Time
		task referral.Task
	}{{minutes(61), v1alpha1.TaskContact}, {minutes(180), v1alpha1.TaskNaloxone}} {
		c, ok := x.whatNow(t, want.at).(referral.Escalate)
		if !ok || c.Task != want.task || c.Reason != referral.EscalateLate {
			t.Fatalf("at %s: %+v", want.at, c)
		}
		if x.Escalation.Reason != referral.EscalateProtection {
			t.Fatalf("what was escalated before is hidden by %s", x.Escalation.Reason)
		}
	}
	if c := x.WhatNow(minutes(100_000), anybody); c != nil {
		t.Errorf("%+v once more", c)
	}
	x.do(t, step{harbour, referral.SettleStep{Task: v1alpha1.TaskContact, Outcome: referral.StepDone}, ""})
	if due := x.DueSteps(); len(due) != 1 || due[0].Task != v1alpha1.TaskNaloxone {
		t.Errorf("late and done is done: %+v", due)
	}
}

func TestWhatIsRefusedOfPlans(t *testing.T) {
	settle := func(by referral.Actor, task referral.Task, outcome referral.StepOutcome) step {
		return step{by, referral.SettleStep{Task: task, Outcome: outcome}, ""}
	}
	late := func(task referral.Task) referral.Change {
		return referral.Escalate{Reason: referral.EscalateLate, Task: task}
	}
	for name, tc := range map[string]struct {
		plan *referral.Plan
		step step
		want referral.Code
	}{
		"passing on before its time":                {planned(), step{program, referral.PassOn{Target: "beacon"}, ""}, referral.CodeWrongStatus},
		"passing on by a worker":                    {planned(), step{haven, referral.PassOn{Target: "beacon"}, ""}, referral.CodeNotYours},
		"passing on without a plan":                 {nil, step{program, referral.PassOn{Target: "beacon"}, ""}, referral.CodeWrongStatus},
		"a worker says a step is late":              {planned(), step{haven, late(v1alpha1.TaskNaloxone), ""}, referral.CodeNotYours},
		"a step is said to be late that is not":     {planned(), step{program, late(v1alpha1.TaskNaloxone), ""}, referral.CodeWrongStatus},
		"a step is said to be late that has no end": {planned(), step{program, late(v1alpha1.TaskAftercare), ""}, referral.CodeWrongStatus},
		"an answer is settled":                      {planned(), settle(harbour, v1alpha1.TaskAnswer, referral.StepDone), referral.CodeInvalid},
		"a step that there is not":                  {planned(), settle(harbour, v1alpha1.TaskPreparation, referral.StepDone), referral.CodeWrongStatus},
		"a step by nobody":                          {planned(), settle(beacon, v1alpha1.TaskContact, referral.StepDone), referral.CodeNotYours},
		"not needed without a reason":               {planned(), settle(harbour, v1alpha1.TaskContact, referral.StepNotNeeded), referral.CodeInvalid},
		"an outcome that there is not":              {planned(), settle(harbour, v1alpha1.TaskContact, "Perhaps"), referral.CodeInvalid},
		"naloxone without a plan":                   {nil, settle(harbour, v1alpha1.TaskNaloxone, referral.StepDone), ""},
		"contact without a plan":                    {nil, settle(harbour, v1alpha1.TaskContact, referral.StepDone), referral.CodeWrongStatus},
	} {
		t.Run(name, func(t *testing.T) {
			if got := codeOf(along(t, referral.Direct, tc.plan).try(tc.step)); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestPlansThatMakeNoSense(t *testing.T) {
	for name, change := range map[string]func(p *referral.Plan){
		"no steps":              func(p *referral.Plan) { p.Steps = nil },
		"no answer first":       func(p *referral.Plan) { p.Steps = p.Steps[1:] },
		"another is asked":      func(p *referral.Plan) { p.Steps[0].Responders = []string{"beacon"} },
		"nobody is asked":       func(p *referral.Plan) { p.Steps[0].Responders = nil },
		"a task twice":          func(p *referral.Plan) { p.Steps[2].Task = v1alpha1.TaskContact },
		"a task there is not":   func(p *referral.Plan) { p.Steps[2].Task = "Dance" },
		"others answer later":   func(p *referral.Plan) { p.Steps[1].Responders = []string{"beacon"} },
		"an answer at any time": func(p *referral.Plan) { p.Steps[0].Due = time.Time{} },
		"no time for the next":  func(p *referral.Plan) { p.Steps[0].Within = workday.Within{} },
		"nine responders":       func(p *referral.Plan) { p.Steps[0].Responders = slices.Repeat([]string{"harbour"}, 9) },
	} {
		t.Run(name, func(t *testing.T) {
			c := submit(referral.Direct)
			c.Plan = planned()
			change(c.Plan)
			if _, _, err := referral.Begin("r-0000000", c, haven, "", noon); codeOf(err) != referral.CodeInvalid {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Who leaves without naloxone and aftercare having been taken, declined or found not to be needed can be seen.
func TestWhatIsMissing(t *testing.T) {
	settled := func(task referral.Task, outcome referral.StepOutcome) step {
		return step{harbour, referral.SettleStep{Task: task, Outcome: outcome}, "because"}
	}
	inSupport := []step{acknowledge, accept, start}
	without := func() *referral.Plan {
		p := planned()
		p.Steps = p.Steps[:2]
		return p
	}
	for name, tc := range map[string]struct {
		plan  *referral.Plan
		steps []step
		want  string
	}{
		"before support begins":             {planned(), []step{acknowledge, accept}, ""},
		"in support":                        {planned(), inSupport, "Naloxone Aftercare"},
		"in support without a plan":         {nil, inSupport, "Naloxone Aftercare"},
		"the pathway leaves both out":       {without(), inSupport, ""},
		"left with nothing":                 {planned(), append(inSupport, complete), "Naloxone Aftercare"},
		"left with a kit":                   {planned(), append(inSupport, settled(v1alpha1.TaskNaloxone, referral.StepDone), complete), "Aftercare"},
		"offered, and never heard of again": {planned(), append(inSupport, settled(v1alpha1.TaskNaloxone, referral.StepOffered), complete), "Naloxone Aftercare"},
		"chose not to have a kit":           {nil, append(inSupport, settled(v1alpha1.TaskNaloxone, referral.StepDeclined), complete), "Aftercare"},
		"a referral to aftercare follows": {
			nil, append(inSupport, complete, step{harbour, referral.MakeLink{Link: referral.Link{Kind: referral.Aftercare, Referral: "r-1111111"}}, ""}), "Naloxone",
		},
		"noted after the end":       {planned(), append(inSupport, complete, settled(v1alpha1.TaskNaloxone, referral.StepDone), settled(v1alpha1.TaskAftercare, referral.StepNotNeeded)), ""},
		"withdrawn before it began": {planned(), []step{acknowledge, withdraw}, ""},
		"withdrawn during support":  {planned(), append(inSupport, withdraw), "Naloxone Aftercare"},
		"the person died":           {planned(), append(inSupport, step{harbour, referral.Complete{Outcome: referral.OutcomeDied}, ""}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, task := range along(t, referral.Direct, tc.plan).do(t, tc.steps...).Missing() {
				got = append(got, string(task))
			}
			if s := strings.Join(got, " "); s != tc.want {
				t.Errorf("missing: %q, want %q", s, tc.want)
			}
		})
	}
}

func TestAftercareItselfNeedsNoAftercare(t *testing.T) {
	c := submit(referral.Direct)
	c.From = &referral.Link{Kind: referral.Aftercare, Referral: "r-1111111"}
	s, e, err := referral.Begin("r-0000000", c, haven, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	x := (&tale{State: s, history: []referral.Event{e}}).do(t, acknowledge, accept, start)
	if got := x.Missing(); !slices.Equal(got, []referral.Task{v1alpha1.TaskNaloxone}) {
		t.Errorf("missing: %v", got)
	}
}

// However long nobody does anything, and whenever somebody looks: what Lifeline does comes to an end, each responder is asked once
// and in turn, and each late step is told of once.
func TestSilenceComesToAnEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := along(t, referral.Direct, planned())
		at, told := noon, map[string]int{}
		for range 60 {
			at = at.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "minutes")) * time.Minute)
			for c := x.whatNow(t, at); c != nil; c = x.whatNow(t, at) {
				switch c := c.(type) {
				case referral.PassOn:
					told[c.Target]++
				case referral.Escalate:
					told[string(c.Task)]++
				}
			}
		}
		if len(x.Timers()) > 0 || x.Target != "beacon" || x.Escalation == nil {
			t.Fatalf("with %s at %s: %+v", x.Target, at, x.Timers())
		}
		for what, n := range told {
			if n != 1 {
				t.Fatalf("%s: %d times", what, n)
			}
		}
	})
}

// Two referrals along different pathways stand the same for those who may not know along which they were made.
func TestWithoutItsPlanAReferralTellsOfNoPathway(t *testing.T) {
	due := minutes(60)
	stands := func(rest ...referral.PlannedStep) referral.State {
		s := referral.State{Target: "harbour", Asked: []referral.Turn{{Partner: "harbour", SinceVersion: 1}}, BeganAt: noon}
		for _, step := range append([]referral.PlannedStep{{
			Task: v1alpha1.TaskAnswer, Responders: []string{"harbour", "beacon"}, Within: workday.Within{Hours: 1}, Due: due,
		}}, rest...) {
			s.Steps = append(s.Steps, referral.Step{PlannedStep: step})
		}
		return s.WithoutPlan()
	}
	one := stands(referral.PlannedStep{Task: v1alpha1.TaskContact, Due: due}, referral.PlannedStep{Task: v1alpha1.TaskNaloxone, Due: due})
	other := stands(referral.PlannedStep{Task: v1alpha1.TaskPreparation, Within: workday.Within{Hours: 9}, Due: minutes(5)})
	if !reflect.DeepEqual(one, other) {
		t.Errorf("they differ: %+v and %+v", one.Steps, other.Steps)
	}
	answer := one.Steps[0]
	if answer.Task != v1alpha1.TaskAnswer || !answer.Due.Equal(due) || !answer.Within.IsZero() || !slices.Equal(answer.Responders, []string{"harbour"}) {
		t.Errorf("of the answer it tells %+v", answer)
	}
	if all := one.DueSteps(); len(all) != 1 || all[0].Task != v1alpha1.TaskAnswer {
		t.Errorf("due are %+v", all)
	}
	if missing := one.Missing(); !slices.Equal(missing, []referral.Task{v1alpha1.TaskNaloxone, v1alpha1.TaskAftercare}) {
		t.Errorf("missing are %v", missing)
	}
}

// What happened to a step that not every referral has is told without its name, and so is that a step is late.
func TestWithoutThePlanEventsNameNoStepOfIt(t *testing.T) {
	for name, tc := range map[string]struct{ change, want referral.Change }{
		"a step of the pathway": {
			referral.SettleStep{Task: v1alpha1.TaskContact, Outcome: referral.StepDone, NextDue: noon}, referral.SettleStep{},
		},
		"naloxone": {
			referral.SettleStep{Task: v1alpha1.TaskNaloxone, Outcome: referral.StepDone, NextDue: noon},
			referral.SettleStep{Task: v1alpha1.TaskNaloxone, Outcome: referral.StepDone},
		},
		"a late step": {
			referral.Escalate{Reason: referral.EscalateLate, Task: v1alpha1.TaskNaloxone}, referral.Escalate{Reason: referral.EscalateLate},
		},
		"a late answer": {
			referral.Escalate{Reason: referral.EscalateNoAnswer, Task: v1alpha1.TaskAnswer},
			referral.Escalate{Reason: referral.EscalateNoAnswer, Task: v1alpha1.TaskAnswer},
		},
		"the submission": {referral.Submit{Target: "harbour", Plan: &referral.Plan{}}, referral.Submit{Target: "harbour"}},
	} {
		if got := (referral.Event{Change: tc.change}).WithoutPlan().Change; !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// After the ADP has looked at what was late, the same is due once more, in as much time as it had: otherwise nobody would notice if it
// never was done.
func TestWhatWasLookedAtIsDueOnceMore(t *testing.T) {
	settle := step{moray, referral.SettleEscalation{}, "we rang them"}
	x := along(t, referral.Direct, planned())
	x.whatNow(t, minutes(60)) // beacon is asked
	x.whatNow(t, minutes(120))
	x.do(t, settle)
	if x.Escalation != nil || len(x.LateSteps()) > 0 {
		t.Fatalf("it was looked at: %+v", x.Escalation)
	}
	x.do(t, step{beacon, referral.Message{}, "hello"}) // and it stays so
	timers := slices.DeleteFunc(x.Timers(), func(d referral.Due) bool { return d.Task != v1alpha1.TaskAnswer })
	if len(timers) != 1 {
		t.Fatalf("nobody is waited for: %+v", x.Timers())
	}
	due := timers[0]
	if !due.By.After(minutes(179)) || due.By.After(minutes(182)) {
		t.Fatalf("an answer is due by %s", due.By)
	}
	x.whatNow(t, minutes(180)) // naloxone is late, too
	x.do(t, settle)
	if c := x.whatNow(t, due.By); c == nil || c.Kind() != "Escalate" || x.Escalation == nil || x.Escalation.Reason != referral.EscalateNoAnswer {
		t.Errorf("nobody has answered, and nobody is told: %+v", c)
	}
}

// What became late after something else was escalated is escalated next.
func TestWhatBecameLateMeanwhileHasStillToBeLookedAt(t *testing.T) {
	settle := step{moray, referral.SettleEscalation{}, "seen"}
	x := along(t, referral.Direct, planned()).do(t, acknowledge, step{moray, referral.Escalate{Reason: referral.EscalateRisk}, ""})
	x.whatNow(t, minutes(61))  // the contact
	x.whatNow(t, minutes(180)) // naloxone
	x.do(t, settle)
	if x.Escalation == nil || x.Escalation.Reason != referral.EscalateLate || len(x.LateSteps()) != 2 || len(x.Timers()) != 0 {
		t.Fatalf("the risk was looked at, and not what is late: %+v", x.Escalation)
	}
	if !x.Escalation.At.Equal(x.LateSteps()[0].LateAt) {
		t.Errorf("escalated since %s", x.Escalation.At)
	}
	x.do(t, settle)
	if late := x.LateSteps(); len(late) != 1 || late[0].Task != v1alpha1.TaskNaloxone || x.Timers()[0].Task != v1alpha1.TaskContact {
		t.Fatalf("the contact was looked at, and not the naloxone: %+v, %+v", late, x.Timers())
	}
	if x.do(t, settle); x.Escalation != nil || len(x.Timers()) != 2 {
		t.Errorf("%+v, %+v", x.Escalation, x.Timers())
	}
}

// Who did not answer is known until somebody has.
func TestWhoDidNotAnswerIsKnownUntilSomebodyDoes(t *testing.T) {
	x := along(t, referral.Direct, planned())
	if x.ForTheADP() {
		t.Error("there is time to answer")
	}
	x.whatNow(t, minutes(60))
	if all := x.Silences(); len(all) != 1 || all[0].Partner != "harbour" || all[0].Until.Before(minutes(60)) || !x.ForTheADP() {
		t.Errorf("%+v", all)
	}
	x.do(t, step{beacon, referral.Acknowledge{}, ""})
	if all := x.Silences(); len(all) != 0 || x.ForTheADP() {
		t.Errorf("beacon has it: %+v", all)
	}
}
