package placement

import (
	"context"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

func fundNamed(name string) *v1alpha1.PlacementFund {
	return &v1alpha1.PlacementFund{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-moray", Name: name}}
}

// A fund that is deleted promises nothing more, and stays for what it has promised.
func TestAFundThatIsDeletedKeepsItsPromises(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 2)
	w.fund("f", 2)
	w.claim("x", funded)
	w.settle()
	w.delete(fundNamed("f"), false)
	w.claim("y", funded)
	w.settle()
	w.stands("x:Held y:waits")
	w.admit("x")
	w.settle()
	w.stands("x:Admitted y:waits")
	if f := all[*v1alpha1.PlacementFund](w)[0]; *f.Status.Used != 1 || f.Status.Commitments[0].State != v1alpha1.CommitmentUsed {
		t.Errorf("the fund: %+v", f.Status)
	}
	w.agrees()
}

// A fund that vanished under a promise, finalizer and all, and was made anew with its name is another: nothing is promised,
// used or given back there for the claim, and `operator verify` says that the claim's money is lost.
func TestAFundThatIsMadeAnew(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 2)
	w.fund("f", 1)
	w.claim("x", funded)
	w.settle()
	w.delete(fundNamed("f"), true)
	w.fund("f", 1)
	w.claim("y", funded)
	w.settle()
	w.stands("x:Held y:Held") // the new one's only placement is not counted for x
	w.admit("x")
	w.settle()
	w.stands("x:Admitted y:Held")
	f := all[*v1alpha1.PlacementFund](w)[0]
	if len(f.Status.Commitments) != 1 || f.Status.Commitments[0].ClaimName != "y" || *f.Status.Used != 0 {
		t.Errorf("the fund: %+v", f.Status)
	}
	lost := func(v rules.Violation) bool { return v.Kind == rules.LostMoney && v.Object == "Placement adp-moray/x" }
	if found := rules.Verify(w.snapshot(), w.clock.Now()); !slices.ContainsFunc(found, lost) {
		t.Errorf("verify finds %v", found)
	}
}

// A promise is made only by a fund that cannot vanish.
func TestAFundWithoutItsFinalizerPromisesNothingYet(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 1)
	w.fund("f", 1)
	guard := func(finalizers ...string) {
		f := fundNamed("f")
		if err := w.store.Get(context.Background(), client.ObjectKeyFromObject(f), f); err != nil {
			t.Fatal(err)
		}
		f.Finalizers = finalizers
		if err := w.store.Update(context.Background(), f); err != nil {
			t.Fatal(err)
		}
		w.stored(f)
	}
	guard()
	w.claim("x", funded)
	w.binders[0].run()
	w.stands("x:Taking")
	if f := all[*v1alpha1.PlacementFund](w)[0]; len(f.Status.Commitments) != 0 {
		t.Errorf("promised: %+v", f.Status.Commitments)
	}
	guard(v1alpha1.InUseFinalizer)
	w.settle()
	w.stands("x:Held")
	w.agrees()
}

// An admission that is dated back frees no place: the count cannot have had somebody in it who had no place then.
func TestAnAdmissionThatIsDatedBackFreesNoPlace(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 1)
	w.clock.SetTime(w.clock.Now().Add(time.Hour))
	w.claim("x")
	w.settle()
	w.claim("y")
	w.answer("x", v1alpha1.AcceptanceAccepted, "")
	w.says("x", func(c *v1alpha1.Placement) bool {
		c.Spec.Admission = &v1alpha1.Admission{Time: metav1.NewTime(noon.Add(-24 * time.Hour))}
		return true
	})
	w.settle()
	w.stands("x:Admitted y:waits")
	if p := w.pools()[0]; *p.Status.Occupied != 1 || *p.Status.Free != 0 {
		t.Errorf("occupied %d, free %d", *p.Status.Occupied, *p.Status.Free)
	}
	w.discharge("x")
	w.settle()
	w.stands("x:ended y:Held")
	w.agrees()
}

// When somebody arrives whose entry is gone, by a slip of whoever may write there, they are given one again if a place is left:
// their own, or another if that is given away.
func TestWhoArrivesIsGivenTheirEntryAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		staffed int32
		other   bool // takes the place meanwhile
		want    int32
		lost    bool
	}{
		"their own place":    {1, false, 1, false},
		"another":            {2, true, 2, false},
		"and none is left":   {1, true, 1, true},
		"with room for more": {5, false, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.pool("p", tc.staffed)
			w.claim("x")
			w.settle()
			b := w.binders[0]
			b.unseen = nil
			writes := func(given ...v1alpha1.Allocation) {
				w.status(poolNamed("p"), func(o client.Object) {
					p := o.(*v1alpha1.CapacityPool)
					p.Status.Allocations = given
					recount(p, w.clock.Now())
				})
			}
			writes()
			if tc.other {
				writes(v1alpha1.Allocation{
					Place: 1, ClaimUID: "other", ClaimName: "other", Partnership: "moray", Attempt: 1, State: v1alpha1.AllocationHeld,
				})
			}
			w.admit("x")
			for len(b.unseen) > 0 {
				b.see()
			}
			w.binders[0].run()
			w.stands("x:Admitted")
			is, pool := w.is("x"), w.pools()[0]
			at := slices.IndexFunc(pool.Status.Allocations, func(a v1alpha1.Allocation) bool {
				return a.ClaimUID == v1alpha1.ObjectUID(is.UID) && a.State == v1alpha1.AllocationAdmitted && a.Place == tc.want
			})
			if (at < 0) != tc.lost || is.Status.Binding.Place != tc.want {
				t.Errorf("place %d of %+v", is.Status.Binding.Place, pool.Status.Allocations)
			}
		})
	}
}
