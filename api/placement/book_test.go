package placement_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/refusal"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

var callers = []identity.Caller{
	{},
	referrer, commissioner, dataLead, harbour, quay,
	{Roles: identity.RolesOf(identity.Provider)},
	{Roles: identity.RolesOf(identity.Referrer), Partnership: "fife"},
	{Roles: identity.RolesOf(identity.Referrer)},
}

// Whatever is written and taken away in whatever order, everybody sees what a plain list would show them.
func TestTheBookShowsWhatAListWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		book, list := newBook(), map[placement.Name]*v1alpha1.Placement{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			claim := anyClaim(t)
			name := placement.Name{Namespace: claim.Namespace, Name: claim.Name}
			if rapid.IntRange(0, 3).Draw(t, "what") == 0 {
				book.RemovePlacement(name)
				delete(list, name)
			} else {
				book.SetPlacement(claim)
				list[name] = claim
			}
			for _, c := range callers {
				check(t, book, list, c)
			}
		}
	})
}

func anyClaim(t *rapid.T) *v1alpha1.Placement {
	claim := claimOf(rapid.SampledFrom([]string{"moray", "fife"}).Draw(t, "ADP"), rapid.SampledFrom([]string{"c-1", "c-2", "c-3"}).Draw(t, "name"))
	claim.UID = types.UID(claim.Namespace + claim.Name)
	claim.CreationTimestamp = metav1.NewTime(noon.AddDate(0, 0, rapid.IntRange(0, 1).Draw(t, "day")))
	if provider := rapid.SampledFrom([]string{"none", "", "harbour", "quay"}).Draw(t, "held by"); provider != "none" {
		hold(claim, provider, 1)
	}
	return claim
}

func check(t *rapid.T, book *placement.Book, list map[placement.Name]*v1alpha1.Placement, c identity.Caller) {
	var want []*v1alpha1.Placement
	for name, claim := range list {
		sees := book.Rights().MaySee(context.Background(), c, claim)
		if got := book.Placement(context.Background(), c, name); (got == claim) != sees || (!sees && got != nil) {
			t.Fatalf("%+v looks for %v: %v", c, name, got)
		}
		if sees {
			want = append(want, claim)
		}
	}
	slices.SortFunc(want, func(a, b *v1alpha1.Placement) int {
		return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(a.UID, b.UID))
	})
	if got := book.Placements(context.Background(), c); !slices.Equal(got, want) {
		t.Fatalf("%+v sees %d claims, want %d", c, len(got), len(want))
	}
}

// A key leads to the claim it was used on for as long as that claim is there.
func TestKeysLeadToTheirClaims(t *testing.T) {
	o := newOffice()
	about := o.held(t)
	if _, err := o.ApproveFunding(t.Context(), commissioner, key, about); err != nil {
		t.Fatal(err)
	}
	elsewhere := placement.Target{Partnership: "moray", Name: "c-other"}
	if _, err := o.ApproveFunding(t.Context(), commissioner, key, elsewhere); codeOf(err) != refusal.KeyReused {
		t.Error(err)
	}
	o.Book.RemovePlacement(placement.Name{Namespace: "adp-moray", Name: about.Name})
	if _, err := o.ApproveFunding(t.Context(), commissioner, key, elsewhere); codeOf(err) != refusal.NotFound {
		t.Error(err)
	}
}

func TestAQueueShowsWhoIsNextToThoseWhoMayKnow(t *testing.T) {
	book := newBook()
	beds := poolOf("fife", "beds", "harbour", 0)
	book.SetPool(beds)
	for i, adp := range []string{"moray", "fife", "moray"} {
		claim := claimOf(adp, fmt.Sprintf("c-%d", i))
		claim.CreationTimestamp = metav1.NewTime(noon.Add(-1).AddDate(0, 0, i-3))
		book.SetPlacement(claim)
	}
	for _, tc := range []struct {
		c    identity.Caller
		sees string // what is seen of the first two
		err  refusal.Code
	}{
		{referrer, "c-0 -", ""},
		{dataLead, "c-0 -", ""},
		{identity.Caller{Roles: identity.RolesOf(identity.Commissioner), Partnership: "fife"}, "- c-1", ""},
		{harbour, "- -", ""},
		{quay, "", refusal.Forbidden},
		{identity.Caller{}, "", refusal.Forbidden},
		{identity.Caller{Roles: identity.RolesOf(identity.Referrer)}, "", refusal.Forbidden},
	} {
		waiting, total, err := book.Queue(t.Context(), tc.c, rules.PoolOf(beds), 2)
		if codeOf(err) != tc.err {
			t.Errorf("%+v: %v", tc.c, err)
		}
		if err != nil {
			continue
		}
		sees := ""
		for i, w := range waiting {
			if w.Position != i+1 {
				t.Errorf("position %d is %d", i+1, w.Position)
			}
			if sees += " "; w.Claim == nil {
				sees += "-"
				continue
			}
			sees += w.Claim.Name
		}
		if sees != " "+tc.sees || total != 3 {
			t.Errorf("%+v sees%s of %d", tc.c, sees, total)
		}
	}
	if _, _, err := book.Queue(t.Context(), harbour, v1alpha1.PlacementPool{Partnership: "fife", Name: "none"}, 2); codeOf(err) != refusal.NotFound {
		t.Error(err)
	}
}

