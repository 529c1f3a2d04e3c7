package schema

import (
	"context"
	"time"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
)

// storyOf is a part of a story, with the view that partners are found in.
type storyOf = of[disclosure.Story]

// eventOf is one thing that happened.
type eventOf struct {
	view *directory.View
	referral.Event
	words   bool
	reasons []string
}

func (t *types) declareStory() {
	t.storyEvent = object("ReferralEvent", "Something that happened to a referral.", t.eventFields)
	t.story = object("ReferralStory", "What happened to a referral, in order.", func() []engine.Field {
		return []engine.Field{
			engine.Get("events", "What happened.", each(t.storyEvent), func(s storyOf) []eventOf {
				all := make([]eventOf, len(s.it.Events))
				for i, e := range s.it.Events {
					all[i] = eventOf{s.view, e, s.it.Words, s.it.Reasons}
				}
				return all
			}),
			engine.Get("hasMore", "Whether there is more: ask again after the version of the last event.", required(engine.Boolean),
				func(s storyOf) bool { return s.it.More }),
		}
	})
}

func (t *types) eventFields() []engine.Field {
	return append([]engine.Field{
		engine.Get("version", "The version that it led to.", required(engine.Int), func(e eventOf) int64 { return e.Version }),
		engine.Get("time", "When.", required(t.dateTime), func(e eventOf) time.Time { return e.At }),
		engine.Get("kind", "What.", required(t.changeKind), func(e eventOf) referral.Kind { return e.Change.Kind() }),
		engine.Get("inWords", "What, in words.", required(engine.String), func(e eventOf) string {
			return inWords(e)
		}),
		engine.Get("partner", "The organisation whose worker did it; null for others.", t.partner, func(e eventOf) *of[*directory.Partner] {
			return pointerTo(e.view, present(e.view.Partner(e.By.Partner)))
		}),
		engine.Get("words", "What they wrote with it. Shown to those who may see referralReason; withheld from others, whether or not "+
			"anything was written.", required(t.toldText), func(e eventOf) toldOf[string] {
			switch {
			case !e.words:
				return toldOf[string]{state: disclosure.Withheld, reasons: e.reasons}
			case e.Words == "":
				return toldOf[string]{state: disclosure.NotKnown}
			default:
				return toldOf[string]{state: disclosure.Known, value: &e.Words}
			}
		}),
	}, t.eventDetails()...)
}

// changeAs reads something of one kind of change; what it is of others is zero.
func changeAs[C referral.Change, V any](read func(C) V) func(eventOf) V {
	return func(e eventOf) (none V) {
		if c, ok := e.Change.(C); ok {
			return read(c)
		}
		return none
	}
}

