package schema

import (
	"context"
	"errors"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
)

// casePayload is what came of a mutation about a referral.
type casePayload struct {
	view     *directory.View
	done     casework.Done
	problems []refusal.Problem
}

// caseDecision is what one mutation about a referral does.
type caseDecision func(
	ctx context.Context, desk *casework.Desk, c identity.Caller, key string, about casework.About, in engine.Args,
) (casework.Done, error)

// caseMutation declares a mutation about a referral; versioned ones are decided upon a version that was read.
func (t *types) caseMutation(name, description string, versioned bool, fields []engine.Argument, do caseDecision) engine.Field {
	about := []engine.Argument{
		keyArgument(), {Name: "referral", Description: "The number of the referral.", Type: required(engine.ID)},
	}
	if versioned {
		about = append(about, engine.Argument{
			Name: "version", Description: "The version that you read: nothing is done if the referral has changed since.", Type: required(engine.Int),
		})
	}
	return t.casePerform(name, description, append(about, fields...),
		func(ctx context.Context, desk *casework.Desk, in engine.Args) (casework.Done, error) {
			return do(ctx, desk, identity.From(ctx), text(in, "idempotencyKey"), aboutIn(in), in)
		})
}

// casePerform declares a mutation that ends in a referral.
func (t *types) casePerform(
	name, description string, fields []engine.Argument,
	do func(ctx context.Context, desk *casework.Desk, in engine.Args) (casework.Done, error),
) engine.Field {
	upper := typeName(name)
	input := &engine.Input{Name: upper + "Input", Description: description, Fields: fields}
	return engine.Resolve(name, description, required(t.caseAnswer(upper, name)), inputArgument(input),
		func(ctx context.Context, v *directory.View, args engine.Args) (*casePayload, error) {
			desk, err := t.casework(ctx)
			if err != nil {
				return nil, err
			}
			in, _ := args.Input("input")
			done, err := do(ctx, desk, in)
			return answerCase(v, done, err)
		}).Costing(mutationCost)
}

// answerCase makes a payload of what came of a request: what was in the way is data, everything else an error.
func answerCase(v *directory.View, done casework.Done, err error) (*casePayload, error) {
	var refused refusal.Refusal
	var argument *engine.Error
	switch {
	case errors.As(err, &refused):
		return &casePayload{view: v, problems: refused}, nil
	case errors.As(err, &argument) && argument.Code == CodeBadArgument:
		name, _ := argument.Extensions["argument"].(string)
		return &casePayload{view: v, problems: refusal.Of(refusal.Invalid, argument.Message, "input", name)}, nil
	case err != nil:
		return nil, toldOfCase(err)
	default:
		return &casePayload{view: v, done: done}, nil
	}
}

func (t *types) caseAnswer(upper, name string) *engine.Object {
	return object(upper+"Payload", "What came of "+name+".", func() []engine.Field {
		return []engine.Field{
			engine.Resolve("referral", "The referral as far as you may see it now; null when nothing was done, or it has gone out of your sight.",
				t.referral, t.askingArguments(), t.referralAfter).Costing(readReferral).Ahead(),
			engine.Get("id", "The number of the referral; null when nothing was done.", engine.ID,
				func(p *casePayload) *string { return orNull(p.done.Referral) }),
			engine.Get("version", "The version that it has after this; of what was said about sharing and of emergencies, their number; null when "+
				"nothing was done, or that is not for you to know. It is as in Referral.version.", engine.Int, func(p *casePayload) *int64 { return orNull(p.done.Version) }),
			engine.Get("problems", "What was in the way; empty when it was done.", each(t.problem),
				func(p *casePayload) []refusal.Problem { return p.problems }).Sized(mostProblems),
			engine.Get("replayed", "Whether the same request had been carried out before, and nothing was done again.",
				required(engine.Boolean), func(p *casePayload) bool { return p.done.Replayed }),
		}
	})
}

func (t *types) referralAfter(ctx context.Context, p *casePayload, args engine.Args) (*caseOf, error) {
	desk, err := t.casework(ctx)
	if err != nil || p.done.Referral == "" {
		return nil, err
	}
	asking, err := askingOf(ctx, args)
	if err != nil {
		return nil, err
	}
	return cutOne(ctx, p.view, desk, asking, p.done.Referral, fieldsNamed(engine.Selected(ctx)))
}

// step declares a mutation that is a change of codes and words.
func (t *types) step(name, description string, fields []engine.Argument, change func(in engine.Args) referral.Change) engine.Field {
	return t.caseMutation(name, description, true, append(fields, wordsArgument(name)),
		func(ctx context.Context, desk *casework.Desk, c identity.Caller, key string, about casework.About, in engine.Args) (casework.Done, error) {
			return desk.Do(ctx, c, key, about, change(in), text(in, "words"))
		})
}

// wordy are the mutations that make no sense without words.
var wordy = map[string]bool{
	"referralReconsider": true, "referralMessage": true, "referralAsk": true, "referralAnswer": true, "referralEscalationSettle": true,
}