// What a pool is said to offer now is what the operator would give to a claim made now, and nothing else is.
func TestOffersAreWhatWouldBeGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		book, operator := newBook(), rules.NewQueue()
		for _, pool := range somePools(t) {
			book.SetPool(pool)
			operator.SetPool(pool)
		}
		places := rapid.Int32Range(0, 2).Draw(t, "places that can be paid for")
		fund := &v1alpha1.PlacementFund{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-moray", Name: "fund"}}
		fund.Spec.Route, fund.Spec.FinancialYear, fund.Spec.Places = v1alpha1.RouteADP, "2026-27", &places
		if rapid.Bool().Draw(t, "a fund") {
			book.SetFund(fund)
			operator.SetFund(fund)
		}
		var claims []*v1alpha1.Placement
		for i := range rapid.IntRange(0, 4).Draw(t, "waiting") {
			claim := claimOf(rapid.SampledFrom([]string{"moray", "fife"}).Draw(t, "ADP"), fmt.Sprintf("c-%d", i))
			claim.CreationTimestamp = metav1.NewTime(noon.AddDate(0, 0, -i-1))
			someNeeds(t, &claim.Spec)
			claims = append(claims, claim)
		}
		// The operator has given what it could: those who still wait cannot be given a place as things are.
		settle(operator, book, claims)
		asks := claimOf("moray", "c-new")
		someNeeds(t, &asks.Spec)
		offers := book.Offers(rules.RequestOf(asks))
		operator.SetClaim(asks)
		made := operator.Assign(noon)
		for _, offer := range offers {
			if offer.State == rules.OfferableNow && len(made) == 0 {
				t.Fatalf("%v is said to offer a place, and none is given", offer.Pool)
			}
		}
		for _, given := range made {
			i := slices.IndexFunc(offers, func(o rules.Offer) bool { return o.Pool == given.Pool })
			if given.ClaimUID != asks.UID || i < 0 || offers[i].State != rules.OfferableNow {
				t.Fatalf("%+v is given, and offers say %+v", given, offers)
			}
		}
	})
}

// settle lets the operator give what it can, and shows both what came of it.
func settle(operator *rules.Queue, book *placement.Book, claims []*v1alpha1.Placement) {
	for _, claim := range claims {
		operator.SetClaim(claim)
	}
	for _, given := range operator.Assign(noon) {
		i := slices.IndexFunc(claims, func(c *v1alpha1.Placement) bool { return c.UID == given.ClaimUID })
		bound := claims[i].DeepCopy()
		hold(bound, "harbour", 1)
		bound.Status.Binding.Pool, bound.Status.Binding.Fund = given.Pool, given.Fund
		claims[i] = bound
		operator.SetClaim(bound)
	}
	for _, claim := range claims {
		book.SetPlacement(claim)
	}
}

func somePools(t *rapid.T) (pools []*v1alpha1.CapacityPool) {
	for i, name := range []string{"beds", "rooms"} {
		pool := poolOf("fife", name, "harbour", rapid.Int32Range(0, 2).Draw(t, "free"))
		if rapid.IntRange(0, 4).Draw(t, "for its own ADP only") == 0 {
			pool.Spec.ClaimableBy = nil
		}
		if rapid.Bool().Draw(t, "children") {
			pool.Spec.Features = &v1alpha1.Features{Children: v1alpha1.KnownYes, MaximumChildren: int32(i + 1)}
		}
		if rapid.IntRange(0, 4).Draw(t, "nobody confirmed it") == 0 {
			pool.Status.ConfirmedTime = &metav1.Time{Time: noon.AddDate(-1, 0, 0)}
		}
		pools = append(pools, pool)
	}
	return pools
}

func someNeeds(t *rapid.T, spec *v1alpha1.PlacementSpec) {
	spec.Needs = &v1alpha1.PlacementNeeds{Children: rapid.Int32Range(0, 2).Draw(t, "children")}
	if rapid.Bool().Draw(t, "paid for by the ADP") {
		spec.FundRoute = v1alpha1.RouteADP
	}
	if rapid.Bool().Draw(t, "names pools") {
		spec.Pools = []v1alpha1.PlacementPool{{Partnership: "fife", Name: "rooms"}, {Partnership: "fife", Name: "none"}}
	}
}
