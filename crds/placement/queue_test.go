package placement

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"lifeline.scot/crds/v1alpha1"
)

// Whatever is seen of the older claim, the younger one for the same referral goes on waiting for it to end.
func TestAnOlderClaimSeenAgainStillKeepsItsDuplicateWaiting(t *testing.T) {
	q := NewQueue()
	q.SetPool(anyPool("p", 3))
	first := anyClaim("x", 0)
	q.SetClaim(first)
	q.SetClaim(with(anyClaim("again", 1), func(c *v1alpha1.Placement) { c.Spec.ReferralID = "r-x" }))
	q.SetClaim(first.DeepCopy())
	if diff := cmp.Diff([]string{"x:p"}, given(q.Assign(hours(2)))); diff != "" {
		t.Errorf("given places (-want +got):\n%s", diff)
	}
	q.SetClaim(with(first.DeepCopy(), func(c *v1alpha1.Placement) { c.Status.EndedTime = &metav1.Time{Time: hours(2)} }))
	if diff := cmp.Diff([]string{"again:p"}, given(q.Assign(hours(2)))); diff != "" {
		t.Errorf("given places once the older one ended (-want +got):\n%s", diff)
	}
}

// Kubernetes remembers in which second a claim was made, and no more. Whoever has a place keeps the other waiting all the same, and
// lets it go when the place is given back.
func TestAClaimWithAPlaceKeepsItsDuplicateWaitingWhicheverWasMadeFirst(t *testing.T) {
	for _, uid := range []types.UID{"0", "z"} { // the held claim's is between them
		q := NewQueue()
		q.SetPool(anyPool("p", 1))
		held, other := anyClaim("m", 0), anyClaim("other", 0)
		other.UID, other.Spec.ReferralID, other.CreationTimestamp = uid, held.Spec.ReferralID, held.CreationTimestamp
		held.Status.Binding = &v1alpha1.PlacementBinding{
			Pool: v1alpha1.PlacementPool{Partnership: "moray", Name: "elsewhere"}, State: v1alpha1.BindingHeld, Attempt: 1,
		}
		q.SetClaim(held)
		q.SetClaim(other)
		if made := q.Assign(noon); len(made) != 0 {
			t.Errorf("UID %s: a second place is given for one referral: %+v", uid, made)
		}
		if look, waits := q.Outlook(keyOf(other), noon); !waits || !look.Duplicate {
			t.Errorf("UID %s: it is not told that it waits for the other: %+v", uid, look)
		}
		gone := held.DeepCopy()
		gone.Status.Binding, gone.Status.EndedTime = nil, &metav1.Time{Time: noon}
		q.SetClaim(gone)
		if made := q.Assign(noon); len(made) != 1 || made[0].ClaimUID != uid {
			t.Errorf("UID %s: once the other has ended it gets %+v", uid, made)
		}
	}
}

// On 1 April the new year's money is there, though nobody wrote anything.
func TestTheNewFinancialYearPaysFromItsFirstMoment(t *testing.T) {
	q := NewQueue()
	q.SetPool(with(anyPool("p", 3), func(p *v1alpha1.CapacityPool) { p.Spec.ConfirmEverySeconds = 86400 * 365 }))
	q.SetFund(with(anyFund("next", 1), func(f *v1alpha1.PlacementFund) { f.Spec.FinancialYear = "2027-28" }))
	q.SetClaim(with(anyClaim("x", 0), func(c *v1alpha1.Placement) { c.Spec.FundRoute = v1alpha1.RouteADP }))
	eve := time.Date(2027, 3, 31, 23, 59, 59, 0, time.UTC)
	if made := q.Assign(eve); len(made) > 0 {
		t.Errorf("given with next year's money: %v", given(made))
	}
	if diff := cmp.Diff([]string{"x:p"}, given(q.Assign(eve.Add(time.Second)))); diff != "" {
		t.Errorf("given places (-want +got):\n%s", diff)
	}
}

