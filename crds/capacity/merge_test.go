package capacity

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"lifeline.scot/crds/v1alpha1"
)

// reported is a report observed and written at so many minutes after noon.
func reported(name string, observed, created int, occupied int32) *v1alpha1.CapacityReport {
	staffed := int32(12)
	r := &v1alpha1.CapacityReport{}
	r.Name, r.UID = name, types.UID(name)
	r.CreationTimestamp = metav1.NewTime(noon.Add(time.Duration(created) * time.Minute))
	r.Spec.ObservedTime = metav1.NewTime(noon.Add(time.Duration(observed) * time.Minute))
	r.Spec.Staffed, r.Spec.Occupied = &staffed, &occupied
	return r
}

func by(partner v1alpha1.ObjectName, r *v1alpha1.CapacityReport) *v1alpha1.CapacityReport {
	r.Spec.ReportedBy = &v1alpha1.PartnerReference{Name: partner}
	return r
}

func deleted(r *v1alpha1.CapacityReport) *v1alpha1.CapacityReport {
	r.DeletionTimestamp = &metav1.Time{Time: noon}
	return r
}

func TestMergeShowsTheCountObservedLast(t *testing.T) {
	for name, tc := range map[string]struct {
		reports     []*v1alpha1.CapacityReport
		want        string
		reasons     []string
		contradicts int
	}{
		"no reports": {},
		"a late report of an earlier count changes nothing": {
			[]*v1alpha1.CapacityReport{reported("new", 0, 1, 5), reported("late", -60, 10, 6)},
			"new",
			[]string{v1alpha1.ReasonCurrent, v1alpha1.ReasonSuperseded},
			0,
		},
		"a correction of the same moment counts, and the two contradict": {
			[]*v1alpha1.CapacityReport{reported("first", 0, 1, 5), reported("corrected", 0, 2, 6)},
			"corrected",
			[]string{v1alpha1.ReasonSuperseded, v1alpha1.ReasonCurrent},
			1,
		},
		"the same count twice does not contradict": {
			[]*v1alpha1.CapacityReport{reported("a", 0, 1, 5), reported("b", 0, 1, 5)},
			"b",
			[]string{v1alpha1.ReasonSuperseded, v1alpha1.ReasonCurrent},
			0,
		},
		"a clock a little ahead is believed": {
			[]*v1alpha1.CapacityReport{reported("ahead", 5, 0, 5)},
			"ahead",
			[]string{v1alpha1.ReasonCurrent},
			0,
		},
		"a clock a little ahead gains nothing over a true one": {
			[]*v1alpha1.CapacityReport{reported("ahead", 4, 0, 5), reported("true", 1, 1, 6)},
			"true",
			[]string{v1alpha1.ReasonSuperseded, v1alpha1.ReasonCurrent},
			0,
		},
		"a count dated in the future is not": {
			[]*v1alpha1.CapacityReport{reported("future", 6, 0, 5), reported("now", 0, 0, 5)},
			"now",
			[]string{v1alpha1.ReasonFutureDated, v1alpha1.ReasonCurrent},
			0,
		},
		"a count by somebody who does not run the service is not used": {
			[]*v1alpha1.CapacityReport{by("other", reported("theirs", 5, 5, 5)), by("provider", reported("ours", 0, 0, 5))},
			"ours",
			[]string{v1alpha1.ReasonReporterNotProvider, v1alpha1.ReasonCurrent},
			0,
		},
		"a report being deleted is no longer shown": {
			[]*v1alpha1.CapacityReport{deleted(reported("gone", 5, 5, 5)), reported("kept", 0, 0, 5)},
			"kept",
			[]string{v1alpha1.ReasonSuperseded, v1alpha1.ReasonCurrent},
			0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Merge("provider", tc.reports)
			if current(got) != tc.want {
				t.Errorf("shows %q, want %q", current(got), tc.want)
			}
			for i, v := range got.Verdicts {
				if v.Reason != tc.reasons[i] || v.Message == "" {
					t.Errorf("%s: reason %q (%s), want %q", v.Report.Name, v.Reason, v.Message, tc.reasons[i])
				}
			}
			if len(got.Contradicting) != tc.contradicts {
				t.Errorf("%d reports contradict it, want %d", len(got.Contradicting), tc.contradicts)
			}
		})
	}
}

func current(m Merged) string {
	if m.Current == nil {
		return ""
	}
	return m.Current.Name
}

// The order in which reports arrive makes no difference, and no usable report is later than the one shown.
func TestMergeDoesNotDependOnArrival(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var reports []*v1alpha1.CapacityReport
		for i := range rapid.IntRange(0, 8).Draw(t, "reports") {
			observed := rapid.IntRange(-5, 12).Draw(t, "observed")
			created := rapid.IntRange(-3, 3).Draw(t, "created")
			r := reported(fmt.Sprint("r", i), observed, created, rapid.Int32Range(0, 2).Draw(t, "occupied"))
			if rapid.Bool().Draw(t, "by another") {
				by(rapid.SampledFrom([]v1alpha1.ObjectName{"provider", "other"}).Draw(t, "by"), r)
			}
			reports = append(reports, r)
		}
		first := Merge("provider", reports)
		again := Merge("provider", rapid.Permutation(reports).Draw(t, "arrival"))
		if current(first) != current(again) {
			t.Fatalf("shows %q in one order and %q in another", current(first), current(again))
		}
		for _, v := range first.Verdicts {
			if v.Usable() && ObservedAt(v.Report).After(ObservedAt(first.Current)) {
				t.Fatalf("%s is later than %s, which is shown", v.Report.Name, current(first))
			}
		}
	})
}

func TestFreeIsNeverNegative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Count{
			Staffed:  rapid.Int32Range(0, 128).Draw(t, "staffed"),
			Occupied: rapid.Int32Range(0, 256).Draw(t, "occupied"),
			Held:     rapid.Int32Range(0, 128).Draw(t, "held"),
		}
		if free := c.Free(); free < 0 || (free > 0) != (c.People() < c.Staffed) || c.Overcommitted() != (c.People() > c.Staffed) {
			t.Fatalf("%+v: free %d, overcommitted %v", c, free, c.Overcommitted())
		}
	})
}
