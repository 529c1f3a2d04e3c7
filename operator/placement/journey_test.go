package placement

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// one is a world with one binder, one pool with one place, and somebody who holds it while another waits.
func one(t *testing.T) *world {
	w := newWorld(t, 1)
	w.pool("p", 1)
	w.claim("x")
	w.settle()
	w.claim("y")
	w.settle()
	w.stands("x:Held y:waits")
	return w
}

func (w *world) condition(name, kind string) metav1.ConditionStatus {
	for _, c := range w.is(name).Status.Conditions {
		if c.Type == kind {
			return c.Status
		}
	}
	return ""
}

// A hold of two days warns twelve hours before its end, ends by itself, and the next in line is held the place at once.
func TestAHoldWarnsEndsAndGoesToTheNext(t *testing.T) {
	w := one(t)
	w.answer("x", v1alpha1.AcceptanceAccepted, "")
	w.settle()
	w.pass(36*time.Hour - time.Minute)
	if got := w.condition("x", v1alpha1.ConditionHoldEnding); got != metav1.ConditionFalse {
		t.Errorf("a minute before the warning HoldEnding is %s", got)
	}
	w.pass(time.Minute)
	if got := w.condition("x", v1alpha1.ConditionHoldEnding); got != metav1.ConditionTrue {
		t.Errorf("at the time of the warning HoldEnding is %s", got)
	}
	if n := w.happened("x Warning " + v1alpha1.ReasonHoldEndsSoon); n != 1 {
		t.Errorf("warned %d times", n)
	}
	w.clock.SetTime(w.is("x").Status.Binding.HoldUntilTime.Add(-time.Second))
	w.settleAt(w.clock.Now())
	w.stands("x:Held y:waits")
	w.pass(time.Second)
	w.pass(100 * time.Millisecond)
	w.stands("x:waits y:Held")
	if c := w.is("x"); c.Status.Lapses != 1 || c.Status.LastRelease != v1alpha1.ReleaseHoldExpired {
		t.Errorf("lapses %d, last release %s", c.Status.Lapses, c.Status.LastRelease)
	}
	w.settle()
	w.agrees()
}

// settleAt does what there is to do at that moment, without time passing.
func (w *world) settleAt(at time.Time) {
	w.clock.SetTime(at)
	for _, b := range w.binders {
		b.ring()
		b.line.next(b)
		b.run()
	}
}

// An extension keeps the place beyond its first end, takes the warning back, and warns anew before the new end; it is never
// longer than LongestHold in all.
func TestAHoldThatIsExtended(t *testing.T) {
	w := one(t)
	w.pass(37 * time.Hour)
	extend := func(until time.Time) {
		w.says("x", func(c *v1alpha1.Placement) bool {
			c.Spec.HoldUntilTime, c.Spec.HoldUntilAttempt = &metav1.Time{Time: until}, c.Status.Binding.Attempt
			return true
		})
		w.settle()
	}
	extend(noon.Add(96 * time.Hour))
	if got := w.condition("x", v1alpha1.ConditionHoldEnding); got != metav1.ConditionFalse {
		t.Errorf("after the extension HoldEnding is %s", got)
	}
	w.pass(noon.Add(85 * time.Hour).Sub(w.clock.Now()))
	w.stands("x:Held y:waits")
	if n := w.happened("x Warning " + v1alpha1.ReasonHoldEndsSoon); n != 2 {
		t.Errorf("warned %d times in all", n)
	}
	extend(noon.Add(365 * 24 * time.Hour))
	if got, want := w.is("x").Status.Binding.HoldUntilTime.Time, w.is("x").Status.Binding.HeldTime.Add(rules.LongestHold); !got.Equal(want) {
		t.Errorf("held until %s, want %s", got, want)
	}
	w.agrees()
	w.pass(w.is("x").Status.Binding.HoldUntilTime.Sub(w.clock.Now()) + 100*time.Millisecond)
	w.stands("x:waits y:Held")
}

