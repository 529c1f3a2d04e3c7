package delivery

import (
	"context"
	"errors"
	"fmt"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/rights"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// Book is where deliveries are looked up and asked for again: the store.
type Book interface {
	Delivery(ctx context.Context, id int64) (store.Delivery, error)
	Deliveries(ctx context.Context, f store.DeliveryFilter, before int64, limit int) ([]store.Delivery, error)
	Attempts(ctx context.Context, ids ...int64) (map[int64][]store.Attempt, error)
	Replay(ctx context.Context, o store.Once, id int64) (store.Result, error)
	ReplayAll(ctx context.Context, o store.Once, partner string) (store.Result, error)
}

// Desk is where deliveries are asked about.
type Desk struct {
	Book   Book
	Rights rights.Rules
	View   func() directory.View
	// Poke has what was asked for again for a partner be carried now; nil where nothing is delivered.
	Poke func(partner string)
}

// What the rules of who may do and see what know by these names.
const (
	sightDeliveries      = "deliveries"
	sightDeliveriesOfADP = "deliveries_of_adp"
	sightAllDeliveries   = "deliveries_of_all"
	actionReplay         = "delivery.Replay"
)

// CodeNotGivenUp is a delivery that cannot be asked for again: it was delivered, is still tried, or is not for the partner to
// have.
const CodeNotGivenUp refusal.Code = "NotGivenUp"

// ErrUnavailable is a store that cannot be reached, or rules that are not known now.
var ErrUnavailable = errors.New("deliveries cannot be reached now: send the same again")

// Shown is a delivery as somebody may see it.
type Shown struct {
	store.Delivery
	// OfReferral says whether the referral and what happened to it may be named.
	OfReferral bool
	Attempts   []store.Attempt
}

// Filter says which deliveries are wanted; what is empty makes no difference.
type Filter struct {
	Partner string
	State   store.DeliveryState
}

// sight is which deliveries somebody may see.
type sight struct {
	// partner and partnership bound them; neither means all.
	partner, partnership string
	// names says of which referrals may be named: of all, of those that the partner was told of, or of none.
	names names
}

type names int

const (
	ofNone names = iota
	ofDelivered
	ofAll
)

// sightOf is the widest that the rules give somebody; false for none.
func (d *Desk) sightOf(ctx context.Context, c identity.Caller) (sight, bool, error) {
	for _, one := range []struct {
		what   string
		stands policies.Stands
		gives  sight
	}{
		{sightAllDeliveries, 0, sight{}},
		{sightDeliveriesOfADP, rights.ForADP(c, c.Partnership), sight{partnership: c.Partnership, names: ofAll}},
		{sightDeliveries, rights.At(c, c.Partner, policies.AtPartner), sight{partner: c.Partner, names: ofDelivered}},
	} {
		ruling, err := d.Rights.MaySee(ctx, rights.Of(c, one.what, one.stands))
		if err != nil {
			return sight{}, false, errors.Join(ErrUnavailable, err)
		}
		if ruling.Allowed {
			return one.gives, true, nil
		}
	}
	return sight{}, false, nil
}

// Page is a part of a list, newest first. Before goes on after it; 0 at the end.
type Page struct {
	Deliveries []Shown
	Before     int64
}

// Deliveries are those that somebody may see: of referrals of their ADP; all, and then without what they are about; or of their
// own partner, and then without what it has not been told, and what it was not to know of not at all. At most first, of 1 to 100.
func (d *Desk) Deliveries(ctx context.Context, c identity.Caller, f Filter, before int64, first int) (Page, error) {
	may, some, err := d.sightOf(ctx, c)
	if err != nil {
		return Page{}, err
	}
	if !some || may.partner != "" && f.Partner != "" && f.Partner != may.partner {
		return Page{}, refusal.Of(refusal.Forbidden, "Deliveries to a partner are for those who work there to see, for the "+
			"commissioners and data leads of the ADP, and for platform admins.", "partner")
	}
	wanted := store.DeliveryFilter{Partner: f.Partner, Partnership: may.partnership, State: f.State}
	if may.partner != "" {
		wanted.Partner, wanted.Without = may.partner, reasonDenied
	}
	found, err := d.Book.Deliveries(ctx, wanted, before, first)
	if err != nil {
		return Page{}, told(err)
	}
	var page Page
	if page.Deliveries, err = d.withAttempts(ctx, found, may.names); err == nil && len(found) == first {
		page.Before = found[len(found)-1].ID
	}
	return page, err
}

func (d *Desk) withAttempts(ctx context.Context, found []store.Delivery, may names) ([]Shown, error) {
	ids := make([]int64, len(found))
	for i, one := range found {
		ids[i] = one.ID
	}
	attempts, err := d.Book.Attempts(ctx, ids...)
	if err != nil {
		return nil, told(err)
	}
	all := make([]Shown, len(found))
	for i, one := range found {
		all[i] = Shown{
			Delivery: one, OfReferral: may == ofAll || may == ofDelivered && one.State == store.Delivered, Attempts: attempts[one.ID],
		}
	}
	return all, nil
}

// Done is what came of asking for deliveries again: which, or how many.
type Done struct {
	Delivery int64
	Count    int64
	Replayed bool
}

// Replay has a delivery that was given up be tried again, once.
func (d *Desk) Replay(ctx context.Context, c identity.Caller, key string, id int64) (Done, error) {
	missing := refusal.Of(refusal.NotFound, "There is no such delivery, or it is not for you to see.", "input", "delivery")
	one, none := d.Book.Delivery(ctx, id)
	if none != nil && !errors.Is(none, store.ErrNotFound) {
		return Done{}, told(none)
	}
	// Of one that is not there the rules are asked as well: which numbers are taken would tell how much is delivered to all.
	if err := d.mayReplay(ctx, c, one.Partner); err != nil {
		if seen, _, _ := d.sightOf(ctx, c); seen.partner != "" { // whose deliveries there are at others is not for them to know
			return Done{}, missing
		}
		return Done{}, err
	}
	if none != nil {
		return Done{}, missing
	}
	result, err := d.Book.Replay(ctx, once(c, key), id)
	if err != nil {
		return Done{}, told(err)
	}
	return Done{Delivery: id, Count: 1, Replayed: result.Replayed}, nil
}

// ReplayAll has all deliveries to a partner that were given up be tried again, once.
func (d *Desk) ReplayAll(ctx context.Context, c identity.Caller, key, partner string) (Done, error) {
	if err := d.mayReplay(ctx, c, partner); err != nil {
		return Done{}, err
	}
	view := d.View()
	if _, known := view.Partner(partner); !known {
		return Done{}, refusal.Of(refusal.Invalid, "There is no partner of that name in the directory.", "input", "partner")
	}
	result, err := d.Book.ReplayAll(ctx, once(c, key), partner)
	if err != nil {
		return Done{}, told(err)
	}
	if d.Poke != nil && result.Version > 0 {
		d.Poke(partner)
	}
	return Done{Count: result.Version, Replayed: result.Replayed}, nil
}

func (d *Desk) mayReplay(ctx context.Context, c identity.Caller, partner string) error {
	ruling, err := d.Rights.MayAct(ctx, rights.Of(c, actionReplay, rights.At(c, partner, policies.AtPartner)))
	if err != nil {
		return errors.Join(ErrUnavailable, err)
	}
	if !ruling.Allowed {
		return refusal.Of(refusal.Forbidden,
			"Deliveries are asked for again by those who work for the partner, and by platform admins.")
	}
	return nil
}

func once(c identity.Caller, key string) store.Once { return store.Once{Scope: c.Scope(), Key: key} }

// told turns errors of the store into what the caller is told.
func told(err error) error {
	var senseless *store.InvalidError
	switch {
	case errors.Is(err, store.ErrNotGivenUp):
		return refusal.Of(CodeNotGivenUp, "Only what was given up can be asked for again. This one was delivered, is still tried, or "+
			"was not for the partner to have when it was looked at.", "input", "delivery")
	case errors.Is(err, store.ErrKeyReused):
		return refusal.Of(refusal.KeyReused, "This idempotencyKey was used before with other input. Use a new one for something else.",
			"input", "idempotencyKey")
	case errors.Is(err, store.ErrUnavailable):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case errors.As(err, &senseless):
		return refusal.Of(refusal.Invalid, senseless.Message, "input")
	default:
		return err
	}
}
