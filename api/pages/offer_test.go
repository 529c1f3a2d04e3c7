package pages

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// TestPlacesThatAreNotOfferedSayWhy: the pool is open and counted, and something it depends on is not.
func TestPlacesThatAreNotOfferedSayWhy(t *testing.T) {
	for name, test := range map[string]struct {
		reason    string
		operation v1alpha1.Operation
		closed    v1alpha1.PartialDate
		free, tag string
	}{
		"closed service": {
			"ServiceNotOpen", v1alpha1.OperationClosed, "2026-11-01",
			"Not offered the service has closed", "Closed 1 November 2026",
		},
		"closed, nobody says when": {
			"ServiceNotOpen", v1alpha1.OperationClosed, "", "Not offered the service has closed", "Closed",
		},
		"paused service": {
			"ServiceNotOpen", v1alpha1.OperationPaused, "", "Not offered the service is paused for now", "Paused for now",
		},
		"planned service": {
			"ServiceNotOpen", v1alpha1.OperationPlanned, "",
			"Not offered the service is not open yet", "Planned, not open yet",
		},
		"nobody knows whether the service runs": {
			"ServiceNotOpen", v1alpha1.OperationUnknown, "", "Not known", "Not known if it is running",
		},
		"suspended provider": {
			v1alpha1.ReasonPartnerSuspended, v1alpha1.OperationOpen, "",
			"Not offered its provider does not take part at present", "",
		},
		"no such provider": {
			v1alpha1.ReasonPartnerNotFound, v1alpha1.OperationOpen, "", "Not offered its provider is not in the directory", "",
		},
		"no such service": {
			v1alpha1.ReasonServiceNotFound, v1alpha1.OperationOpen, "", "Not offered its service is not in the directory", "",
		},
		"no partnership": {
			v1alpha1.ReasonPartnershipNotFound, v1alpha1.OperationOpen, "",
			"Not offered it belongs to no ADP in the directory", "",
		},
		"being deleted": {
			v1alpha1.ReasonBeingDeleted, v1alpha1.OperationOpen, "",
			"Not offered it is being taken out of the directory", "",
		},
		"a reason that is new": {"Other", v1alpha1.OperationOpen, "", "Not offered it is not ready yet", ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := sample()
			house, beds := o.services[0], o.pools[0]
			house.Spec.Operation, house.Spec.ClosedOn = test.operation, test.closed
			beds.Status.Conditions = []metav1.Condition{{
				Type: v1alpha1.ConditionReferencesResolved, Status: metav1.ConditionFalse, Reason: test.reason,
			}}
			page := get(t, o.live(), "/")
			row := page.lines()[beds.Name]
			if row.free() != test.free {
				t.Errorf("free reads %q, want %q", row.free(), test.free)
			}
			if !strings.Contains(row[0], test.tag) {
				t.Errorf("%q does not say %q", row[0], test.tag)
			}
			for _, name := range get(t, o.live(), "/?free=now").names() {
				if name == beds.Name {
					t.Error("it is found as free")
				}
			}
			if total := page.totals()["Residential rehab"]; !strings.HasPrefix(total, "0 free") {
				t.Errorf("the total still counts its places: %q", total)
			}
		})
	}
}

func TestTotalsSayHowManyEntriesAreTooSmallToAddUp(t *testing.T) {
	small := func(name string) *v1alpha1.CapacityPool {
		return counted(pool("moray", "house", name, v1alpha1.PoolDetox, name), 6, 3, 0, 1, "moray")
	}
	large := counted(pool("moray", "house", "large", v1alpha1.PoolDetox, "large"), 20, 11, 0, 1, "moray")
	tests := map[string]struct {
		pools []*v1alpha1.CapacityPool
		want  string
	}{
		"none": {[]*v1alpha1.CapacityPool{large}, "9 free Open: 20 · Occupied: 11 · Held: 0"},
		"one of two": {
			[]*v1alpha1.CapacityPool{large, small("a")},
			"12 free Open: 20 · Occupied: 11 · Held: 0 Open, occupied and held leave out 1 entry: " +
				"its count of people is too small to show. Its row is below.",
		},
		"two of three": {
			[]*v1alpha1.CapacityPool{large, small("a"), small("b")},
			"15 free Open: 20 · Occupied: 11 · Held: 0 Open, occupied and held leave out 2 entries: " +
				"their counts of people are too small to show. Their rows are below.",
		},
		"all": {
			[]*v1alpha1.CapacityPool{small("a"), small("b")},
			"6 free Open, occupied and held are known, and not shown here: all 2 entries counted have too few people. " +
				"Their rows are below.",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := objects{
				partnerships: []*v1alpha1.Partnership{partnership("moray", "Moray ADP")},
				services:     []*v1alpha1.SupportService{service("moray", "house", "House", "x", "Elgin")},
				pools:        test.pools,
			}
			got, _, _ := strings.Cut(get(t, o.live(), "/").totals()["Detox"], " Not known: registered.")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the total reads (-want +got):\n%s", diff)
			}
		})
	}
}
