package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/rights"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// EmergencyReason is why a referral has to be read at once.
type EmergencyReason string

// The reasons, in the words of the rules.
const (
	LifeAtRisk          EmergencyReason = "life_at_risk"
	SeriousHarmToOthers EmergencyReason = "serious_harm_to_others"
)

// ReviewOutcome is what came of the review of an emergency.
type ReviewOutcome string

// The outcomes.
const (
	ReviewJustified    ReviewOutcome = "Justified"
	ReviewNotJustified ReviewOutcome = store.NotJustified // ends it at once
	ReviewFollowUp     ReviewOutcome = "FollowUpNeeded"
)

// longestJustification is how many characters are kept; the settings of the rules say how many have to be written.
const longestJustification = 2000

// BreakGlass declares an emergency: for as long as the settings of the rules say, whoever declares it may read what the rules
// open in an emergency, in the role and for the purpose that they ask in. Somebody else has to review it. What is wrong with the
// declaration is told; what is in the way in the referral is not, so that nobody learns of one that is not theirs.
func (d *Desk) BreakGlass(
	ctx context.Context, a disclosure.Asking, key, id string, reason EmergencyReason, justification string,
) (Done, error) {
	e := store.Emergency{
		Referral: id, At: d.now(), By: disclosure.ActorOf(a.Caller), Reason: string(reason), Purpose: string(a.Purpose),
		Role: string(a.As), Justification: justification,
	}
	if done, was, err := d.again(ctx, a.Caller, store.Declaration{Once: once(a.Caller, key), Emergency: e}); was || err != nil {
		return unnumbered(done), err
	}
	if err := d.mayDeclare(ctx, a); err != nil {
		return Done{}, err
	}
	if err := d.checkJustification(justification); err != nil {
		return Done{}, err
	}
	cut, err := d.Cutter.Suppose(ctx, a, id, e)
	if err != nil {
		return Done{}, unavailable(err)
	}
	switch {
	case cut.Opens() && cut.Decision().Ground != breakGlass:
		return Done{}, refusal.Of(CodeNotNeeded,
			"You may see this referral without an emergency, so none was declared.", "input", "referral")
	case !cut.Opens():
		if err := d.recordDenial(ctx, cut); err != nil {
			return Done{}, err
		}
		return Done{}, refusal.Of(refusal.NotFound, "There is no such referral, or an emergency does not open it.", "input", "referral")
	}
	result, err := d.Store.Declare(ctx, once(a.Caller, key), e, cut.Decided(d.now()))
	return unnumbered(Done(result)), told(err)
}

// unnumbered leaves out which emergency of the referral it was: how often others declared one is not for whoever declares
// another.
func unnumbered(done Done) Done {
	done.Version = 0
	return done
}

// breakGlass is the ground of the rules for emergencies.
const breakGlass = "break_glass"

// mayDeclare refuses those who declare no emergencies.
func (d *Desk) mayDeclare(ctx context.Context, a disclosure.Asking) error {
	q := rights.Of(a.Caller, actionDeclareEmergency, 0)
	q.InCareRole = a.Caller.Care.Has(a.As)
	ruling, err := d.rule(ctx, q)
	switch {
	case err != nil || ruling.Allowed:
		return err
	case slices.Equal(ruling.Reasons, []string{policies.ReasonSecondFactorNeeded}):
		return refusal.Of(CodeSecondFactor, "Sign in with a second factor first: an emergency needs it.")
	default:
		return refusal.Of(refusal.Forbidden,
			"Only those who support people, in one of their care roles, declare an emergency.", "input", "as")
	}
}

func (d *Desk) checkJustification(justification string) error {
	settings, err := d.Cutter.Settings()
	if err != nil {
		return unavailable(err)
	}
	shortest := settings.ShortestJustification
	length := utf8.RuneCountInString(strings.TrimSpace(justification))
	wrong := record.Words(justification, longestJustification)
	switch {
	case length < shortest:
		return refusal.Of(refusal.Invalid, fmt.Sprintf("Say in at least %d characters why it cannot wait.", shortest),
			"input", "justification")
	case wrong != "":
		return refusal.Of(refusal.Invalid, "What you wrote "+wrong, "input", "justification")
	default:
		return nil
	}
}

