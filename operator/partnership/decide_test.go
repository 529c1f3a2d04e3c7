package partnership

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func glasgow() facts {
	f := facts{
		partnership: &v1alpha1.Partnership{ObjectMeta: metav1.ObjectMeta{Name: "glasgow"}},
		namespace:   &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "adp-glasgow", Labels: labels("glasgow")}},
	}
	told(&f, status.True(v1alpha1.ConditionAccessGranted, v1alpha1.ReasonGranted, ""))
	return f
}

func told(f *facts, is metav1.Condition) {
	f.partnership.Status.Conditions = []metav1.Condition{is}
}

func counted(kind v1alpha1.PoolKind, staffed, occupied int32, at time.Time) v1alpha1.CapacityPool {
	p := v1alpha1.CapacityPool{}
	p.Spec.Kind, p.Spec.Operation, p.Spec.ConfirmEverySeconds = kind, v1alpha1.OperationOpen, 3600
	p.Status.Staffed, p.Status.Occupied, p.Status.ConfirmedTime = &staffed, &occupied, &metav1.Time{Time: at}
	return p
}

func TestReadySaysWhatStandsInTheWay(t *testing.T) {
	deleted := &metav1.Time{Time: noon}
	for name, tc := range map[string]struct {
		change func(*facts)
		want   string
	}{
		"nothing":           {func(*facts) {}, v1alpha1.ReasonReady},
		"nobody let in yet": {func(f *facts) { f.partnership.Status.Conditions = nil }, v1alpha1.ReasonPending},
		"a role of somebody else": {
			func(f *facts) {
				told(f, status.False(v1alpha1.ConditionAccessGranted, v1alpha1.ReasonRoleNotOwned, ""))
			}, v1alpha1.ReasonRoleNotOwned,
		},
		"deleted with a report of no pool inside": {
			func(f *facts) {
				f.partnership.DeletionTimestamp, f.uncounted = deleted, make([]v1alpha1.CapacityReport, 1)
			}, v1alpha1.ReasonInUse,
		},
		"deleted with services inside, the label gone": {
			func(f *facts) {
				f.partnership.DeletionTimestamp, f.services = deleted, make([]v1alpha1.SupportService, 1)
				f.namespace.Labels, f.partnership.Status.Namespace = nil, "adp-glasgow"
			}, v1alpha1.ReasonInUse,
		},
		"deleted with somebody waiting": {
			func(f *facts) { f.partnership.DeletionTimestamp, f.claimed = deleted, true }, v1alpha1.ReasonInUse,
		},
		"deleted with money spent": {
			func(f *facts) {
				f.partnership.DeletionTimestamp, f.funds = deleted, make([]v1alpha1.PlacementFund, 1)
			}, v1alpha1.ReasonInUse,
		},
		"a namespace of somebody else": {func(f *facts) { f.namespace.Labels = nil }, v1alpha1.ReasonNamespaceNotOwned},
		"a namespace of another partnership": {
			func(f *facts) { f.namespace.Labels[v1alpha1.PartnershipLabel] = "fife" }, v1alpha1.ReasonNamespaceNotOwned,
		},
		"the namespace is going": {func(f *facts) { f.namespace.DeletionTimestamp = deleted }, v1alpha1.ReasonBeingDeleted},
		"deleted with services inside": {
			func(f *facts) {
				f.partnership.DeletionTimestamp, f.services = deleted, make([]v1alpha1.SupportService, 1)
			}, v1alpha1.ReasonInUse,
		},
		"deleted and empty": {func(f *facts) { f.partnership.DeletionTimestamp = deleted }, v1alpha1.ReasonBeingDeleted},
	} {
		f := glasgow()
		tc.change(&f)
		if got := status.Reason(decide(f, noon).Conditions, v1alpha1.ConditionReady); got != tc.want {
			t.Errorf("%s: Ready says %s, want %s", name, got, tc.want)
		}
	}
}

// Kinds are never added together, except in the one glance at beds; what nobody has confirmed in time is left out and said.
func TestTotalsAreMadeKindByKind(t *testing.T) {
	f := glasgow()
	f.services = make([]v1alpha1.SupportService, 3)
	f.services[0].Spec.Operation = v1alpha1.OperationOpen
	f.pools = []v1alpha1.CapacityPool{
		counted(v1alpha1.PoolResidentialRehab, 12, 7, noon), counted(v1alpha1.PoolDetox, 6, 4, noon),
		counted(v1alpha1.PoolDetox, 9, 0, noon.Add(-3*time.Hour)), counted(v1alpha1.PoolDayProgramme, 20, 1, noon),
	}
	is := decide(f, noon)
	if *is.Services != 3 || *is.OpenServices != 1 || *is.FreePlaces != 7 || is.Namespace != "adp-glasgow" {
		t.Errorf("services %d, open %d, free %d, namespace %s", *is.Services, *is.OpenServices, *is.FreePlaces, is.Namespace)
	}
	want := []struct {
		kind                     v1alpha1.PoolKind
		pools, unconfirmed, free int32
	}{{v1alpha1.PoolDayProgramme, 1, 0, 19}, {v1alpha1.PoolDetox, 2, 1, 2}, {v1alpha1.PoolResidentialRehab, 1, 0, 5}}
	if len(is.Places) != len(want) {
		t.Fatalf("%d kinds, want %d", len(is.Places), len(want))
	}
	for i, w := range want {
		if p := is.Places[i]; p.Kind != w.kind || *p.Pools != w.pools || *p.UnconfirmedPools != w.unconfirmed || *p.Free != w.free {
			t.Errorf("%s: %d pools, %d unconfirmed, %d free", p.Kind, *p.Pools, *p.UnconfirmedPools, *p.Free)
		}
	}
}

// An ADP whose beds nobody has counted in time is not an ADP without a free bed.
func TestFreePlacesAreNotKnownWithoutACount(t *testing.T) {
	f := glasgow()
	f.pools = []v1alpha1.CapacityPool{
		counted(v1alpha1.PoolDetox, 9, 0, noon.Add(-3*time.Hour)), counted(v1alpha1.PoolDayProgramme, 20, 1, noon),
	}
	if free := decide(f, noon).FreePlaces; free != nil {
		t.Errorf("%d free places, want none known", *free)
	}
}

// Whoever waits for the deletion is told beforehand whether other people's things go with it.
func TestWhatBecomesOfTheNamespaceIsSaid(t *testing.T) {
	for want, annotations := range map[string]map[string]string{
		"everything in it": {v1alpha1.CreatedForAnnotation: "this"},
		"it stays":         {v1alpha1.CreatedForAnnotation: "an-earlier-one"},
	} {
		f := glasgow()
		f.partnership.UID, f.partnership.DeletionTimestamp = "this", &metav1.Time{Time: noon}
		f.namespace.Annotations, f.services = annotations, make([]v1alpha1.SupportService, 1)
		if got := status.Message(decide(f, noon).Conditions, v1alpha1.ConditionReady); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}
