package verify

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/capacity"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// shelf is an API server with these objects, which it gives out page by page.
type shelf struct {
	client.Reader
	rules.Snapshot
	asked int
}

func (s *shelf) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	s.asked++
	var o client.ListOptions
	o.ApplyOptions(options)
	switch l := list.(type) {
	case *v1alpha1.CapacityPoolList:
		l.Items, l.Continue = page(s.Pools, o)
	case *v1alpha1.PlacementList:
		l.Items, l.Continue = page(s.Claims, o)
	case *v1alpha1.PlacementFundList:
		l.Items, l.Continue = page(s.Funds, o)
	}
	return nil
}

func page[T any](all []T, o client.ListOptions) ([]T, string) {
	from, _ := strconv.Atoi(o.Continue) // empty for the first
	if o.Limit == 0 || from+int(o.Limit) >= len(all) {
		return all[from:], ""
	}
	return all[from : from+int(o.Limit)], strconv.Itoa(from + int(o.Limit))
}

// crowded are so many full pools, and so many claims that hold a place or wait.
func crowded(pools, claims int) rules.Snapshot {
	var s rules.Snapshot
	const places = 5
	until := metav1.NewTime(noon.Add(time.Hour))
	for i := range claims {
		var c v1alpha1.Placement
		c.Namespace, c.Name, c.UID = "adp-moray", fmt.Sprintf("c-%d", i), types.UID(fmt.Sprintf("c-%d", i))
		c.CreationTimestamp = metav1.NewTime(noon.Add(-time.Hour))
		c.Spec.Kind, c.Spec.ReferralID = v1alpha1.PoolDetox, "referral-"+c.Name
		s.Claims = append(s.Claims, c)
	}
	for i := range pools {
		var p v1alpha1.CapacityPool
		staffed, none := int32(places), int32(0)
		p.Namespace, p.Name, p.UID = "adp-moray", fmt.Sprintf("p-%d", i), types.UID(fmt.Sprintf("p-%d", i))
		p.Spec.Kind, p.Spec.Operation, p.Spec.ConfirmEverySeconds = v1alpha1.PoolDetox, v1alpha1.OperationOpen, 86400
		p.Status.Counted = &v1alpha1.PlaceCount{Staffed: &staffed, Occupied: &none, Held: &none}
		p.Status.ConfirmedTime = &metav1.Time{Time: noon}
		for n := range int32(places) {
			c := &s.Claims[i*places+int(n)]
			p.Status.Allocations = append(p.Status.Allocations, v1alpha1.Allocation{
				Place: n + 1, ClaimUID: v1alpha1.ObjectUID(c.UID), Partnership: "moray", ClaimName: v1alpha1.ObjectName(c.Name),
				Attempt: 1, State: v1alpha1.AllocationHeld, HoldUntilTime: until,
			})
			c.Status.Binding = &v1alpha1.PlacementBinding{
				Attempt: 1, Pool: rules.PoolOf(&p), PoolUID: v1alpha1.ObjectUID(p.UID), Place: n + 1, State: v1alpha1.BindingHeld,
				HeldTime: &metav1.Time{Time: noon}, HoldUntilTime: &until,
			}
		}
		capacity.Recount(&p.Status)
		s.Pools = append(s.Pools, p)
	}
	return s
}

// A nation of 2,000 pools and 20,000 claims is looked through in a second (in ten with the race detector on a busy machine),
// and each object is read once, page by page.
func TestANationIsLookedThroughQuickly(t *testing.T) {
	from, began := &shelf{Snapshot: crowded(2000, 20000)}, time.Now()
	var out bytes.Buffer
	found, err := Run(t.Context(), from, testclock.NewFakeClock(noon.Add(time.Minute)), Settle, &out)
	if err != nil || found != 0 || !strings.Contains(out.String(), "2000 pools, 20000 claims, 0 funds") {
		t.Errorf("%d, %v: %.500s", found, err, out.String())
	}
	if from.asked > 4+40+1 {
		t.Errorf("asked %d times", from.asked)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %s", took)
	}
}

// What is only on its way at the first look is not reported; what is still there at the second is.
func TestOnlyWhatIsStillBrokenAtTheSecondLookCounts(t *testing.T) {
	for name, mended := range map[string]bool{"mended meanwhile": true, "still broken": false} {
		s := crowded(1, 5)
		s.Pools[0].Status.Allocations = s.Pools[0].Status.Allocations[:4]
		capacity.Recount(&s.Pools[0].Status)
		from, clock := &shelf{Snapshot: s}, testclock.NewFakeClock(noon.Add(time.Minute))
		var out bytes.Buffer
		ended := make(chan int)
		go func() {
			found, err := Run(t.Context(), from, clock, Settle, &out)
			if err != nil {
				t.Error(err)
			}
			ended <- found
		}()
		for !clock.HasWaiters() {
			time.Sleep(time.Millisecond) // until the first look is over
		}
		want := 1
		if mended {
			from.Snapshot, want = crowded(1, 5), 0
		}
		clock.Step(Settle)
		if found := <-ended; found != want {
			t.Errorf("%s: %d found: %s", name, found, out.String())
		}
	}
}

// The metric counts what two looks found, each kind for itself, and looks no more than twice a minute.
func TestTheMetricCountsWhatTwoLooksFound(t *testing.T) {
	s := crowded(1, 5)
	s.Pools[0].Status.Allocations = s.Pools[0].Status.Allocations[:4]
	capacity.Recount(&s.Pools[0].Status)
	from, clock := &shelf{Snapshot: s}, testclock.NewFakePassiveClock(noon.Add(time.Minute))
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(NewViolations(from, clock)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		after time.Duration
		lost  float64
		asked int
	}{{0, 0, 3}, {time.Second, 0, 3}, {lookEvery, 1, 6}, {lookEvery + time.Second, 1, 6}} {
		clock.SetTime(noon.Add(time.Minute + tc.after))
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var lost float64
		for _, m := range families[0].GetMetric() {
			if m.GetLabel()[0].GetValue() == string(rules.LostPlace) {
				lost = m.GetGauge().GetValue()
			}
		}
		if n := len(families[0].GetMetric()); n != len(rules.ViolationKinds) || lost != tc.lost || from.asked != tc.asked {
			t.Errorf("after %s: %d series, %v lost, asked %d times", tc.after, n, lost, from.asked)
		}
	}
}
