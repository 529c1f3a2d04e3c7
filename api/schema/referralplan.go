package schema

import (
	"context"
	"strings"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/referral"
	"lifeline.scot/crds/v1alpha1"
)

// mostSteps bounds the steps of a referral, and mostWarnings what is said of its pathway.
const (
	mostSteps    = 10
	mostWarnings = 4
)

func (e *referralEnums) ofPlan() {
	e.task = meanings[referral.Task]("ReferralTask", "What a step of a referral is.",
		meaning{"Answer", "The partner that is asked says that it has the referral.", ""},
		meaning{"Contact", "Somebody speaks with the person.", ""}, meaning{"Assessment", "What the person needs is assessed.", ""},
		meaning{"Preparation", "Detox, a visit, what is needed at home.", ""},
		meaning{"Naloxone", "Take-home naloxone is offered.", ""}, meaning{"Aftercare", "Support afterwards is offered.", ""},
		meaning{"PeerSupport", "Somebody in recovery is introduced.", ""},
		meaning{"FollowUp", "Somebody asks again how the person is.", ""})
	e.stepOutcome = meanings[referral.StepOutcome]("ReferralStepOutcome", "What came of a step.",
		meaning{"Offered", "It was offered, and the person has not said yet.", ""}, meaning{"Done", "It is done; what was offered was taken.", ""},
		meaning{"Declined", "The person chose not to.", ""}, meaning{"NotNeeded", "It is not needed; why, is in words.", ""})
	e.journey = meanings[v1alpha1.PathwayJourney]("PathwayJourney", "What a pathway is for.",
		meaning{"NearFatalOverdose", "Reaching somebody after a near-fatal overdose.", ""},
		meaning{"PrisonToRehab", "From prison into rehab, on the day of liberation.", ""},
		meaning{"HospitalDischarge", "From hospital to support.", ""}, meaning{"IntoRehab", "Into rehab from the community.", ""},
		meaning{"Aftercare", "Support after a stay.", ""}, meaning{"RecoveryCommunity", "Into a community led by people in recovery.", ""})
}

// dueOf is what is due of a referral, as it stands at a moment.
type dueOf struct {
	referral.Due

	view *directory.View
}