// After three holds that nobody came for, the claim ends.
func TestAfterThreeLapsesAClaimEnds(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 1)
	w.claim("x")
	for lapse := range rules.MaximumLapses {
		w.settle()
		w.stands("x:Held")
		w.answer("x", v1alpha1.AcceptanceAccepted, "")
		w.pass(48*time.Hour + time.Minute)
		if got := w.is("x").Status.Lapses; got != int32(lapse+1) {
			t.Fatalf("%d lapses, want %d", got, lapse+1)
		}
	}
	w.stands("x:ended")
	if got := status.Reason(w.is("x").Status.Conditions, v1alpha1.ConditionEnded); got != v1alpha1.ReasonHoldsExpired {
		t.Errorf("ended because of %s", got)
	}
	w.settle()
	w.agrees()
}

// Nothing is held before the earliest moment a place can be used, and the place is held at that moment.
func TestADateIsKept(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 1)
	w.claim("x", func(s *v1alpha1.PlacementSpec) { s.NotBeforeTime = &metav1.Time{Time: noon.Add(10 * time.Hour)} })
	w.settle()
	w.pass(noon.Add(10*time.Hour - time.Second).Sub(w.clock.Now()))
	w.stands("x:waits")
	if got := status.Reason(w.is("x").Status.Conditions, v1alpha1.ConditionPlaced); got != v1alpha1.ReasonNotYet {
		t.Errorf("before its date the claim says %s", got)
	}
	w.pass(time.Second)
	w.stands("x:Held")
}

// When its date has come and nothing is free, a claim does not go on saying that its date has not come.
func TestADateThatHasComeIsSaid(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 0)
	w.claim("x", func(s *v1alpha1.PlacementSpec) { s.NotBeforeTime = &metav1.Time{Time: noon.Add(2 * time.Hour)} })
	w.settle()
	w.pass(2*time.Hour + time.Second)
	if got := status.Reason(w.is("x").Status.Conditions, v1alpha1.ConditionPlaced); got != v1alpha1.ReasonWaiting {
		t.Errorf("after its date the claim says %s: %s", got, w.is("x").Status.Explanation)
	}
}

// A routine claim that waited three weeks longer than an urgent one comes first.
func TestARoutineClaimAges(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 0)
	w.claim("routine")
	w.settle()
	w.pass(rules.AgeingInterval)
	w.claim("urgent", func(s *v1alpha1.PlacementSpec) { s.Priority = v1alpha1.PriorityUrgent })
	w.count("p", 1, 0)
	w.settle()
	w.stands("routine:Held urgent:waits")
}

// A hold that was begun in one financial year and used in the next is paid for by the year it was promised in.
func TestAPlaceIsPaidForByTheYearItWasPromisedIn(t *testing.T) {
	w := newWorld(t, 1)
	w.clock.SetTime(time.Date(2027, 3, 31, 12, 0, 0, 0, time.UTC))
	w.pool("p", 1)
	w.fund("old", 1)
	w.claim("x", funded)
	w.settle()
	w.pass(24 * time.Hour)
	w.admit("x")
	w.settle()
	w.stands("x:Admitted")
	if f := all[*v1alpha1.PlacementFund](w)[0]; *f.Status.Used != 1 {
		t.Errorf("the old year's fund: %+v", f.Status)
	}
	w.agrees()
}

