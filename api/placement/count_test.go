package placement_test

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/placement/placementtest"
	"lifeline.scot/api/refusal"
	"lifeline.scot/crds/v1alpha1"
)

var (
	beds       = placement.Target{Partnership: "fife", Name: "beds"}
	placements = schema.GroupResource{Group: "lifeline.scot", Resource: "placements"}
)

func conflict() error { return placementtest.Conflict() }

func TestCounts(t *testing.T) {
	for name, tc := range map[string]struct {
		who   identity.Caller
		about placement.Target
		count placement.Count
		want  refusal.Code
	}{
		"the provider's":      {harbour, beds, placement.Count{Staffed: 12, Occupied: 7, Held: 1}, ""},
		"none at all":         {harbour, beds, placement.Count{}, ""},
		"of yesterday":        {harbour, beds, placement.Count{ObservedTime: noon.Add(-24 * time.Hour)}, ""},
		"of tomorrow":         {harbour, beds, placement.Count{ObservedTime: noon.Add(24 * time.Hour)}, refusal.Invalid},
		"negative":            {harbour, beds, placement.Count{Occupied: -1}, refusal.Invalid},
		"another provider's":  {quay, beds, placement.Count{}, refusal.Forbidden},
		"the ADP's":           {commissioner, beds, placement.Count{}, refusal.Forbidden},
		"the public's":        {identity.Caller{}, beds, placement.Count{}, refusal.Forbidden},
		"of an unknown pool":  {harbour, placement.Target{Partnership: "fife", Name: "x"}, placement.Count{}, refusal.NotFound},
		"of a pool elsewhere": {harbour, placement.Target{Partnership: "moray", Name: "beds"}, placement.Count{}, refusal.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			done, err := o.Report(t.Context(), tc.who, key, tc.about, tc.count)
			if codeOf(err) != tc.want || (tc.want == "") != (o.store.Writes() == 1) {
				t.Fatalf("%v, %d writes", err, o.store.Writes())
			}
			if tc.want != "" {
				return
			}
			is := done.Report.Spec
			if *is.Staffed != tc.count.Staffed || *is.Occupied != tc.count.Occupied || *is.Held != tc.count.Held ||
				is.PoolRef.Name != "beds" || is.ReportedBy.Name != "harbour" || !strings.HasPrefix(done.Report.Name, "report-") {
				t.Errorf("%+v", is)
			}
			if again, err := o.Report(t.Context(), tc.who, key, tc.about, tc.count); err != nil || !again.Replayed || o.store.Writes() != 1 {
				t.Errorf("sent again: %+v %v", again, err)
			}
			tc.count.Occupied++
			if _, err := o.Report(t.Context(), tc.who, key, tc.about, tc.count); codeOf(err) != refusal.KeyReused {
				t.Errorf("with another number: %v", err)
			}
		})
	}
}

func TestConfirming(t *testing.T) {
	number := func(n int32) *int32 { return &n }
	held := poolOf("fife", "beds", "harbour", 5)
	held.Status.Counted.Held = number(2)
	held.Status.Held = number(4) // two of them in Lifeline
	never := poolOf("fife", "beds", "harbour", 5)
	never.Status = v1alpha1.CapacityPoolStatus{Provider: "harbour"}
	for name, tc := range map[string]struct {
		who  identity.Caller
		pool *v1alpha1.CapacityPool
		seen placement.Seen
		want refusal.Code
	}{
		"what is there":            {harbour, held, placement.Seen{}, ""},
		"what was seen":            {harbour, held, placement.Seen{Staffed: number(12), Occupied: number(7)}, ""},
		"other places":             {harbour, held, placement.Seen{Staffed: number(11)}, refusal.StaleVersion},
		"other people":             {harbour, held, placement.Seen{Staffed: number(12), Occupied: number(8)}, refusal.StaleVersion},
		"what nobody has counted":  {harbour, never, placement.Seen{}, placement.CodeNothingToConfirm},
		"as another provider":      {quay, held, placement.Seen{}, refusal.Forbidden},
		"as the ADP":               {commissioner, held, placement.Seen{}, refusal.Forbidden},
		"uncounted, as the public": {identity.Caller{}, never, placement.Seen{}, refusal.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			o.store.SetPool(tc.pool)
			done, err := o.Confirm(t.Context(), tc.who, key, beds, tc.seen)
			if codeOf(err) != tc.want || (tc.want == "") != (o.store.Writes() == 1) {
				t.Fatalf("%v, %d writes", err, o.store.Writes())
			}
			if tc.want != "" {
				return
			}
			if is := done.Report.Spec; *is.Staffed != 12 || *is.Occupied != 7 || *is.Held != 2 || !is.ObservedTime.Time.Equal(noon) {
				t.Errorf("%d staffed, %d occupied, %d held", *is.Staffed, *is.Occupied, *is.Held)
			}
			o.store.SetPool(never) // what was confirmed stays so, whatever the pool says now
			if again, err := o.Confirm(t.Context(), tc.who, key, beds, tc.seen); err != nil || !again.Replayed {
				t.Errorf("sent again: %+v %v", again, err)
			}
		})
	}
}