// An assignment is for the claim as it was: what the claim says since may need another.
func TestAClaimThatChangesBeforeItsPlaceIsTakenCompetesAnew(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1alpha1.Placement)
		want   []string
	}{
		"nothing of note": {func(c *v1alpha1.Placement) { c.Finalizers = []string{v1alpha1.PlaceFinalizer} }, []string{"x:a"}},
		"other pools":     {func(c *v1alpha1.Placement) { c.Spec.Pools = named("b") }, []string{"x:b", "y:a"}},
		"a later date": {func(c *v1alpha1.Placement) {
			c.Spec.NotBeforeTime = &metav1.Time{Time: hours(100)}
		}, []string{"y:a"}},
		"withdrawn":   {func(c *v1alpha1.Placement) { c.Spec.Withdrawal = &v1alpha1.Withdrawal{} }, []string{"y:a"}},
		"tried since": {func(c *v1alpha1.Placement) { c.Status.Attempts++ }, []string{"x:a"}},
		"deleted":     {func(c *v1alpha1.Placement) { c.DeletionTimestamp = &metav1.Time{Time: noon} }, []string{"y:a"}},
	} {
		t.Run(name, func(t *testing.T) {
			q := NewQueue()
			q.SetPool(anyPool("a", 1))
			x := with(anyClaim("x", 0), func(c *v1alpha1.Placement) { c.Spec.Pools = named("a") })
			q.SetClaim(x)
			q.SetClaim(with(anyClaim("y", 1), func(c *v1alpha1.Placement) { c.Spec.Pools = named("a") }))
			q.Assign(hours(2))
			q.SetPool(anyPool("b", 1))
			q.SetClaim(with(x.DeepCopy(), tc.change))
			got := given(q.Assign(hours(2)))
			if a, still := q.Assigned(claimKey(x)); still && len(got) == 0 {
				got = given([]Assignment{a})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("given places (-want +got):\n%s", diff)
			}
		})
	}
}

// scene is many objects, each with all the versions anybody has seen, the last of them stored.
type scene struct {
	pools  [][]*v1alpha1.CapacityPool
	claims [][]*v1alpha1.Placement
	funds  [][]*v1alpha1.PlacementFund
}

func anyScene(t *rapid.T) scene {
	var s scene
	for i := range rapid.IntRange(1, 3).Draw(t, "pools") {
		var versions []*v1alpha1.CapacityPool
		for range rapid.IntRange(1, 2).Draw(t, "versions") {
			p := anyPool(fmt.Sprint("p", i), rapid.Int32Range(0, 3).Draw(t, "free"))
			p.Spec.Features.Children = rapid.SampledFrom([]v1alpha1.Known{v1alpha1.KnownYes, v1alpha1.KnownNo}).Draw(t, "children")
			p.Spec.Features.MaximumChildren = 2
			p.Generation = int64(len(versions) + 1)
			versions = append(versions, p)
		}
		s.pools = append(s.pools, versions)
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "claims") {
		s.claims = append(s.claims, anyLife(t, i, len(s.pools)))
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "funds") {
		s.funds = append(s.funds, []*v1alpha1.PlacementFund{anyFund(fmt.Sprint("f", i), rapid.Int32Range(0, 2).Draw(t, "places"))})
	}
	return s
}

// anyLife is the versions of one claim.
func anyLife(t *rapid.T, i, pools int) []*v1alpha1.Placement {
	c := anyClaim(fmt.Sprint("c", i), rapid.IntRange(-3, 0).Draw(t, "made"))
	c.Spec.FundRoute = rapid.SampledFrom([]v1alpha1.FundRoute{"", v1alpha1.RouteADP}).Draw(t, "route")
	c.Spec.ReferralID = rapid.SampledFrom([]string{"r-1", "r-2", "r-" + c.Name}).Draw(t, "referral")
	if rapid.Bool().Draw(t, "with a child") {
		c.Spec.Needs = &v1alpha1.PlacementNeeds{Children: 1}
	}
	versions := []*v1alpha1.Placement{c}
	for range rapid.IntRange(0, 2).Draw(t, "versions") {
		c = c.DeepCopy()
		switch rapid.IntRange(0, 4).Draw(t, "change") {
		case 0:
			c.Status.EndedTime = &metav1.Time{Time: noon}
		case 1:
			c.Status.Binding = &v1alpha1.PlacementBinding{
				Attempt: 1, State: v1alpha1.BindingTaking, Fund: "f0",
				Pool: named(fmt.Sprint("p", rapid.IntRange(0, pools-1).Draw(t, "in")))[0],
			}
		case 2:
			c.Status.Binding = nil
		case 3:
			c.Status.Lapses, c.Status.QueueTime = 1, &metav1.Time{Time: noon}
		default:
			c.Spec.NotBeforeTime = &metav1.Time{Time: hours(rapid.IntRange(-1, 1).Draw(t, "not before"))}
		}
		versions = append(versions, c)
	}
	return versions
}

