package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apitypes "k8s.io/apimachinery/pkg/types"

	"lifeline.scot/api/audit"
	cases "lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// claimed has a place of harbour held for a referral.
func (o *office) claimed(name, referral string) *v1alpha1.Placement {
	claim := &v1alpha1.Placement{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "adp-moray", Name: name, UID: apitypes.UID(name), ResourceVersion: "1", CreationTimestamp: metav1.NewTime(cases.Noon()),
		},
		Spec: v1alpha1.PlacementSpec{
			ReferralID: referral, Kind: v1alpha1.PoolDetox, Priority: v1alpha1.PriorityRoutine,
			Needs: &v1alpha1.PlacementNeeds{Gender: v1alpha1.GenderWomen},
		},
	}
	claim.Status.Binding = &v1alpha1.PlacementBinding{
		Attempt: 1, Provider: "harbour", State: v1alpha1.BindingHeld, Pool: v1alpha1.PlacementPool{Partnership: "moray", Name: "beds"},
		HeldTime: &metav1.Time{Time: cases.Noon()}, HoldUntilTime: &metav1.Time{Time: cases.Noon().AddDate(0, 0, 2)},
	}
	o.book.SetPlacement(claim)
	return claim
}

// seen are who was shown the claim of a referral, as its trail says.
func (o *office) seen(referral string) []string {
	o.t.Helper()
	page, err := o.Store.Trail(o.t.Context(), store.Look{By: audit.Actor{Subject: "u-test"}, Referral: referral}, 0, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	var who []string
	for _, e := range page {
		if e.What == audit.Viewed && strings.HasPrefix(e.Detail, "claim:adp-moray/") {
			if e.Person == "" {
				o.t.Errorf("nobody finds it in the trail of the person: %+v", e)
			}
			who = append(who, e.By.Subject)
		}
	}
	slices.Reverse(who)
	return who
}

func TestWhoeverIsShownAClaimOfAReferralIsWrittenDown(t *testing.T) {
	const claim = `{ name needs { gender } }`
	const shown, hidden = `"name":"a-claim"`, `null`
	node := directory.IDOf(directory.KindPlacement, "adp-moray", "a-claim")
	for name, tc := range map[string]struct{ query, none string }{
		"one":    {`{ placement(partnership: "moray", name: "a-claim") ` + claim + ` }`, hidden},
		"a list": {`{ placements(first: 10) { nodes ` + claim + ` } }`, `"nodes":[]`},
		"edges":  {`{ placements(first: 10) { edges { node ` + claim + ` } } }`, `"edges":[]`},
		"by id":  {`{ node(id: "` + node + `") { ... on Placement ` + claim + ` } }`, hidden},
		"by ids": {`{ nodes(ids: ["` + node + `"]) { ... on Placement ` + claim + ` } }`, hidden},
		"of one": {`{ placements(first: 10, referralID: "REFERRAL") { nodes ` + claim + ` } }`, `"nodes":[]`},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			id := o.submitted(sorcha + agreed)
			o.claimed("a-claim", id)
			o.claimed("of-another-store", "r-00000000000000000000")
			query := strings.ReplaceAll(tc.query, "REFERRAL", id)
			for _, who := range []string{"commissioner", "provider", "data lead"} {
				if got := o.reads(who, query); !strings.Contains(got, shown) {
					t.Errorf("%s sees %s", who, got)
				}
			}
			for _, who := range []string{"", "competitor", "elsewhere", "admin"} {
				if got := o.reads(who, query); strings.Contains(got, shown) || !strings.Contains(got, tc.none) {
					t.Errorf("%s sees %s", who, got)
				}
			}
			want := []string{cases.Commissioner.Subject, cases.Provider.Subject, cases.DataLead.Subject}
			if got := o.seen(id); !slices.Equal(got, want) {
				t.Errorf("it is written down for %v, want %v", got, want)
			}
		})
	}
}

func TestHowManyClaimsThereAreIsNoClaim(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed)
	o.claimed("a-claim", id)
	if got := o.reads("commissioner", `{ placements(first: 10) { totalCount } }`); got != `{"placements":{"totalCount":1}}` {
		t.Error(got)
	}
	if got := o.seen(id); len(got) != 0 {
		t.Errorf("it is written down for %v that they were shown it", got)
	}
}

func TestNoClaimIsShownThatCannotBeWrittenDown(t *testing.T) {
	o := newOffice(t)
	o.claimed("a-claim", o.submitted(sorcha+agreed))
	if err := o.Store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		`{ placement(partnership: "moray", name: "a-claim") { needs { gender } } }`, `{ placements(first: 10) { nodes { needs { gender } } } }`,
	} {
		if got := o.ask("commissioner", query); strings.Contains(got, "WOMEN") || !strings.Contains(got, `"errors"`) {
			t.Errorf("it is shown all the same: %s", got)
		}
	}
}

// A claim of others is asked for, and decided about, as one that is not there: every byte of the answer, every statement, and what
// is written down.
func TestAClaimOfOthersIsAsOneThatIsNotThere(t *testing.T) {
	o := newOffice(t)
	o.claimed("theirs", o.submitted(sorcha+agreed))
	const none = "nobody"
	queries := []string{
		`{ placement(partnership: "moray", name: "NAME") { id name explanation needs { gender } hold { place } } }`,
		`{ node(id: "NODE") { id } nodes(ids: ["NODE"]) { id } }`,
	}
	const about = `idempotencyKey: "KEY", partnership: "moray", name: "NAME"`
	for _, mutation := range []string{
		`placementRelease(input: {` + about + `, reason: OTHER})`, `placementFundingApprove(input: {` + about + `})`,
		`placementAccept(input: {` + about + `, attempt: 1})`, `placementAccept(input: {` + about + `, attempt: 7, version: "99"})`,
		`placementAdmit(input: {` + about + `, admittedTime: "2026-11-29T12:00:00Z"})`,
	} {
		queries = append(queries, `mutation { x: `+mutation+` { replayed placement { id } problems { code message path } } }`)
	}
	for _, who := range []string{"", "competitor", "elsewhere", "admin"} {
		for i, query := range queries {
			asked := func(name, key string) string {
				return o.observed(who, "application/json", strings.NewReplacer(
					"NAME", name, "NODE", directory.IDOf(directory.KindPlacement, "adp-moray", name), "KEY", fmt.Sprintf("%s-%s-%02d", key, who, i),
				).Replace(query))
			}
			asked(none, "first") // connections are open, and rules remembered
			there, absent := asked("theirs", "there"), asked(none, "none-")
			o.same(fmt.Sprintf("%q asks %s", who, query), there, absent)
			refused := strings.HasPrefix(query, "mutation") && who == "competitor" && !strings.Contains(there, `"NOT_FOUND"`)
			if refused || strings.Contains(there, "GRAPHQL_VALIDATION") || strings.Contains(there, "WOMEN") {
				t.Errorf("%q asks %s: %s", who, query, there)
			}
		}
	}
	if got := o.reads("provider", `{ placement(partnership: "moray", name: "theirs") { name } }`); !strings.Contains(got, "theirs") {
		t.Errorf("there is no such claim for those whose it is: %s", got)
	}
}