// journey is a life in which everything is done that the binder writes: claims, money, a hold, answers, a hold that nobody
// answers for, an expiry, an extension, an admission, a discharge, a deletion, a pool that is deleted.
var journey = []func(w *world){
	func(w *world) { w.pool("p", 1); w.pool("q", 0); w.fund("f", 3); w.claim("x", funded) },
	func(w *world) { w.claim("y", funded); w.claim("z") },
	func(w *world) {
		w.says("x", func(c *v1alpha1.Placement) bool {
			if !hasHold(c) {
				return false
			}
			c.Spec.HoldUntilTime, c.Spec.HoldUntilAttempt = &metav1.Time{Time: noon.Add(60 * time.Hour)}, c.Status.Binding.Attempt
			return true
		})
	},
	func(w *world) { w.answer("x", v1alpha1.AcceptanceCannotOffer, v1alpha1.CannotOfferNoPlace) },
	func(w *world) { w.clock.SetTime(w.clock.Now().Add(time.Minute)); w.count("p", 1, 0) },
	func(w *world) { w.answer("x", v1alpha1.AcceptanceCannotOffer, v1alpha1.CannotOfferNeeds) },
	func(w *world) { w.admit("y") },
	func(w *world) { w.count("q", 1, 0) },
	func(w *world) { w.clock.SetTime(w.clock.Now().Add(49 * time.Hour)) },
	func(w *world) { w.answer("z", v1alpha1.AcceptanceAccepted, "") },
	func(w *world) { w.clock.SetTime(w.clock.Now().Add(49 * time.Hour)) },
	func(w *world) { w.discharge("y"); w.withdraw("x") },
	func(w *world) { w.delete(poolNamed("q"), false) },
	func(w *world) { w.delete(named("z"), false) },
}

// travel makes the journey; each step ends when all is quiet, if somebody is there to work.
func travel(t failer, fault func(b *binder) func(write int, after bool) error, mend func(w *world)) (*world, int) {
	w := newWorld(t, 1)
	first := w.binders[0]
	if fault != nil {
		first.fault = fault(first)
	}
	for _, step := range journey {
		step(w)
		w.settle()
		if mend != nil {
			mend(w)
		}
		w.agrees()
	}
	return w, first.writes
}

// The operator is stopped at each write of a whole journey, before it arrives or with its answer lost, and another one begins
// with what is stored. All ends as if nothing had happened.
func TestStoppedBetweenAnyTwoWrites(t *testing.T) {
	_, writes := travel(t, nil, nil)
	if writes < 40 {
		t.Fatalf("a journey of %d writes only", writes)
	}
	for k := 1; k <= writes; k++ {
		for _, after := range []bool{false, true} {
			w, _ := travel(t, func(b *binder) func(int, bool) error {
				return func(write int, isAfter bool) error {
					if write == k && isAfter == after {
						b.dead = true
						return errStopped
					}
					return nil
				}
			}, func(w *world) {
				if w.binders[0].dead && len(w.binders) == 1 {
					w.start()
					w.settle()
				}
			})
			w.stands("x:ended y:ended z:gone")
		}
	}
}

// Each write in turn meets a conflict, or is lost on its way, or loses its answer, and the operator works on.
func TestEachWriteFailsOnce(t *testing.T) {
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "things"}, "n", errors.New("somebody wrote first"))
	_, writes := travel(t, nil, nil)
	for k := 1; k <= writes; k++ {
		for _, fault := range []struct {
			err   error
			after bool
		}{{conflict, false}, {errors.New("lost"), false}, {errors.New("lost"), true}} {
			w, _ := travel(t, func(*binder) func(int, bool) error {
				return func(write int, after bool) error {
					if write == k && after == fault.after {
						return fault.err
					}
					return nil
				}
			}, nil)
			w.stands("x:ended y:ended z:gone")
		}
	}
}

