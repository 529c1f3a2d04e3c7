package placement_test

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/placement/placementtest"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/rights/rightstest"
	"lifeline.scot/crds/v1alpha1"
)

var (
	noon         = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	referrer     = identity.Caller{Roles: identity.RolesOf(identity.Referrer), Partnership: "moray"}
	commissioner = identity.Caller{Roles: identity.RolesOf(identity.Commissioner), Partnership: "moray"}
	dataLead     = identity.Caller{Roles: identity.RolesOf(identity.DataLead), Partnership: "moray"}
	harbour      = identity.Caller{Roles: identity.RolesOf(identity.Provider), Partner: "harbour"}
	quay         = identity.Caller{Roles: identity.RolesOf(identity.Provider), Partner: "quay"}
)

func atNoon() time.Time { return noon }

// claimOf is a routine claim of an ADP for a detox place.
func claimOf(partnership, name string) *v1alpha1.Placement {
	c := &v1alpha1.Placement{}
	c.Namespace, c.Name, c.UID = v1alpha1.NamespaceFor(partnership), name, types.UID("uid-"+name)
	c.CreationTimestamp = metav1.NewTime(noon)
	c.Spec = specOf("referral-" + name)
	return c
}

func specOf(referral string) v1alpha1.PlacementSpec {
	return v1alpha1.PlacementSpec{ReferralID: referral, Kind: v1alpha1.PoolDetox, Priority: v1alpha1.PriorityRoutine}
}

// poolOf is an open detox pool of twelve places that anybody in Scotland may claim, so many of them free.
func poolOf(partnership, name, provider string, free int32) *v1alpha1.CapacityPool {
	p := &v1alpha1.CapacityPool{}
	p.Namespace, p.Name, p.UID, p.Generation = v1alpha1.NamespaceFor(partnership), name, types.UID("pool-"+name), 1
	p.Spec.Kind, p.Spec.Operation = v1alpha1.PoolDetox, v1alpha1.OperationOpen
	p.Spec.ConfirmEverySeconds, p.Spec.HoldPeriodSeconds = 2678400, 172800
	p.Spec.ClaimableBy = &v1alpha1.ClaimableBy{Scope: v1alpha1.ClaimScotland}
	staffed, none := int32(12), int32(0)
	occupied := staffed - free
	p.Status.Counted = &v1alpha1.PlaceCount{Staffed: &staffed, Occupied: &occupied, Held: &none}
	p.Status.Staffed, p.Status.Occupied, p.Status.Held = &staffed, &occupied, &none
	p.Status.ConfirmedTime = &metav1.Time{Time: noon}
	p.Status.Provider = v1alpha1.ObjectName(provider)
	return p
}

// hold holds a place of the provider for the claim, from noon and for two days.
func hold(c *v1alpha1.Placement, provider string, attempt int32) {
	c.Status.Attempts = attempt
	c.Status.Binding = &v1alpha1.PlacementBinding{
		Attempt: attempt, Provider: v1alpha1.ObjectName(provider), State: v1alpha1.BindingHeld, Place: 3,
		Pool:     v1alpha1.PlacementPool{Partnership: "fife", Name: "beds"},
		HeldTime: &metav1.Time{Time: noon}, HoldUntilTime: &metav1.Time{Time: noon.Add(48 * time.Hour)},
	}
}

// office is a desk with its book and store.
type office struct {
	*placement.Desk
	store *placementtest.Store
}

// newBook is a book by the rules of this program.
func newBook() *placement.Book {
	return placement.NewBook(placement.RightsBy(rightstest.Rules()), atNoon)
}

func newOffice() office {
	book := newBook()
	store := placementtest.New(book, atNoon, poolOf("fife", "beds", "harbour", 5), poolOf("fife", "rooms", "quay", 5))
	book.AllRead()
	return office{&placement.Desk{Store: store, Book: book, Now: atNoon}, store}
}

// held makes a claim that a place of harbour is held for, in its second attempt.
func (o office) held(t *testing.T, change ...func(*v1alpha1.Placement)) placement.Target {
	t.Helper()
	spec := specOf("referral-1")
	spec.FundRoute = v1alpha1.RouteADP
	made, err := o.Claim(t.Context(), referrer, "key-of-the-claim", "moray", spec)
	if err != nil {
		t.Fatal(err)
	}
	o.store.Change(placement.Name{Namespace: "adp-moray", Name: made.Claim.Name}, func(c *v1alpha1.Placement) {
		hold(c, "harbour", 2)
		for _, x := range change {
			x(c)
		}
	})
	return placement.Target{Partnership: "moray", Name: made.Claim.Name}
}

// codeOf is the code of the first problem; "" if there is none, and "?" for another error.
func codeOf(err error) refusal.Code {
	var refused refusal.Refusal
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refused):
		return refused[0].Code
	default:
		return "?"
	}
}
