package casework

import (
	"context"
	"errors"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/rights"
	"lifeline.scot/policies"
)

// What the rules of who may do what know by these names.
const (
	actionSendAgain        = "referral.SendAgain"
	actionGrant            = "sharing.Grant"
	actionRefuse           = "sharing.Refuse"
	actionDeclareEmergency = "emergency.Declare"
	actionReviewEmergency  = "emergency.Review"
)

// What the rules of who may see what know by these names.
const (
	sightWorklist             = "worklist"
	sightWorklistOfADP        = "worklist_of_adp"
	sightEmergencies          = "emergencies"
	sightTrail                = "trail"
	sightTrailOfOwn           = "trail_of_own"
	sightTrailWithoutReferral = "trail_without_referral"
	sightWorkers              = "workers"
	sightPathways             = "pathways"
	sightLate                 = "late_referrals"
)

// actionOf is the name of a kind of change in the rules.
func actionOf(kind referral.Kind) string { return "referral." + string(kind) }

// asks is the question whether somebody may do something of the referral that they have a part in.
func (p part) asks(action string) policies.Question { return rights.Of(p.caller, action, p.stands) }

// rule asks whether something may be done. What stricter rules take back is refused at once, with their reasons: nothing else
// explains it.
func (d *Desk) rule(ctx context.Context, q policies.Question) (policies.Ruling, error) {
	ruling, err := d.Rights.MayAct(ctx, q)
	if err == nil && ruling.Narrowed {
		return ruling, refusal.Of(refusal.Forbidden, refusal.Stricter(ruling.Reasons))
	}
	return ruling, undecided(err)
}

// sees reports whether a caller may see something.
func (d *Desk) sees(ctx context.Context, c identity.Caller, sight string, stands policies.Stands) (bool, error) {
	ruling, err := d.Rights.MaySee(ctx, rights.Of(c, sight, stands))
	return err == nil && ruling.Allowed, undecided(err)
}

// undecided marks what the rules could not be asked about.
func undecided(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(ErrUnavailable, err)
}
