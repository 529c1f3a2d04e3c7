package schema

import (
	"context"
	"errors"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
)

// referralTypes are the types of referrals.
type referralTypes struct {
	referralEnums
	toldTypes
	referralInputs

	referral, sharing, obligation, standing, stageObject, question, link, refusalObject, escalation *engine.Object
	story, storyEvent, consent, wouldSee, withheldField, trail, trailEntry                          *engine.Object
	emergency, worklist, worklistEdge, withheldReferral, due, stepObject, pathway                   *engine.Object
	adpPathway, pathwayStep, late                                                                   *engine.Object
}

// Bounds of lists of a referral.
const (
	mostSides       = 3
	mostObligations = 8
	mostLinksTold   = 20
	mostQuestions   = 20
	mostConsents    = 100
	mostFields      = 30
	// readReferral is what reading a referral costs besides what is shown: it is decided about, and written down.
	readReferral = 20
)

// CodeNotSetUp is a question about referrals where none are kept.
const CodeNotSetUp = "NOT_SET_UP"

// casework is where referrals are handed in and read. What is asked of it is answered at fixed moments: when an answer comes does not
// tell whether somebody is there.
func (t *types) casework(ctx context.Context) (*casework.Desk, error) {
	engine.Evenly(ctx)
	if t.sources.Casework == nil {
		return nil, problem(CodeNotSetUp, "Referrals are not set up here: this server answers about the directory and places alone.")
	}
	desk, err := t.sources.Casework()
	if err != nil {
		return nil, toldOfCase(err)
	}
	return desk, nil
}

func (t *types) declareReferrals() {
	t.referralEnums = newReferralEnums()
	t.declareTold()
	t.declareReferralInputs()
	t.declareSharing()
	t.declarePlan()
	t.declarePathways()
	t.declareLate()
	t.declareStanding()
	t.declareStory()
	t.declareTrail()
	t.declareConsent()
	t.declareEmergencies()
	t.declareWorklist()
	t.referral = object("Referral", "A referral as far as you may see it, for the purpose and in the role you asked in. Each field says "+
		"whether it is known, not known to anybody, or withheld and why.", func() []engine.Field {
		return append(append(t.aboutReferral(), t.toldFields()...), t.besideReferral()...)
	})
}

// askingArguments say in which role and for which purpose something is read.
func (t *types) askingArguments() []engine.Argument {
	return []engine.Argument{
		{Name: "purpose", Description: "What you ask for.", Type: t.purpose, Default: disclosure.DirectCare},
		{Name: "as", Description: "The care role you ask in, one of yours. Left out: your only one.", Type: t.careRole},
	}
}

// askingOf reads in which role and for which purpose something is read.
func askingOf(ctx context.Context, args engine.Args) (disclosure.Asking, error) {
	a := disclosure.Asking{Caller: identity.From(ctx)}
	a.Purpose, _ = engine.ArgOf[disclosure.Purpose](args, "purpose")
	as, given := engine.ArgOf[identity.CareRole](args, "as")
	mine := a.Caller.Care.List()
	switch {
	case given && !a.Caller.Care.Has(as):
		return a, badArgument("as", "That is none of your care roles: see viewer { careRoles }.")
	case given:
		a.As = as
	case len(mine) == 1:
		a.As = mine[0]
	case len(mine) > 1:
		return a, badArgument("as", "Say in which of your care roles you ask: see viewer { careRoles }.")
	}
	return a, nil
}

// fieldsNamed is what is asked for of referrals among the names that are selected.
func fieldsNamed(names []string) []record.Field {
	selected := map[string]bool{}
	for _, name := range names {
		selected[name] = true
	}
	var fields []record.Field
	standing := selected["standing"] || selected["due"] || selected["missing"]
	for _, f := range append(record.Fields(), disclosure.Circumstances, disclosure.Consents, disclosure.Along) {
		if selected[casework.InputName(f)] || f == record.Status && standing {
			fields = append(fields, f)
		}
	}
	return fields
}