func (d *Desk) recordDenial(ctx context.Context, cut disclosure.Cut) error {
	if !referral.IsID(cut.ID()) {
		return nil
	}
	return told(d.Store.Record(ctx, cut.Decided(d.now())))
}

// OpenEmergencies are those of an ADP that wait for a review, oldest first, with why they were declared; for its data leads
// alone. That somebody looked is recorded before anything is returned.
func (d *Desk) OpenEmergencies(ctx context.Context, c identity.Caller, limit int) ([]store.Emergency, error) {
	if may, err := d.sees(ctx, c, sightEmergencies, rights.ForADP(c, c.Partnership)); err != nil {
		return nil, err
	} else if !may {
		return nil, notReviewer()
	}
	found, err := d.Store.Emergencies(ctx, store.Emergencies{Partnership: c.Partnership, Open: true, Words: true}, limit)
	if err != nil {
		return nil, told(err)
	}
	looked := make([]audit.Entry, len(found))
	for i, e := range found {
		looked[i] = audit.Entry{
			What: audit.Viewed, By: disclosure.Asking{Caller: c}.AuditActor(), Referral: e.Referral, Detail: detailEmergency + e.Reason,
		}
	}
	if err := d.Store.Record(ctx, looked...); err != nil {
		return nil, told(err)
	}
	return found, nil
}

// ReviewBy is when an emergency has to be reviewed at the latest.
func (d *Desk) ReviewBy(e store.Emergency) (time.Time, error) {
	settings, err := d.Cutter.Settings()
	if err != nil {
		return time.Time{}, unavailable(err)
	}
	return e.At.Add(settings.EmergencyReview), nil
}

// ReviewEmergency closes an emergency; a data lead of the ADP does, and nobody reviews their own.
func (d *Desk) ReviewEmergency(
	ctx context.Context, c identity.Caller, key, id string, number int64, outcome ReviewOutcome, words string,
) (Done, error) {
	review := store.Review{By: disclosure.ActorOf(c), Outcome: string(outcome), Words: words}
	closing := store.Closing{Once: once(c, key), Referral: id, Number: number, Review: review}
	if done, was, err := d.again(ctx, c, closing); was || err != nil {
		return done, err
	}
	p, err := d.part(ctx, c, id)
	if err != nil {
		return Done{}, err
	}
	if err := d.mayReview(ctx, p, nil, number); err != nil {
		return Done{}, err
	}
	if wrong := record.Words(words, longestJustification); wrong != "" {
		return Done{}, refusal.Of(refusal.Invalid, "What you wrote "+wrong, "input", "words")
	}
	found, err := d.Store.Emergencies(ctx, store.Emergencies{Referral: id, Number: max(number, 1)}, 1)
	if err != nil {
		return Done{}, told(err)
	}
	if err := d.mayReview(ctx, p, found, number); err != nil {
		return Done{}, err
	}
	result, err := d.Store.CloseEmergency(ctx, closing.Once, id, number, review)
	return Done(result), told(err)
}

// mayReview refuses those who do not review an emergency, and whoever declared it, as far as the emergencies that were found
// tell.
func (d *Desk) mayReview(ctx context.Context, p part, found []store.Emergency, number int64) error {
	q := p.asks(actionReviewEmergency)
	own := slices.ContainsFunc(found, func(e store.Emergency) bool { return e.Number == number && e.By.ID == p.caller.Subject })
	if own {
		q.Stands |= policies.Declared
	}
	ruling, err := d.rule(ctx, q)
	switch {
	case err != nil || ruling.Allowed:
		return err
	case own:
		return refusal.Of(refusal.Forbidden, "You declared this emergency: somebody else has to review it.")
	default:
		return notReviewer()
	}
}

func notReviewer() error {
	return refusal.Of(refusal.Forbidden, "Emergencies are reviewed by a data lead of the ADP.")
}