func (t *types) declarePlan() {
	t.due = object("ReferralDue", "What is to be done next by a moment, and by whom.", func() []engine.Field {
		return []engine.Field{
			engine.Get("task", "What.", required(t.task), func(d dueOf) referral.Task { return d.Task }),
			engine.Get("inWords", "The same in words.", required(engine.String), dueOf.inWords),
			engine.Get("responder", "The partner that is to do it; null if it is not in the directory.", t.partner, func(d dueOf) *of[*directory.Partner] {
				return pointerTo(d.view, present(d.view.Partner(d.Responder)))
			}),
			engine.Get("byTime", "By when.", required(t.dateTime), func(d dueOf) time.Time { return d.By }),
			engine.Get("overdue", "Whether that time is over.", required(engine.Boolean), func(d dueOf) bool { return d.Overdue(d.view.Now()) }),
			engine.Get("escalated", "Whether the ADP has been told that it is late.", required(engine.Boolean), func(d dueOf) bool { return d.Late }),
		}
	})
	t.stepObject = object("ReferralStep", "How a step stands.", func() []engine.Field {
		type s = referral.Step
		return []engine.Field{
			engine.Get("task", "What it is.", required(t.task), func(x s) referral.Task { return x.Task }),
			engine.Get("outcome", "What came of it; null if nothing yet.", t.stepOutcome, func(x s) referral.StepOutcome { return x.Outcome }),
			engine.Get("time", "When; null if nothing yet.", t.dateTime, func(x s) *time.Time { return orNull(x.At) }),
			engine.Get("dueTime", "By when it is to be done; null if there is no such time, or it is not known yet.", t.dateTime,
				func(x s) *time.Time { return orNull(x.Due) }),
			engine.Get("escalatedTime", "When the ADP was told that it is late; null if it was not.", t.dateTime,
				func(x s) *time.Time { return orNull(x.LateAt) }),
			engine.Get("responders", "The names of the partners that are asked to answer, in turn; empty for other steps. Who may not "+
				"see pathway sees those that were asked already.", each(engine.String),
				func(x s) []string { return x.Responders }).Sized(mostSteps),
		}
	})
	t.pathway = object("ReferralPathway", "The pathway that a referral was made along.", func() []engine.Field {
		type a = referral.Along
		return []engine.Field{
			engine.Get("name", "Its name, in the ADP of the referral.", required(engine.String), func(x a) string { return x.Pathway }),
			engine.Get("journey", "What it is for.", required(t.journey), func(x a) v1alpha1.PathwayJourney { return x.Journey }),
			engine.Get("incidentTime", "When it happened; null where nobody said.", t.dateTime, func(x a) *time.Time { return orNull(x.Incident) }),
			engine.Get("incidentArea", "The council area in which it happened (GSS code); null where there was no incident.", engine.String,
				func(x a) *string { return orNull(x.IncidentArea) }),
			engine.Get("noticeTime", "When somebody was told; null where nobody said.", t.dateTime, func(x a) *time.Time { return orNull(x.Notice) }),
			engine.Get("deadlineTime", "The first moment of the day by which all has to be done; null for none.", t.dateTime,
				func(x a) *time.Time { return orNull(x.Deadline) }),
			engine.Get("readyByTime", "When all that comes before is done, if each step takes all of its time; null where there is no deadline.",
				t.dateTime, func(x a) *time.Time { return orNull(x.ReadyBy) }),
			engine.Get("warnings", "What somebody should know of it; empty if nothing.", each(engine.String), warningsOf).Sized(mostWarnings),
		}
	})
	t.toldPathway = toldKind[referral.Along](t, "Pathway", "The pathway that the referral was made along", t.pathway)
	t.pathwayInput = &engine.Input{
		Name: "ReferralPathwayInput", Description: "The pathway that somebody is to be referred along. It names the partner that is asked first, and " +
			"by when each step is due; the referral keeps to that whatever becomes of the pathway.", Fields: []engine.Argument{
			{Name: "name", Description: "Its name, in the ADP of the referral.", Type: required(engine.String)},
			{Name: "incidentTime", Description: "When it happened, where the pathway begins with an incident.", Type: t.dateTime},
			{
				Name: "incidentArea", Description: "The council area in which it happened (GSS code), for example S12000049, where the pathway begins with " +
					"an incident. It has to be in the area of the ADP whose pathway it is; whoever acts for no ADP may leave partnership out, and it is found by this.",
				Type: engine.String,
			},
			{Name: "noticeTime", Description: "When somebody was told, where the pathway begins with an incident or a notice.", Type: t.dateTime},
			{
				Name: "deadlineTime", Description: "A moment of the day by which all has to be done, where the pathway has a deadline. Left out: the day of " +
					"liberation that is told.", Type: t.dateTime,
			},
		},
	}
}

// lateOf is a step that is late, with the view that partners are found in.
type lateOf = of[casework.Late]

func (t *types) declareLate() {
	t.late = object("LateStep", "A step of a referral that is late, and who has the referral. It says nothing of the person.", func() []engine.Field {
		return []engine.Field{
			engine.Get("referral", "The number of the referral.", required(engine.ID), func(x lateOf) string { return x.it.Referral }),
			engine.Get("version", "A number of its version: send it with referralEscalationSettle.", required(engine.Int), func(x lateOf) int64 { return x.it.Version }),
			engine.Get("task", "The answer; null for another step: which one it is tells of the person.", t.task, func(x lateOf) referral.Task { return x.it.Task }),
			engine.Get("sinceTime", "Since when the answer is late; of another step, when your ADP was told.", required(t.dateTime), func(x lateOf) time.Time { return x.it.Since }),
			engine.Get("madeBy", "The partner that made the referral; null if it is not in the directory.", t.partner,
				func(x lateOf) *of[*directory.Partner] { return pointerTo(x.view, present(x.view.Partner(x.it.Origin))) }),
			engine.Get("with", "The partner that has it now; null if it is not in the directory.", t.partner,
				func(x lateOf) *of[*directory.Partner] { return pointerTo(x.view, present(x.view.Partner(x.it.Target))) }),
			engine.Get("passedOnFrom", "The name of the partner that did not answer in time, so that the next one was asked at sinceTime: that is for you "+
				"to know until somebody answers, and there is nothing to settle. Null: the step is late still.", engine.String,
				func(x lateOf) *string { return orNull(x.it.PassedOnFrom) }),
		}
	})
}