// What becomes of a Placement that is deleted, wherever it stands.
func TestDeletingAPlacement(t *testing.T) {
	for name, tc := range map[string]struct {
		before func(w *world)
		force  bool
		then   string
		after  func(w *world)
		last   string
	}{
		"that waits":                   {func(w *world) { w.claim("d") }, false, "x:Held d:gone", nil, "x:Held d:gone"},
		"that holds a place":           {func(w *world) { w.withdraw("x"); w.claim("d") }, false, "x:ended d:gone", nil, "x:ended d:gone"},
		"that holds a place, by force": {func(w *world) { w.withdraw("x"); w.claim("d") }, true, "x:ended d:gone", nil, "x:ended d:gone"},
		"that has ended":               {func(w *world) { w.claim("d"); w.withdraw("d") }, false, "x:Held d:gone", nil, "x:Held d:gone"},
		"whose person is in the place": {func(w *world) {
			w.withdraw("x")
			w.claim("d")
			w.settle()
			w.admit("d")
		}, false, "x:ended d:Admitted", func(w *world) { w.discharge("d") }, "x:ended d:gone"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.pool("p", 1)
			w.claim("x")
			w.settle()
			tc.before(w)
			w.settle()
			w.delete(named("d"), tc.force)
			w.settle()
			w.stands(tc.then)
			w.agrees()
			if tc.after != nil {
				tc.after(w)
				w.settle()
			}
			w.stands(tc.last)
			w.agrees()
		})
	}
}

// Somebody who was admitted, and whose Placement was deleted by force, keeps the place until the provider has counted since.
func TestSomebodyInAPlaceIsNotForgottenWithThePlacement(t *testing.T) {
	w := one(t)
	w.admit("x")
	w.settle()
	w.delete(named("x"), true)
	w.settle()
	w.stands("x:gone y:waits")
	w.clock.SetTime(w.clock.Now().Add(time.Hour))
	w.count("p", 2, 1)
	w.settle()
	w.stands("x:gone y:Held")
	w.agrees()
}

// When a pool shrinks below what is held, nobody is put out and no more are given places.
func TestAPoolThatShrinksPutsNobodyOut(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 2)
	w.claim("x")
	w.claim("y")
	w.settle()
	w.claim("z")
	w.count("p", 1, 0)
	w.settle()
	w.stands("x:Held y:Held z:waits")
	w.withdraw("x")
	w.settle()
	w.stands("x:ended y:Held z:waits")
	w.withdraw("y")
	w.settle()
	w.stands("y:ended z:Held")
	w.agrees()
}

// When a fund is cut no promise is broken; when it is gone nobody else is promised anything.
func TestAFundThatIsCutBreaksNoPromise(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 3)
	w.fund("f", 2)
	w.claim("x", funded)
	w.claim("y", funded)
	w.settle()
	w.cut("f", 1)
	w.claim("z", funded)
	w.settle()
	w.stands("x:Held y:Held z:waits")
	w.admit("x")
	w.settle()
	w.withdraw("y")
	w.settle()
	w.stands("x:Admitted y:ended z:waits")
	if got := status.Reason(w.is("z").Status.Conditions, v1alpha1.ConditionPlaced); got != v1alpha1.ReasonNotFunded {
		t.Errorf("says %s", got)
	}
	w.agrees()
}

