package placement

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/rights"
	"lifeline.scot/crds/v1alpha1"
)

// ClaimedByAnnotation is the name of the organisation that made a claim here. A claim that was made otherwise does not say.
const ClaimedByAnnotation = "lifeline.scot/claimed-by"

// Claim asks for a place: spec says what it must be like, and decides nothing about funding, acceptance or admission.
func (d *Desk) Claim(
	ctx context.Context, c identity.Caller, key, partnership string, spec v1alpha1.PlacementSpec,
) (Claimed, error) {
	const what = "claim"
	request, err := once(c, what, key, []any{partnership, spec})
	if err != nil {
		return Claimed{}, err
	}
	if !d.Book.rights.MayFor(ctx, c, ActionClaim, partnership) {
		stands := rights.ForADP(c, partnership)
		return Claimed{}, d.Book.rights.refuse(ctx, c, ActionClaim, stands, forbidden(ActionClaim), "input", "partnership")
	}
	if spec.Priority == v1alpha1.PriorityEmergency && !d.Book.rights.MayFor(ctx, c, ActionPrioritise, partnership) {
		stands := rights.ForADP(c, partnership)
		return Claimed{}, d.Book.rights.refuse(ctx, c, ActionPrioritise, stands, forbidden(ActionPrioritise), "input", "priority")
	}
	if !d.Book.Ready() {
		return Claimed{}, ErrNotReady
	}
	if err := d.check(spec); err != nil {
		return Claimed{}, err
	}
	claim := &v1alpha1.Placement{
		// The name follows from the key, so that a claim that is sent twice is one claim.
		ObjectMeta: metav1.ObjectMeta{
			Namespace: v1alpha1.NamespaceFor(partnership), Name: "c-" + digest(c.Scope(), what, key),
			// It is taken off once no place is held. Whoever makes a claim with it saves the binder a write.
			Finalizers:  []string{v1alpha1.PlaceFinalizer},
			Annotations: map[string]string{ClaimedByAnnotation: c.Partner},
		},
		Spec: spec,
	}
	if err := remember(claim, request); err != nil {
		return Claimed{}, err
	}
	made, err := d.Store.CreatePlacement(ctx, claim)
	if apierrors.IsAlreadyExists(err) {
		return d.claimedBefore(ctx, c, Name{Namespace: claim.Namespace, Name: claim.Name}, request)
	}
	if err != nil {
		return Claimed{}, refusalOf(err)
	}
	d.Book.await(ctx, made)
	return Claimed{made, false}, nil
}

func (d *Desk) claimedBefore(ctx context.Context, c identity.Caller, name Name, request answered) (Claimed, error) {
	claim, err := d.Store.Placement(ctx, name)
	if err != nil {
		return Claimed{}, refusalOf(err)
	}
	before, err := carriedOut(claim, request)
	if err != nil || !before || !d.Book.rights.MaySee(ctx, c, claim) {
		return Claimed{}, keyReused()
	}
	return Claimed{claim, true}, nil
}