// aboutReferral are the fields that whoever may know of the referral sees.
func (t *types) aboutReferral() []engine.Field {
	return []engine.Field{
		engine.Get("id", "Its opaque number.", required(engine.ID), func(c caseOf) string { return c.cut.ID() }),
		engine.Get("version", "Send it with a change: nothing is done if the referral has changed since. It counts the changes; where status is "+
			"withheld it is a number of your own that does not.",
			required(engine.Int), func(c caseOf) int64 { return c.cut.Version() }),
		engine.Get("sides", "The parts that your organisation, or the ADP you act for, has in it.", each(t.side),
			func(c caseOf) []referral.Side { return c.cut.Sides() }).Sized(mostSides),
		engine.Get("sharing", "What the rules of sharing said.", required(t.sharing), func(c caseOf) caseOf { return c }),
		engine.Get("asOfVersion", "The version as of which you see what was told; null for now. Whoever accepted a referral keeps what they "+
			"were given then, and sees nothing newer.", engine.Int, func(c caseOf) *int64 { return orNull(c.cut.AsOf()) }),
	}
}

// besideReferral is what comes with a referral besides what it tells.
func (t *types) besideReferral() []engine.Field {
	return append([]engine.Field{
		engine.Get("standing", "How it stands in full; null where status is withheld.", t.standing, func(c caseOf) *of[referral.State] {
			state, ok := c.cut.Standing()
			if !ok {
				return nil
			}
			return &of[referral.State]{c.view, state}
		}),
		engine.Resolve("circumstances", "The circumstances of the person, for the partner that made the referral and the ADP.",
			required(t.toldCircumstances), nil,
			func(_ context.Context, c caseOf, _ engine.Args) (toldOf[referral.Circumstances], error) {
				is, may, err := c.cut.Circumstances()
				if err != nil || !may {
					return toldOf[referral.Circumstances]{state: disclosure.Withheld, reasons: c.cut.WhyNot(disclosure.Circumstances)}, err
				}
				return toldOf[referral.Circumstances]{state: disclosure.Known, value: &is}, nil
			}),
		t.storyField(), t.consentsField(), t.wouldSeeField(), t.trailField(),
	}, t.planFields()...)
}

func (t *types) declareSharing() {
	t.obligation = object("SharingObligation", "Something that whoever is shown data has to do.", func() []engine.Field {
		return []engine.Field{
			engine.Get("code", "For programs.", required(engine.String), func(o obligation) string { return string(o) }),
			engine.Get("inWords", "For people.", required(engine.String), func(o obligation) string { return disclosure.ObligationInWords(string(o)) }),
		}
	})
	t.sharing = object("SharingDecision", "What the rules of sharing said about a referral, to you, for a purpose, in a role.", func() []engine.Field {
		return []engine.Field{
			engine.Get("effect", "Whether anything may be seen.", required(t.effect), func(c caseOf) string { return c.cut.Decision().Effect }),
			engine.Get("purpose", "What you asked for.", required(t.purpose), func(c caseOf) disclosure.Purpose { return c.cut.Asking().Purpose }),
			engine.Get("as", "The care role you asked in; null for none.", t.careRole, func(c caseOf) identity.CareRole { return c.cut.Asking().As }),
			engine.Get("ground", "The ground that it rests on, as a code; null where nothing may be seen.", engine.String,
				func(c caseOf) *string { return orNull(c.cut.Decision().Ground) }),
			engine.Get("groundInWords", "The ground in words; null where nothing may be seen.", engine.String, func(c caseOf) *string {
				if c.cut.Decision().Ground == "" {
					return nil
				}
				words := disclosure.GroundInWords(c.cut.Decision().Ground)
				return &words
			}),
			engine.Get("reasons", "What the ground rests on, or why nothing may be seen.", each(t.sharingReason),
				func(c caseOf) []reason { return reasonsOf(c.cut.Reasons()) }).Sized(mostReasonsGiven),
			engine.Get("obligations", "What you have to do.", each(t.obligation), func(c caseOf) []obligation {
				var all []obligation
				for _, code := range c.cut.Decision().Obligations {
					all = append(all, obligation(code))
				}
				return all
			}).Sized(mostObligations),
			engine.Get("fields", "What you may see, by the names of fields here.", each(engine.String), func(c caseOf) []string {
				return namesHere(c.cut.Decision().Fields)
			}),
			engine.Get("holdsUntilTime", "When time alone may change it; null if never.", t.dateTime,
				func(c caseOf) *time.Time { return orNull(c.cut.HoldsUntil()) }),
			engine.Get("revision", "The revision of the rules. Opaque.", required(engine.String), func(c caseOf) string { return c.cut.Decision().Revision }),
		}
	})
}