func (t *types) eventDetails() []engine.Field {
	return []engine.Field{
		engine.Get("cannotOffer", "Why it cannot be offered; null for other events.", t.refusalObject,
			changeAs(func(c referral.CannotOffer) *referral.CannotOffer { return &c })),
		engine.Get("redirectedTo", "The name of the partner that it was sent on to; null for other events.", engine.String,
			changeAs(func(c referral.Redirect) *string { return &c.Target })),
		engine.Get("passedOnTo", "The name of the partner that it was passed on to because nobody answered in time; null for other events.",
			engine.String, changeAs(func(c referral.PassOn) *string { return &c.Target })),
		engine.Get("task", "The step that something came of, or that is late; null for other events, and "+
			"for a step that would tell those who may not see pathway which it is.", t.task, taskOf),
		engine.Get("stepOutcome", "What came of the step; null for other events.", t.stepOutcome,
			changeAs(func(c referral.SettleStep) referral.StepOutcome { return c.Outcome })),
		engine.Get("asked", "Who was asked for information; null for other events.", t.side,
			changeAs(func(c referral.Ask) referral.Side { return c.Of })),
		engine.Get("answers", "The version of the question that was answered; null for other events.", engine.Int,
			changeAs(func(c referral.Answer) *int64 { return &c.To })),
		engine.Get("stage", "The stage that was settled; null for other events.", t.stage,
			changeAs(func(c referral.SettleStage) referral.Stage { return c.Stage })),
		engine.Get("stageOutcome", "How it was settled; null for other events.", t.stageOutcome,
			changeAs(func(c referral.SettleStage) referral.StageOutcome { return c.Outcome })),
		engine.Get("escalationReason", "Why it was escalated; null for other events.", t.escalationReason,
			changeAs(func(c referral.Escalate) referral.EscalationReason { return c.Reason })),
		engine.Get("urgency", "How pressing it is from then on; null for other events.", t.urgency,
			changeAs(func(c referral.SetUrgency) referral.Urgency { return c.Urgency })),
		engine.Get("outcome", "How stay or support ended; null for other events.", t.outcome,
			changeAs(func(c referral.Complete) referral.Outcome { return c.Outcome })),
		engine.Get("withdrawalReason", "Why it was withdrawn; null for other events.", t.withdrawReason,
			changeAs(func(c referral.Withdraw) referral.WithdrawReason { return c.Reason })),
		engine.Get("link", "The referral that follows; null for other events.", t.link,
			changeAs(func(c referral.MakeLink) *referral.Link { return &c.Link })),
		engine.Get("changedFields", "What is told anew, of what you may see; empty for other events.", each(t.referralField),
			changeAs(func(c referral.Amend) []record.Field {
				var fields []record.Field
				for _, name := range c.Fields {
					fields = append(fields, record.Field(name))
				}
				return fields
			})).Sized(mostFields),
	}
}

// taskOf is the step that an event is about; none for other events.
func taskOf(e eventOf) referral.Task {
	switch c := e.Change.(type) {
	case referral.SettleStep:
		return c.Task
	case referral.Escalate:
		return c.Task
	default:
		return ""
	}
}

// inWords is what happened, in words: who it was passed on to is said here, so that nobody has to put it together.
func inWords(e eventOf) string {
	who := "Somebody at " + partnerTitle(e.view, e.By)
	if e.By.Capacity == referral.AsProgram {
		who = "Lifeline"
	}
	what := disclosure.ChangeInWords(string(e.Change.Kind()))
	switch c := e.Change.(type) {
	case referral.PassOn:
		what = "passed the referral on to " + partnerTitle(e.view, referral.Actor{Partner: c.Target}) +
			", because the partner that was asked had not said in time that it has it"
	case referral.Escalate:
		if c.Task != "" {
			what = "told the ADP that the step " + disclosure.TaskInWords(string(c.Task)) + " is late"
		}
	case referral.SettleStep:
		if c.Task != "" {
			what += ": the step " + disclosure.TaskInWords(string(c.Task))
		}
	}
	return who + " " + what + "."
}

// partnerTitle is the name of who did something, as people know it.
func partnerTitle(v *directory.View, by referral.Actor) string {
	if partner, known := v.Partner(by.Partner); known {
		return partner.Spec.DisplayName
	}
	if by.Partner == "" {
		return "Lifeline"
	}
	return by.Partner
}

func (t *types) storyField() engine.Field {
	return engine.Resolve("story", "What happened to it, in order; null where status is withheld. Who may see why it was made may see what "+
		"was written.", t.story, []engine.Argument{
		{Name: "first", Description: "The first so many, 1 to 100.", Type: engine.Int, Default: 20},
		{Name: "afterVersion", Description: "Only what happened after this version.", Type: engine.Int, Default: 0},
	}, func(ctx context.Context, c caseOf, args engine.Args) (*storyOf, error) {
		desk, err := t.casework(ctx)
		if err != nil || !c.cut.Permits(record.Status) {
			return nil, err
		}
		first, _ := args.Int("first")
		after, _ := args.Int("afterVersion")
		if first < 1 || first > largestPage || after < 0 {
			return nil, problem(CodeBadPageSize, "Ask for the first 1 to 100, after a version from 0 on.")
		}
		story, err := desk.Cutter.Story(ctx, c.cut, int64(after), first)
		if err != nil {
			return nil, toldOfCase(err)
		}
		return &storyOf{c.view, story}, nil
	}).Costing(readReferral)
}
