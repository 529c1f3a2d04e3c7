package placing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"

	"lifeline.scot/api/placement"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
	"lifeline.scot/crds/v1alpha1"
)

// Referrals are where referrals are kept.
type Referrals interface {
	// WithPlaces lists those that wait for a place, have one held, or are in one.
	WithPlaces(ctx context.Context, after store.Cursor, limit int) (store.Page, error)
	State(ctx context.Context, id string) (referral.State, error)
	// PlaceAsked is what the claim of a referral asks for.
	PlaceAsked(ctx context.Context, s referral.State) (*v1alpha1.PlacementSpec, error)
	Change(ctx context.Context, s store.Step) (store.Result, error)
}

// Claims are where claims on places are kept. Errors are those of the Kubernetes API.
type Claims interface {
	Placement(context.Context, placement.Name) (*v1alpha1.Placement, error)
	CreatePlacement(context.Context, *v1alpha1.Placement) (*v1alpha1.Placement, error)
	UpdatePlacement(context.Context, *v1alpha1.Placement) (*v1alpha1.Placement, error)
}

// Seen is what is known of claims without asking for it.
type Seen interface {
	Ready() bool
	// Claim is nil if there is none of the name.
	Claim(placement.Name) *v1alpha1.Placement
	// Claims are all there are.
	Claims() []*v1alpha1.Placement
}

// Clerk keeps both in agreement.
type Clerk struct {
	Referrals Referrals
	Claims    Claims
	Seen      Seen
	Clock     clock.WithTicker
	Logger    *slog.Logger

	// agreed are the pairs of the last round, by referral.
	agreed map[string]pair
}

// pair is a referral and its claim, as they were when they agreed; the zero version says that they did not.
type pair struct {
	name     placement.Name
	referral int64
	claim    string
}

// every is how often all are looked at.
const every = time.Second

// Run keeps referrals and claims in agreement until ctx ends.
func (k *Clerk) Run(ctx context.Context) {
	tick := k.Clock.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C():
		}
		if err := k.Round(ctx); err != nil && ctx.Err() == nil {
			k.Logger.Warn("referrals and claims on places could not be brought into agreement; it is tried again", "error", err)
		}
	}
}