func wordsArgument(name string) engine.Argument {
	words := engine.Argument{
		Name: "words", Description: "What you write with it, in at most 4,000 characters: kept encrypted, and shown to those who may see why the " +
			"referral was made.", Type: engine.String,
	}
	if wordy[name] {
		words.Type = required(engine.String)
	}
	return words
}

func (t *types) referralMutations() []engine.Field {
	fields := []engine.Field{
		t.casePerform("referralSubmit", "Makes a referral: of somebody to a partner. The person can be referred without a CHI number, under a name of "+
			"their choice, with no fixed abode.", append([]engine.Argument{keyArgument()}, t.submitFields(false)...), t.submit),
		t.casePerform("referralReferOnward", "Makes a referral that follows another of the same person: aftercare, or support by another partner.",
			append([]engine.Argument{keyArgument()}, t.submitFields(true)...), t.submit),
	}
	fields = append(fields, t.targetSteps()...)
	fields = append(fields, t.otherSteps()...)
	fields = append(fields, t.planSteps()...)
	fields = append(fields, t.placeMutations()...)
	fields = append(fields, t.recordMutations()...)
	fields = append(fields, t.consentMutations()...)
	return append(append(fields, t.emergencyMutations()...), t.deliveryMutations()...)
}

func (t *types) submitFields(follows bool) []engine.Argument {
	fields := []engine.Argument{
		{Name: "partnership", Description: "The name of the ADP. Left out: the one you refer people for.", Type: engine.String},
		{Name: "target", Description: "The name of the partner that is asked. Left out: the one that the pathway asks first.", Type: engine.String},
		{Name: "pathway", Description: "The pathway of the ADP that it is made along. Left out: none.", Type: t.pathwayInput},
		{Name: "urgency", Description: "How pressing it is.", Type: t.urgency, Default: referral.Routine},
		{Name: "route", Description: "Whether somebody has to approve the money.", Type: t.referralRoute, Default: referral.Direct},
		{Name: "told", Description: "What is told.", Type: required(t.toldInput)},
		{Name: "circumstances", Description: "The circumstances of the person.", Type: t.circumstancesInput},
		{Name: "consents", Description: "What the person said about sharing it, at most 20. Without their agreement the partner sees nothing of them.", Type: some(t.consentInput)},
		wordsArgument(""),
	}
	if follows {
		return append(fields, engine.Argument{Name: "follows", Description: "The referral that it follows.", Type: required(t.followsInput)})
	}
	return fields
}

func (t *types) submit(ctx context.Context, desk *casework.Desk, in engine.Args) (casework.Done, error) {
	told, _ := in.Input("told")
	is, err := toldIn(told)
	if err != nil {
		return casework.Done{}, err
	}
	s := casework.Submission{
		Partnership: text(in, "partnership"), Target: text(in, "target"), Urgency: codeIn[referral.Urgency](in, "urgency"),
		Route: codeIn[referral.Route](in, "route"), Told: is, Consents: consentsIn(in), Words: text(in, "words"),
		Along: alongIn(in),
	}
	if c, given := in.Input("circumstances"); given {
		s.Circumstances = circumstancesOf(c)
	}
	if f, given := in.Input("follows"); given {
		s.Follows = &casework.Follows{About: aboutIn(f), Kind: codeIn[referral.LinkKind](f, "kind")}
	}
	return desk.Submit(ctx, identity.From(ctx), text(in, "idempotencyKey"), s)
}

// targetSteps are what the partner that is asked does.
func (t *types) targetSteps() []engine.Field {
	plain := func(c referral.Change) func(engine.Args) referral.Change {
		return func(engine.Args) referral.Change { return c }
	}
	return []engine.Field{
		t.step("referralAcknowledge", "Says that the partner that is asked has the referral.", nil, plain(referral.Acknowledge{})),
		t.step("referralAccept", "Says that the partner that is asked will support the person.", nil, plain(referral.Accept{})),
		t.step("referralCannotOffer", "Says that the partner that is asked cannot offer what is needed.", []engine.Argument{
			{Name: "reason", Description: "Why.", Type: required(t.cannotOffer)},
			{Name: "possible", Description: "What would make it possible.", Type: required(t.possibility)},
		}, func(in engine.Args) referral.Change {
			return referral.CannotOffer{
				Reason: codeIn[referral.CannotOfferReason](in, "reason"), Possible: codeIn[referral.Possibility](in, "possible"),
			}
		}),
		t.step("referralStartSupport", "Says that support without a place has begun.", nil, plain(referral.StartSupport{})),
		t.step("referralComplete", "Says that stay or support has ended.", []engine.Argument{
			{Name: "outcome", Description: "How it ended.", Type: required(t.outcome)},
		}, func(in engine.Args) referral.Change {
			return referral.Complete{Outcome: codeIn[referral.Outcome](in, "outcome")}
		}),
	}
}