// obligation is a code of the rules.
type obligation string

// namesHere are fields as the schema names them.
func namesHere(fields []string) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = casework.InputName(record.Field(f))
	}
	return names
}

func (t *types) referralQueries() []engine.Field {
	return []engine.Field{
		engine.Resolve("referral", "A referral as far as you may see it; null if there is none of that number, or it is not for you to see. "+
			"What you ask for is written down.", t.referral, append([]engine.Argument{
			{Name: "id", Description: "Its number.", Type: required(engine.ID)},
			{Name: "statutoryRequest", Description: "What a public body asks by law.", Type: t.statutoryInput},
		}, t.askingArguments()...), t.findReferral).Costing(readReferral).Ahead(),
		t.worklistQuery(), t.findQuery(), t.withheldQuery(), t.emergenciesQuery(), t.trailQuery(), t.deliveriesQuery(),
		t.pathwaysQuery(), t.lateQuery(),
	}
}

func (t *types) findReferral(ctx context.Context, v *directory.View, args engine.Args) (*caseOf, error) {
	desk, asking, err := t.asked(ctx, args)
	if err != nil {
		return nil, err
	}
	if asking.Statutory, err = statutoryOf(args); err != nil {
		return nil, err
	}
	id, _ := args.String("id")
	return cutOne(ctx, v, desk, asking, id, fieldsNamed(engine.Selected(ctx)))
}

// cutOne reads one referral; nil if it is not there for whoever asks.
func cutOne(
	ctx context.Context, v *directory.View, desk *casework.Desk, a disclosure.Asking, id string, fields []record.Field,
) (*caseOf, error) {
	cuts, err := desk.Cutter.Cut(ctx, a, fields, id)
	if err != nil {
		return nil, toldOfCase(err)
	}
	if !cuts[0].There() {
		return nil, nil //nolint:nilnil // null is the answer
	}
	return &caseOf{v, cuts[0]}, nil
}

// toldOfCase is an error about referrals as the client is told of it.
func toldOfCase(err error) error {
	if errors.Is(err, casework.ErrUnavailable) || errors.Is(err, disclosure.ErrNotDecided) {
		return problem(CodeUnavailable, "Referrals cannot be reached now, or it is not known what may be shared. Try again in a moment; send a "+
			"change again with the same idempotencyKey.")
	}
	return told(err)
}