// Round looks at all referrals with places, and all claims made for referrals, once. What fails of one is no hindrance to the
// others; the error names all that failed.
func (k *Clerk) Round(ctx context.Context) error {
	if !k.Seen.Ready() {
		return nil
	}
	claimed, now := map[placement.Name]bool{}, map[string]pair{}
	var errs []error
	var after store.Cursor
	for {
		page, err := k.Referrals.WithPlaces(ctx, after, store.LongestPage)
		if err != nil {
			return fmt.Errorf("list referrals with places: %w", err)
		}
		for _, r := range page.Referrals {
			is, err := k.agree(ctx, r)
			claimed[is.name], now[r.ID] = true, is
			errs = append(errs, err)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	k.agreed = now
	for _, claim := range k.Seen.Claims() {
		name := placement.Name{Namespace: claim.Namespace, Name: claim.Name}
		if madeHere(claim) && open(claim) && !claimed[name] {
			errs = append(errs, k.giveUp(ctx, claim))
		}
	}
	return errors.Join(errs...)
}

// stepsAtOnce bounds the changes to one referral in a round; a whole stay that was missed needs three.
const stepsAtOnce = 4

// agree brings a referral into agreement with its claim, and returns which versions of both agree.
func (k *Clerk) agree(ctx context.Context, r store.Summary) (pair, error) {
	if was := k.agreed[r.ID]; was.referral == r.Version && was.claim == versionOf(k.Seen.Claim(was.name)) {
		return was, nil
	}
	is := pair{}
	for range stepsAtOnce {
		s, err := k.Referrals.State(ctx, r.ID)
		if err != nil {
			return is, fmt.Errorf("read a referral with a place: %w", err)
		}
		is.name = placement.Name{Namespace: v1alpha1.NamespaceFor(s.Partnership), Name: s.Claim}
		if s.Claim == "" { // it has none any more
			return is, nil
		}
		claim, c, err := k.compare(ctx, s, is.name)
		if err != nil {
			return is, err
		}
		switch {
		case c != nil:
			err = k.change(ctx, s, c)
		case claim == nil && s.AskedAt != 0 && s.Status != referral.Admitted:
			return is, k.claim(ctx, s)
		default:
			is.referral, is.claim = s.Version, versionOf(claim)
			return is, nil
		}
		if err != nil {
			return is, err
		}
	}
	return is, nil
}

// compare returns the claim and what follows from it for the referral. Before anything is done the claim is read anew: what was
// seen may be older than what another replica wrote into the referral.
func (k *Clerk) compare(
	ctx context.Context, s referral.State, name placement.Name,
) (*v1alpha1.Placement, referral.Change, error) {
	claim := k.Seen.Claim(name)
	if claim != nil && next(s, claim, k.Clock.Now()) == nil {
		return claim, nil, nil
	}
	claim, err := k.Claims.Placement(ctx, name)
	if apierrors.IsNotFound(err) {
		claim, err = nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the claim of a referral: %w", err)
	}
	return claim, next(s, claim, k.Clock.Now()), nil
}

func versionOf(claim *v1alpha1.Placement) string {
	if claim == nil {
		return ""
	}
	return claim.ResourceVersion
}

// change makes a change of a referral, once. Whoever else has changed it meanwhile was right: it is looked at again the next
// time.
func (k *Clerk) change(ctx context.Context, s referral.State, c referral.Change) error {
	_, err := k.Referrals.Change(ctx, store.Step{
		Once: store.Once{Scope: "placing", Key: fmt.Sprintf("%s-%d", s.ID, s.Version+1)},
		By:   referral.Actor{ID: "placing", Capacity: referral.AsProgram}, Referral: s.ID, Read: s.Version, Change: c,
		Deliver: told(s),
	})
	if err == nil || errors.As(err, new(*referral.Stale)) || errors.Is(err, store.ErrKeyReused) {
		return nil
	}
	return fmt.Errorf("write %s into a referral: %w", c.Kind(), err)
}

// told are the partners that hear of it.
func told(s referral.State) []string {
	if s.Origin == s.Target {
		return []string{s.Target}
	}
	return []string{s.Origin, s.Target}
}

// claim makes the claim that a referral asks for. One that Kubernetes will never take is no claim: the referral waits no longer,
// so that somebody asks anew. Nor is one of somebody who was erased: nobody knows any more what they needed.
func (k *Clerk) claim(ctx context.Context, s referral.State) error {
	asks, err := k.Referrals.PlaceAsked(ctx, s)
	if errors.Is(err, vault.ErrErased) {
		return k.change(ctx, s, referral.ReleasePlace{})
	}
	if err != nil {
		return fmt.Errorf("read what a place must be like: %w", err)
	}
	_, err = k.Claims.CreatePlacement(ctx, claimOf(s, asks))
	switch {
	case err == nil, apierrors.IsAlreadyExists(err):
		return nil
	case apierrors.IsInvalid(err):
		return k.change(ctx, s, referral.ReleasePlace{})
	default:
		return fmt.Errorf("make the claim of a referral: %w", err)
	}
}

// giveUp ends a claim that is made for a referral which does not speak of it any more. Both are read anew: what was seen may be
// older than what the referral says.
func (k *Clerk) giveUp(ctx context.Context, seen *v1alpha1.Placement) error {
	s, err := k.Referrals.State(ctx, seen.Spec.ReferralID)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it is of another store
	}
	if err != nil {
		return fmt.Errorf("read the referral of a claim: %w", err)
	}
	if s.Claim == seen.Name || s.Partnership != string(v1alpha1.PartnershipOf(seen.Namespace)) {
		return nil
	}
	claim, err := k.Claims.Placement(ctx, placement.Name{Namespace: seen.Namespace, Name: seen.Name})
	if apierrors.IsNotFound(err) || err == nil && !open(claim) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read a claim that is given up: %w", err)
	}
	giveUp(claim, s)
	if _, err := k.Claims.UpdatePlacement(ctx, claim); err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		return fmt.Errorf("give up a claim: %w", err)
	}
	return nil
}