func (w *world) cut(fund string, places int32) {
	f := &v1alpha1.PlacementFund{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-moray", Name: fund}}
	if w.store.Get(context.Background(), client.ObjectKeyFromObject(f), f) != nil {
		return
	}
	f.Spec.Places = &places
	f.Generation++
	if err := w.store.Update(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
	w.stored(f)
}

// When a pool is deleted those awaited go back to their turn, somebody who is there stays until they leave, and then the pool
// goes. One made anew with the same name is another.
func TestAPoolThatIsDeletedWithPeopleInIt(t *testing.T) {
	w := newWorld(t, 1)
	w.pool("p", 2)
	w.claim("x")
	w.claim("y")
	w.settle()
	w.admit("x")
	w.settle()
	w.delete(poolNamed("p"), false)
	w.settle()
	w.stands("x:Admitted y:waits")
	if c := w.is("y"); c.Status.LastRelease != v1alpha1.ReleasePoolDeleted || c.Status.Lapses != 0 {
		t.Errorf("%s, %d lapses", c.Status.LastRelease, c.Status.Lapses)
	}
	w.discharge("x")
	w.settle()
	if len(w.pools()) != 0 {
		t.Error("the pool is still there")
	}
	w.pool("p", 1)
	w.settle()
	w.stands("x:ended y:Held")
	w.agrees()
}

// A pool that vanished under a hold, finalizer and all, and was made anew: the hold is not taken for one of the new pool.
func TestAPoolThatIsMadeAnew(t *testing.T) {
	w := one(t)
	w.delete(poolNamed("p"), true)
	w.pool("p", 1)
	w.settle()
	w.stands("x:waits y:Held") // the new place was free before it was known that the old one had gone
	if c := w.is("x"); c.Status.LastRelease != v1alpha1.ReleasePoolDeleted || c.Status.Lapses != 0 {
		t.Errorf("%s, %d lapses", c.Status.LastRelease, c.Status.Lapses)
	}
	if got, want := w.is("y").Status.Binding.PoolUID, v1alpha1.ObjectUID(w.pools()[0].UID); got != want {
		t.Errorf("bound to %s, want %s", got, want)
	}
	w.agrees()
}

// A binder that promised money long ago for an attempt that has passed does not take it from the attempt that holds a place.
func TestALatePromiseTakesNothingFromALaterAttempt(t *testing.T) {
	old := &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{UID: "u"}}
	old.Status.Binding = &v1alpha1.PlacementBinding{Attempt: 1}
	two := int32(2)
	f := &v1alpha1.PlacementFund{Spec: v1alpha1.PlacementFundSpec{Places: &two}}
	f.Status.Commitments = []v1alpha1.FundCommitment{{ClaimUID: "u", Attempt: 2, State: v1alpha1.CommitmentPromised}}
	if err := promise(old)(f); !errors.Is(err, errNoMoney) || f.Status.Commitments[0].Attempt != 2 {
		t.Errorf("told %v, and the fund says %s", err, fmt.Sprint(f.Status.Commitments))
	}
}

// What a claim names and cannot have is said in words, and when it is put right the claim is given its place.
func TestPoolsThatCannotBeUsedAreSpokenOf(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*v1alpha1.CapacityPoolSpec)
		named string
		says  string
	}{
		"one that does not exist": {nil, "nowhere", "does not exist"},
		"one for other people": {func(s *v1alpha1.CapacityPoolSpec) {
			s.ClaimableBy = nil
		}, "p", "is not for people referred by this partnership"},
		"one of another kind": {func(s *v1alpha1.CapacityPoolSpec) { s.Kind = v1alpha1.PoolDevice }, "p", "is of another kind"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.pool("p", 1)
			if tc.spoil != nil {
				p := poolNamed("p")
				if err := w.store.Get(context.Background(), client.ObjectKeyFromObject(p), p); err != nil {
					t.Fatal(err)
				}
				tc.spoil(&p.Spec)
				p.Generation++
				if err := w.store.Update(context.Background(), p); err != nil {
					t.Fatal(err)
				}
				w.stored(p)
			}
			w.claim("x", func(s *v1alpha1.PlacementSpec) {
				s.Pools = []v1alpha1.PlacementPool{{Partnership: "fife", Name: v1alpha1.ObjectName(tc.named)}}
			})
			w.settle()
			x := w.is("x")
			if status.Reason(x.Status.Conditions, v1alpha1.ConditionReady) != v1alpha1.ReasonPoolsNotUsable ||
				!strings.Contains(x.Status.Explanation, tc.says) {
				t.Errorf("Ready says %s, and the claim: %s",
					status.Reason(x.Status.Conditions, v1alpha1.ConditionReady), x.Status.Explanation)
			}
			w.pool("other", 1)
			w.says("x", func(c *v1alpha1.Placement) bool { c.Spec.Pools = nil; return true })
			w.settle()
			w.stands("x:Held")
			w.agrees()
		})
	}
}
