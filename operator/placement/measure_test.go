package placement

import (
	"maps"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	testclock "k8s.io/utils/clock/testing"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/metrics"
	"lifeline.scot/operator/status"
)

// counted returns the counters that are not zero, as name/label; of a histogram, the sum of what went into it.
func counted(t *testing.T, b *metrics.Binder) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(b); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			key := family.GetName()
			for _, label := range m.GetLabel() {
				key += "/" + label.GetValue()
			}
			if v := m.GetCounter().GetValue() + m.GetHistogram().GetSampleSum(); v != 0 {
				values[key] = v
			}
		}
	}
	return values
}

// Each step of a claim's life is counted when it is stored, and being looked at again is not.
func TestTheStepsOfAClaimAreCounted(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	made := &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(noon.Add(-time.Hour))}}
	in := func(state v1alpha1.BindingState, why v1alpha1.ReleaseReason) *v1alpha1.Placement {
		c := made.DeepCopy()
		c.Status.Binding = &v1alpha1.PlacementBinding{State: state, ReleaseReason: why}
		return c
	}
	over := made.DeepCopy()
	status.Set(&over.Status.Conditions, 1, noon, status.True(v1alpha1.ConditionEnded, v1alpha1.ReasonWithdrawn, "Given up."))
	taking, held := in(v1alpha1.BindingTaking, ""), in(v1alpha1.BindingHeld, "")
	for name, tc := range map[string]struct {
		was, is *v1alpha1.Placement
		want    map[string]float64
	}{
		"a pool was chosen": {made, taking, map[string]float64{}},
		"held": {taking, held, map[string]float64{
			"lifeline_placements_total/Held": 1, "lifeline_placement_seconds_to_hold": 3600,
		}},
		"held, looked at again": {held, held, map[string]float64{}},
		"admitted":              {held, in(v1alpha1.BindingAdmitted, ""), map[string]float64{"lifeline_placements_total/Admitted": 1}},
		"a hold that ended": {held, in(v1alpha1.BindingReleasing, v1alpha1.ReleaseHoldExpired), map[string]float64{
			"lifeline_placement_holds_expired_total": 1,
		}},
		"a place that could not be taken": {taking, in(v1alpha1.BindingReleasing, v1alpha1.ReleaseNotTaken), map[string]float64{}},
		"withdrawn":                       {made, over, map[string]float64{"lifeline_placements_total/Withdrawn": 1}},
		"withdrawn, looked at again":      {over, over, map[string]float64{}},
	} {
		r := New(status.Writer{Clock: testclock.NewFakePassiveClock(noon)})
		if r.measure(tc.was, tc.is); !maps.Equal(counted(t, r.Measures), tc.want) {
			t.Errorf("%s: counted %v, want %v", name, counted(t, r.Measures), tc.want)
		}
	}
}