func (t *types) lateQuery() engine.Field {
	return engine.Resolve("lateSteps", "Where nobody of your ADP's partners answered in time, or a step is late, and nobody has said yet what follows; and "+
		"where one did not, and the next is asked: the oldest referrals first, for its commissioners and data leads. That you looked is written down.", each(t.late), []engine.Argument{
		{Name: "first", Description: "Of the first so many referrals, 1 to 100.", Type: engine.Int, Default: 20},
		{Name: "after", Description: "Only of referrals that come after this one, the last that came before.", Type: engine.ID},
	}, func(ctx context.Context, v *directory.View, args engine.Args) ([]lateOf, error) {
		desk, err := t.casework(ctx)
		if err != nil {
			return nil, err
		}
		first, err := firstOf(args)
		if err != nil {
			return nil, err
		}
		after, _ := args.String("after")
		found, err := desk.Late(ctx, identity.From(ctx), after, first)
		return all(v, found), toldOfCase(err)
	}).Costing(readReferral)
}

func (d dueOf) inWords() string {
	who := d.Responder
	if partner, known := d.view.Partner(d.Responder); known {
		who = partner.Spec.DisplayName
	}
	words := "The step " + disclosure.TaskInWords(string(d.Task)) + " is for " + who + ", "
	if d.Overdue(d.view.Now()) {
		return words + "and is late."
	}
	return words + "who still has time."
}

// warningsOf are what somebody should know of the pathway of a referral.
func warningsOf(a referral.Along) []string {
	var all []string
	if a.MissesDeadline() {
		all = append(all, "If each step takes all of its time, this is not done before the deadline: ask for answers sooner, or plan for the days "+
			"between.")
	}
	if a.Late {
		all = append(all, "The time of a step was over before the referral was made: it is counted from the referral.")
	}
	if a.Uncovered {
		all = append(all, "Not everything was in place for this pathway when the referral was made: some who are asked may be shown nothing.")
	}
	if a.Unrouted {
		all = append(all, "Nobody said where the person lives or returns to, so it was not looked at whether this is the ADP whose pathway it is.")
	}
	return all
}

// planFields are what is due, what is missing and along which pathway a referral was made.
func (t *types) planFields() []engine.Field {
	return []engine.Field{
		engine.Get("due", "What is to be done next by a moment; null if nothing is, or where status is withheld. To who may "+
			"not see pathway, an answer alone is due.", t.due, func(c caseOf) *dueOf {
			state, ok := c.cut.Standing()
			if steps := state.DueSteps(); ok && len(steps) > 0 {
				return &dueOf{steps[0], c.view}
			}
			return nil
		}),
		engine.Get("missing", "Of take-home naloxone and aftercare, what nobody has said was taken, not wanted or not needed, once a stay or support "+
			"has begun; empty where status is withheld.", each(t.task), func(c caseOf) []referral.Task {
			state, _ := c.cut.Standing()
			return state.Missing()
		}).Sized(2),
		engine.Resolve("pathway", "The pathway that it was made along. It is withheld from those who may not see overdoses and prison, whichever it is.",
			required(t.toldPathway), nil, func(_ context.Context, c caseOf, _ engine.Args) (toldOf[referral.Along], error) {
				along, may, err := c.cut.Along()
				switch {
				case err != nil || !may:
					return toldOf[referral.Along]{state: disclosure.Withheld, reasons: c.cut.WhyNot(disclosure.Along)}, err
				case along.Pathway == "":
					return toldOf[referral.Along]{state: disclosure.NotKnown}, nil
				default:
					return toldOf[referral.Along]{state: disclosure.Known, value: &along}, nil
				}
			}),
	}
}

// alongIn reads the pathway that somebody is to be referred along; nil for none.
func alongIn(in engine.Args) *casework.Along {
	p, given := in.Input("pathway")
	if !given {
		return nil
	}
	return &casework.Along{
		Pathway: strings.TrimSpace(text(p, "name")), Incident: instant(p, "incidentTime"), Notice: instant(p, "noticeTime"),
		IncidentArea: strings.TrimSpace(text(p, "incidentArea")), Deadline: instant(p, "deadlineTime"),
	}
}

// planSteps are what is said of steps.
func (t *types) planSteps() []engine.Field {
	return []engine.Field{
		t.step("referralStepSettle", "Says what came of a step: that take-home naloxone or aftercare was offered, taken or not wanted, or that another "+
			"step of the pathway is done. Naloxone and aftercare are steps of every referral, also after it has ended; another "+
			"step is settled by those who may see pathway.", []engine.Argument{
			{Name: "task", Description: "The step. An answer is given by referralAcknowledge.", Type: required(t.task)},
			{Name: "outcome", Description: "What came of it. NOT_NEEDED says why in words.", Type: required(t.stepOutcome)},
		}, func(in engine.Args) referral.Change {
			return referral.SettleStep{Task: codeIn[referral.Task](in, "task"), Outcome: codeIn[referral.StepOutcome](in, "outcome")}
		}),
	}
}
