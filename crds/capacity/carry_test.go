package capacity

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"lifeline.scot/crds/v1alpha1"
)

func at(hour int) metav1.Time { return metav1.NewTime(noon.Add(time.Duration(hour) * time.Hour)) }

func heldPlace() v1alpha1.Allocation { return v1alpha1.Allocation{State: v1alpha1.AllocationHeld} }

func admitted(hour int) v1alpha1.Allocation {
	return v1alpha1.Allocation{State: v1alpha1.AllocationAdmitted, AdmittedTime: ptr.To(at(hour))}
}

// datedBack is somebody who is said to have come before they were given the place.
func datedBack(held, came int) v1alpha1.Allocation {
	a := admitted(came)
	a.HeldTime = at(held)
	return a
}

func gone(came, left int) v1alpha1.Departure {
	return v1alpha1.Departure{AdmittedTime: at(came), DischargedTime: at(left)}
}

// Counted at noon: 10 staffed, 6 with somebody in them, 1 promised by the provider itself.
func TestACountIsCarriedForward(t *testing.T) {
	for name, tc := range map[string]struct {
		allocations []v1alpha1.Allocation
		departures  []v1alpha1.Departure
		want        string
	}{
		"nothing since":                            {nil, nil, "occupied 6 held 1 free 3 known in 0"},
		"a place held":                             {[]v1alpha1.Allocation{heldPlace()}, nil, "occupied 6 held 2 free 2 known in 0"},
		"somebody came since":                      {[]v1alpha1.Allocation{admitted(1)}, nil, "occupied 7 held 1 free 2 known in 0"},
		"somebody who was counted":                 {[]v1alpha1.Allocation{admitted(-1)}, nil, "occupied 6 held 1 free 3 known in 1"},
		"came in the second of the count":          {[]v1alpha1.Allocation{admitted(0)}, nil, "occupied 6 held 1 free 3 known in 1"},
		"somebody who was counted has left":        {nil, []v1alpha1.Departure{gone(-9, 1)}, "occupied 5 held 1 free 4 known in 1"},
		"left before the count":                    {nil, []v1alpha1.Departure{gone(-9, -1)}, "occupied 6 held 1 free 3 known in 0"},
		"left in the second of the count":          {nil, []v1alpha1.Departure{gone(-9, 0)}, "occupied 6 held 1 free 3 known in 0"},
		"came and left since":                      {nil, []v1alpha1.Departure{gone(1, 2)}, "occupied 6 held 1 free 3 known in 0"},
		"came before the count, place given after": {[]v1alpha1.Allocation{datedBack(1, -1)}, nil, "occupied 7 held 1 free 2 known in 0"},
		"place given before the count":             {[]v1alpha1.Allocation{datedBack(-1, -2)}, nil, "occupied 6 held 1 free 3 known in 1"},
		"more people admitted than counted":        {make7(), nil, "occupied 7 held 1 free 2 known in 7"},
		"and one of those has left meanwhile":      {make7(), []v1alpha1.Departure{gone(-9, 1)}, "occupied 7 held 1 free 2 known in 8"},
	} {
		t.Run(name, func(t *testing.T) {
			c := CarryForward(Count{10, 6, 1}, noon, tc.allocations, tc.departures)
			got := fmt.Sprintf("occupied %d held %d free %d known in %d", c.Occupied, c.Count.Held, c.Free(), c.KnownIn)
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func make7() []v1alpha1.Allocation {
	var seven []v1alpha1.Allocation
	for range 7 {
		seven = append(seven, admitted(-1))
	}
	return seven
}

// Never fewer people than Lifeline itself has there, and recounting what was recounted changes nothing.
func TestNoPlaceOfLifelinesOwnIsEverCountedFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.Int32Range(0, 12)
		status := v1alpha1.CapacityPoolStatus{ConfirmedTime: ptr.To(at(0)), Counted: &v1alpha1.PlaceCount{
			Staffed: ptr.To(small.Draw(t, "staffed")), Occupied: ptr.To(small.Draw(t, "occupied")), Held: ptr.To(small.Draw(t, "held")),
		}}
		hour := rapid.IntRange(-3, 3)
		for range rapid.IntRange(0, 6).Draw(t, "people") {
			status.Allocations = append(status.Allocations, admitted(hour.Draw(t, "came")))
		}
		for range rapid.IntRange(0, 6).Draw(t, "left") {
			came := hour.Draw(t, "came")
			status.Departures = append(status.Departures, gone(came, came+rapid.IntRange(0, 4).Draw(t, "stayed")))
		}
		Recount(&status)
		if *status.Occupied < int32(len(status.Allocations)) {
			t.Fatalf("occupied %d, and Lifeline alone has %d people there", *status.Occupied, len(status.Allocations))
		}
		again := *status.DeepCopy()
		Recount(&again)
		if *again.Occupied != *status.Occupied || *again.Held != *status.Held || len(again.Departures) != len(status.Departures) {
			t.Fatal("recounting changed the numbers")
		}
	})
}