// otherSteps are what others do, or every side.
func (t *types) otherSteps() []engine.Field {
	plain := func(c referral.Change) func(engine.Args) referral.Change {
		return func(engine.Args) referral.Change { return c }
	}
	return []engine.Field{
		t.step("referralRedirect", "Sends the referral on to another partner.", []engine.Argument{
			{Name: "target", Description: "The name of the partner.", Type: required(engine.String)},
		}, func(in engine.Args) referral.Change { return referral.Redirect{Target: text(in, "target")} }),
		t.step("referralReconsider", "Asks the same partner again, after something has changed.", nil, plain(referral.Reconsider{})),
		t.step("referralAsk", "Asks another side for information.", []engine.Argument{
			{Name: "of", Description: "Who is asked: ORIGIN, TARGET or PARTNERSHIP.", Type: required(t.side)},
		}, func(in engine.Args) referral.Change { return referral.Ask{Of: codeIn[referral.Side](in, "of")} }),
		t.step("referralAnswer", "Gives information that was asked for.", []engine.Argument{
			{Name: "question", Description: "The version that asked.", Type: required(engine.Int)},
		}, func(in engine.Args) referral.Change { return referral.Answer{To: int64(number(in, "question"))} }),
		t.step("referralMessage", "Writes a message to the other sides.", nil, plain(referral.Message{})),
		t.step("referralWithdraw", "Withdraws the referral: nobody goes on with it.", []engine.Argument{
			{Name: "reason", Description: "Why.", Type: required(t.withdrawReason)},
		}, func(in engine.Args) referral.Change {
			return referral.Withdraw{Reason: codeIn[referral.WithdrawReason](in, "reason")}
		}),
		t.step("referralEscalate", "Asks somebody with more say to look at it.", []engine.Argument{
			{Name: "reason", Description: "Why.", Type: required(t.escalationReason)},
		}, func(in engine.Args) referral.Change {
			return referral.Escalate{Reason: codeIn[referral.EscalationReason](in, "reason")}
		}),
		t.step("referralEscalationSettle", "Says that what was escalated was looked at, and what follows.", nil, plain(referral.SettleEscalation{})),
		t.step("referralStageSettle", "Settles a stage of the funded journey.", []engine.Argument{
			{Name: "stage", Description: "The stage: CONTACT_ADP, SPECIALIST_ASSESSMENT, PLAN_AND_FUNDING or PREPARATION.", Type: required(t.stage)},
			{Name: "outcome", Description: "How.", Type: required(t.stageOutcome)},
		}, func(in engine.Args) referral.Change {
			return referral.SettleStage{Stage: codeIn[referral.Stage](in, "stage"), Outcome: codeIn[referral.StageOutcome](in, "outcome")}
		}),
		t.step("referralUrgencySet", "Says how pressing it is from now on.", []engine.Argument{
			{Name: "urgency", Description: "How pressing.", Type: required(t.urgency)},
		}, func(in engine.Args) referral.Change {
			return referral.SetUrgency{Urgency: codeIn[referral.Urgency](in, "urgency")}
		}),
		t.step("referralTakeUp", "Says that you work with the person from now on. Direct care is for those who do.", nil, plain(referral.TakeUp{})),
		t.step("referralStepBack", "Says that you work with the person no more.", nil, plain(referral.StepBack{})),
	}
}

// recordMutations change what is kept of the person.
func (t *types) recordMutations() []engine.Field {
	return []engine.Field{
		t.caseMutation("referralAmend", "Changes what a referral tells, of the fields that are sent. You can change what you may see, in the role and "+
			"for the purpose that you name.", true, append([]engine.Argument{
			{Name: "told", Description: "What is told anew. What is left out stays.", Type: t.toldInput},
			{Name: "clear", Description: "What is told no longer.", Type: some(t.referralField)},
			wordsArgument(""),
		}, t.askingArguments()...),
			func(ctx context.Context, desk *casework.Desk, _ identity.Caller, key string, about casework.About, in engine.Args) (casework.Done, error) {
				asking, err := askingOf(ctx, in)
				if err != nil {
					return casework.Done{}, err
				}
				patch, err := patchIn(in)
				if err != nil {
					return casework.Done{}, err
				}
				return desk.Amend(ctx, asking, key, about, patch, text(in, "words"))
			}),
		t.caseMutation("referralCircumstancesSet", "Says what the circumstances of the person are from now on: what is left out is said no longer.",
			true, []engine.Argument{
				{Name: "circumstances", Description: "All of them.", Type: required(t.circumstancesInput)}, wordsArgument(""),
			},
			func(ctx context.Context, desk *casework.Desk, c identity.Caller, key string, about casework.About, in engine.Args) (casework.Done, error) {
				is, _ := in.Input("circumstances")
				return desk.SetCircumstances(ctx, c, key, about, circumstancesOf(is), text(in, "words"))
			}),
	}
}