func (t *types) declareStanding() {
	type s = of[referral.State]
	t.stageObject = object("ReferralStageStanding", "How a stage of the funded journey stands.", func() []engine.Field {
		type x = stageStanding
		return []engine.Field{
			engine.Get("stage", "The stage.", required(t.stage), func(x x) referral.Stage { return x.stage }),
			engine.Get("outcome", "How it was settled; null if it was not.", t.stageOutcome, func(x x) referral.StageOutcome { return x.Outcome }),
			engine.Get("time", "When; null if it was not.", t.dateTime, func(x x) *time.Time { return orNull(x.At) }),
		}
	})
	t.question = object("ReferralQuestion", "A request for information that is not answered.", func() []engine.Field {
		type q = referral.Question
		return []engine.Field{
			engine.Get("version", "The version that asked: an answer names it.", required(engine.Int), func(x q) int64 { return x.Version }),
			engine.Get("of", "Who is asked.", required(t.side), func(x q) referral.Side { return x.Of }),
			engine.Get("time", "When.", required(t.dateTime), func(x q) time.Time { return x.At }),
		}
	})
	t.link = object("ReferralLink", "Another referral of the same person.", func() []engine.Field {
		return []engine.Field{
			engine.Get("kind", "How it belongs to this one.", required(t.linkKind), func(x referral.Link) referral.LinkKind { return x.Kind }),
			engine.Get("referral", "Its number. What you may see of it is decided when you ask for it.", required(engine.ID),
				func(x referral.Link) string { return x.Referral }),
		}
	})
	t.refusalObject = object("ReferralCannotOffer", "Why the partner cannot offer what is needed.", func() []engine.Field {
		type c = referral.CannotOffer
		return []engine.Field{
			engine.Get("reason", "Why.", required(t.cannotOffer), func(x c) referral.CannotOfferReason { return x.Reason }),
			engine.Get("possible", "What would make it possible.", required(t.possibility), func(x c) referral.Possibility { return x.Possible }),
		}
	})
	t.escalation = object("ReferralEscalation", "What somebody with more say has to look at.", func() []engine.Field {
		type e = referral.OpenEscalation
		return []engine.Field{
			engine.Get("reason", "Why.", required(t.escalationReason), func(x e) referral.EscalationReason { return x.Reason }),
			engine.Get("time", "Since when.", required(t.dateTime), func(x e) time.Time { return x.At }),
		}
	})
	t.standing = object("ReferralStanding", "How a referral stands, by codes.", func() []engine.Field {
		return append([]engine.Field{
			engine.Get("partnership", "The ADP; null if it is not in the directory.", t.partnership,
				func(x s) *of[*directory.Partnership] { return partnershipOf(x.view, x.it.Partnership) }),
			engine.Get("route", "Whether somebody has to approve the money.", required(t.referralRoute), func(x s) referral.Route { return x.it.Route }),
			engine.Get("changedTime", "When it changed last.", required(t.dateTime), func(x s) time.Time { return x.it.ChangedAt }),
		}, t.standingOfCase()...)
	})
}

type stageStanding struct {
	stage referral.Stage
	referral.Settled
}

func (t *types) standingOfCase() []engine.Field {
	type s = of[referral.State]
	return []engine.Field{
		engine.Get("stage", "The first stage of the funded journey that is not settled; null for none.", t.stage,
			func(x s) referral.Stage { return x.it.Stage() }),
		engine.Get("stages", "The stages of the funded journey; empty for a direct referral.", each(t.stageObject), func(x s) []stageStanding {
			if x.it.Route != referral.Funded {
				return nil
			}
			var all []stageStanding
			for _, stage := range referral.Stages() {
				all = append(all, stageStanding{stage, x.it.Stages[stage]})
			}
			return all
		}).Sized(len(referral.Stages())),
		engine.Get("steps", "The steps of the pathway that it was made along, and what is said of take-home naloxone and aftercare. Who "+
			"may not see pathway sees of them the answer that is waited for, and these two.",
			each(t.stepObject), func(x s) []referral.Step { return x.it.Steps }).Sized(mostSteps),
		engine.Get("cannotOffer", "Why the partner cannot offer it, while that is how it stands.", t.refusalObject,
			func(x s) *referral.CannotOffer { return x.it.Refusal }),
		engine.Get("escalation", "What is escalated; null for nothing.", t.escalation, func(x s) *referral.OpenEscalation { return x.it.Escalation }),
		engine.Get("questions", "Requests for information that are open.", each(t.question), func(x s) []referral.Question { return x.it.Questions }).
			Sized(mostQuestions),
		engine.Get("follows", "The referral that this one follows; null for none.", t.link, func(x s) *referral.Link { return x.it.From }),
		engine.Get("followedBy", "The referrals that follow this one.", each(t.link), func(x s) []referral.Link { return x.it.Links }).
			Sized(mostLinksTold),
		engine.Get("claim", "The name of the claim on a place; null for none.", engine.String, func(x s) *string { return orNull(x.it.Claim) }),
		engine.Get("heldUntilTime", "When the hold on a place ends; null for none.", t.dateTime, func(x s) *time.Time { return orNull(x.it.HeldUntil) }),
		engine.Get("outcome", "How stay or support ended; null if it has not.", t.outcome, func(x s) referral.Outcome { return x.it.Outcome }),
		engine.Get("withdrawalReason", "Why it was withdrawn; null if it was not.", t.withdrawReason,
			func(x s) referral.WithdrawReason { return x.it.Withdrawal }),
	}
}