// events are everything that is seen, each object's versions in their order and some of them twice, the objects mixed.
func (s scene) events(t *rapid.T, q *Queue) {
	var lines [][]func()
	for _, versions := range s.pools {
		lines = append(lines, seen(t, versions, q.SetPool))
	}
	for _, versions := range s.claims {
		lines = append(lines, seen(t, versions, q.SetClaim))
	}
	for _, versions := range s.funds {
		lines = append(lines, seen(t, versions, q.SetFund))
	}
	for len(lines) > 0 {
		i := rapid.IntRange(0, len(lines)-1).Draw(t, "next")
		lines[i][0]()
		if lines[i] = lines[i][1:]; len(lines[i]) == 0 {
			lines = slices.Delete(lines, i, i+1)
		}
	}
}

func seen[T any](t *rapid.T, versions []T, set func(T)) []func() {
	var line []func()
	for _, version := range versions {
		for range rapid.IntRange(1, 2).Draw(t, "times") {
			line = append(line, func() { set(version) })
		}
	}
	return line
}

func (s scene) stored() Snapshot {
	var stored Snapshot
	for _, versions := range s.pools {
		stored.Pools = append(stored.Pools, *versions[len(versions)-1])
	}
	for _, versions := range s.claims {
		stored.Claims = append(stored.Claims, *versions[len(versions)-1])
	}
	for _, versions := range s.funds {
		stored.Funds = append(stored.Funds, *versions[len(versions)-1])
	}
	return stored
}

// A queue fed with events, in any order among objects and with some seen twice, even on top of a snapshot, knows what one
// knows that was filled from what is stored: the same places are given, and everybody is told the same.
func TestAQueueFedWithEventsEqualsOneFilledFromWhatIsStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyScene(t)
		filled, fed := NewQueue(), NewQueue()
		filled.Fill(s.stored())
		if rapid.Bool().Draw(t, "restarted") {
			fed.Fill(s.stored())
		}
		s.events(t, fed)
		for _, versions := range s.claims {
			a, waitsA := filled.Outlook(claimKey(versions[0]), hours(2))
			b, waitsB := fed.Outlook(claimKey(versions[0]), hours(2))
			if diff := cmp.Diff(a, b); diff != "" || waitsA != waitsB {
				t.Fatalf("%s is told otherwise (-filled +fed):\n%s", versions[0].Name, diff)
			}
		}
		for _, versions := range s.pools {
			key := PoolOf(versions[0])
			if a, b := filled.Waiting(key, hours(2)), fed.Waiting(key, hours(2)); a != b {
				t.Fatalf("%d wait for %s in the one, %d in the other", a, key.Name, b)
			}
		}
		if diff := cmp.Diff(given(filled.Assign(hours(2))), given(fed.Assign(hours(2)))); diff != "" {
			t.Fatalf("given places (-filled +fed):\n%s", diff)
		}
	})
}

// Whoever is given a place before somebody who stands in front of them is given one that the other could not have had, and
// the other is told why.
func TestNobodyIsOvertakenWithoutARecordedReason(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyScene(t)
		q := NewQueue()
		q.Fill(s.stored())
		made := q.Assign(hours(2))
		for _, a := range made {
			winner := s.claim(a)
			for _, versions := range s.claims {
				waits := versions[len(versions)-1]
				key := claimKey(waits)
				if _, placed := q.Assigned(key); placed || !Waits(waits) ||
					Compare(StandingOf(waits), StandingOf(winner), hours(2)) > 0 {
					continue
				}
				look, _ := q.Outlook(key, hours(2))
				if !look.Duplicate && !hasReason(look) {
					t.Fatalf("%s overtook %s in %s, which is only told: %s", winner.Name, waits.Name, a.Pool.Name, look.Explanation)
				}
			}
		}
	})
}

func (s scene) claim(a Assignment) *v1alpha1.Placement {
	for _, versions := range s.claims {
		if versions[0].UID == a.ClaimUID {
			return versions[len(versions)-1]
		}
	}
	return nil
}

// hasReason reports whether some pool cannot take the claim for another reason than that others have its places.
func hasReason(look Outlook) bool {
	return slices.ContainsFunc(look.WaitingFor, func(w v1alpha1.WaitingCount) bool {
		return w.Reason != v1alpha1.WaitingFull && w.Reason != v1alpha1.WaitingOthersFirst
	})
}
