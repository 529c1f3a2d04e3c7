package casework

import (
	"context"
	"errors"
	"slices"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/refusal"
)

// asRead carries out a request about a referral as it was read. Those who may not see how it stands read a number in place of
// its version, see [disclosure.Cut.Version]: it is theirs alone, and says that something has changed since, and not how often.
// They are told no other, and one that somebody guesses at a partner that was only asked counts for nothing. Software is sent
// versions with events, and may use those.
func (d *Desk) asRead(ctx context.Context, c identity.Caller, about About, do func(About) (Done, error)) (Done, error) {
	sent := about.Version
	version, masked, err := d.Store.UnmaskVersion(ctx, about.Referral, c.Scope(), sent)
	if err != nil {
		return Done{}, told(err)
	}
	about.Version, about.guessed = version, !masked && !c.Software && !d.takesAsIs(ctx, c, about.Referral)
	done, err := do(about)
	if err == nil && masked {
		done.Version, err = d.Store.MaskVersion(about.Referral, c.Scope(), done.Version)
		return done, told(err)
	}
	return done, d.maskStale(ctx, c, about.Referral, sent, masked, err)
}

// takesAsIs reports whether a version counts as it is that was not given out to somebody in its place: from those whose record it
// is, who have it from one another, and from those who may see how the referral stands.
func (d *Desk) takesAsIs(ctx context.Context, c identity.Caller, id string) bool {
	p, err := d.part(ctx, c, id)
	return err == nil && !p.had && (p.keepsRecord() || d.maySeeStanding(ctx, p))
}

// maskStale takes the versions out of a refusal of somebody who may not know them.
func (d *Desk) maskStale(ctx context.Context, c identity.Caller, id string, sent int64, masked bool, err error) error {
	var problems refusal.Refusal
	if !errors.As(err, &problems) {
		return err
	}
	i := slices.IndexFunc(problems, func(p refusal.Problem) bool { return p.Stale != nil })
	if i < 0 {
		return err
	}
	if !masked {
		p, none := d.part(ctx, c, id)
		if none != nil {
			return none
		}
		if d.showsStanding(ctx, p) {
			return err
		}
	}
	latest, failed := d.Store.MaskVersion(id, c.Scope(), problems[i].Stale.Latest)
	if failed != nil {
		return told(failed)
	}
	problems = slices.Clone(problems)
	problems[i].Message = "The referral has changed since you read it. Read it again and decide again."
	problems[i].Stale = &refusal.Stale{Read: sent, Latest: latest}
	return problems
}
