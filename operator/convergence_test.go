package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// district is one of everything, with reports good, late, contradictory and dated in the future.
func district() []client.Object {
	pool := poolIn("glasgow", "rae-house-rehab", "rae-house")
	future := reportOn(pool, "future", noon.Add(time.Hour), 12, 1)
	orphan := reportOn(poolIn("glasgow", "not-there", "rae-house"), "orphan", noon, 3, 1)
	objects := []client.Object{
		partnershipNamed("glasgow", "ada"), partnerNamed("phoenix", "phoenix-clerk"), partnerNamed("crew", "crew-clerk"),
		serviceIn("glasgow", "rae-house", "phoenix"), serviceIn("glasgow", "drop-in", "crew"), serviceIn("glasgow", "lost", "nobody"),
		pool, poolIn("glasgow", "no-service", "missing"),
		reportOn(pool, "current", noon, 12, 7), reportOn(pool, "late", noon.Add(-time.Hour), 12, 2), future, orphan,
	}
	for _, o := range objects {
		o.SetCreationTimestamp(metav1.NewTime(noon))
		o.SetUID("")
	}
	for i, o := range objects {
		o.SetUID(uid(i))
	}
	return objects
}

// Stopped at any write, before or after it takes effect, and started again, the operator comes to the same end.
func TestStoppedBetweenAnyTwoWritesItComesToTheSameEnd(t *testing.T) {
	whole := simulate(t, district()...)
	whole.mustSettle(t)
	want, writes := whole.everything(t), whole.writes
	if writes < 15 {
		t.Fatalf("only %d writes: the district is too small to show anything", writes)
	}
	for k := 1; k <= writes; k++ {
		for name, stop := range map[string]func(*simulation){
			"before": func(s *simulation) { s.before = func(write int) bool { return write == k } },
			"after":  func(s *simulation) { s.after = func(write int) bool { return write == k } },
		} {
			t.Run(fmt.Sprintf("%s write %d", name, k), func(t *testing.T) {
				s := simulate(t, district()...)
				stop(s)
				if err := s.settle(t); !errors.Is(err, errStopped) {
					t.Fatalf("was not stopped at write %d: %v", k, err)
				}
				s.mustSettle(t)
				if diff := cmp.Diff(want, s.everything(t)); diff != "" {
					t.Errorf("another end (-never stopped +stopped):\n%s", diff)
				}
			})
		}
	}
}

func TestASettledDistrictIsLeftAlone(t *testing.T) {
	s := simulate(t, district()...)
	s.mustSettle(t)
	writes, events := s.writes, len(s.events)
	for range 3 {
		s.mustSettle(t)
	}
	if s.writes != writes || len(s.events) != events {
		t.Errorf("%d writes and %d Events though nothing changed", s.writes-writes, len(s.events)-events)
	}
}

// In whatever order the same reports arrive, and however often the operator looks in between, the pool shows the same.
func TestReportsInAnyOrderGiveTheSameStatus(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pool := poolIn("glasgow", "rae-house-rehab", "rae-house")
		var reports []*v1alpha1.CapacityReport
		for i := range rapid.IntRange(1, 6).Draw(rt, "reports") {
			minutes := rapid.IntRange(-90, 20).Draw(rt, "observed")
			r := reportOn(pool, fmt.Sprint("r", i), noon.Add(time.Duration(minutes)*time.Minute), 12, rapid.Int32Range(0, 14).Draw(rt, "occupied"))
			r.CreationTimestamp = metav1.NewTime(noon)
			reports = append(reports, r)
		}
		arrive := func(order []*v1alpha1.CapacityReport) v1alpha1.CapacityPoolStatus {
			s := simulate(t, partnershipNamed("glasgow"), partnerNamed("phoenix"), serviceIn("glasgow", "rae-house", "phoenix"), pool.DeepCopy())
			s.mustSettle(t)
			look := func() {
				if err := visitPool(t, s, s.Client, pool); err != nil {
					rt.Fatal(err)
				}
			}
			for _, r := range order {
				s.apply(t, r.DeepCopy())
				if rapid.Bool().Draw(rt, "looks") {
					look()
				}
			}
			look()
			return get(t, s, pool.DeepCopy()).Status
		}
		first, again := arrive(reports), arrive(rapid.Permutation(reports).Draw(rt, "order"))
		if diff := cmp.Diff(first, again); diff != "" {
			rt.Fatalf("the order of arrival made a difference:\n%s", diff)
		}
	})
}

// A cache that does not know yet of the report that is shown must not bring an older count back.
func TestACacheThatLagsDoesNotBringAnOlderCountBack(t *testing.T) {
	pool := poolIn("glasgow", "rae-house-rehab", "rae-house")
	s := simulate(t, partnershipNamed("glasgow"), partnerNamed("phoenix"), serviceIn("glasgow", "rae-house", "phoenix"), pool)
	s.mustSettle(t)
	s.apply(t, reportOn(pool, "older", noon.Add(-time.Minute), 12, 2))
	s.apply(t, reportOn(pool, "newer", noon, 12, 9))
	s.mustSettle(t)
	lagging := &blindTo{Client: s.Client, report: "newer"}
	if err := visitPool(t, s, lagging, pool); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, pool).Status.ReportName; got != "newer" {
		t.Errorf("shows %s, want newer", got)
	}
}
