package scotland_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/scotland"
)

var moment = time.Date(2026, time.November, 22, 21, 47, 13, 0, time.UTC)

func counts(t *testing.T, now time.Time) []*v1alpha1.CapacityReport {
	t.Helper()
	reports, err := scotland.Counts(now)
	if err != nil {
		t.Fatal(err)
	}
	return reports
}

func TestEachOpenPoolWithAKnownNumberIsCountedOnceAndNoOther(t *testing.T) {
	want := map[string]bool{}
	for _, pool := range all[*v1alpha1.CapacityPool](t) {
		if pool.Spec.Registered != nil && pool.Spec.Operation == "" {
			want[pool.Namespace+"/"+pool.Name] = true
		}
	}
	got := map[string]bool{}
	for _, r := range counts(t, moment) {
		key := r.Namespace + "/" + string(r.Spec.PoolRef.Name)
		if got[key] {
			t.Errorf("%s is counted twice", key)
		}
		got[key] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pools counted (-want +got):\n%s", diff)
	}
}

func TestEveryCountIsMarkedIllustrativeAndIsByTheProvider(t *testing.T) {
	provider := map[string]v1alpha1.PartnerReference{}
	for _, s := range all[*v1alpha1.SupportService](t) {
		provider[s.Namespace+"/"+s.Name] = s.Spec.ProviderRef
	}
	service := map[string]string{}
	for _, p := range all[*v1alpha1.CapacityPool](t) {
		service[p.Namespace+"/"+p.Name] = p.Namespace + "/" + string(p.Spec.ServiceRef.Name)
	}
	for _, r := range counts(t, moment) {
		if r.Spec.Provenance != v1alpha1.CountIllustrative {
			t.Errorf("%s: provenance %q; want Illustrative", r.Name, r.Spec.Provenance)
		}
		if want := provider[service[r.Namespace+"/"+string(r.Spec.PoolRef.Name)]]; *r.Spec.ReportedBy != want {
			t.Errorf("%s: reported by %v; want %v", r.Name, *r.Spec.ReportedBy, want)
		}
	}
}

func TestCountsShowEverythingTheTableCanSay(t *testing.T) {
	const interval = 24 * time.Hour
	got := map[string]int{}
	for _, r := range counts(t, moment) {
		age := moment.Sub(r.Spec.ObservedTime.Time)
		staffed, taken := *r.Spec.Staffed, *r.Spec.Occupied+*r.Spec.Held
		for what, so := range map[string]bool{
			"future": age < 0, "confirmed": age < interval, "ageing": age >= interval && age < 2*interval,
			"unconfirmed": age >= 2*interval, "free": taken < staffed, "full": taken == staffed,
			"overcommitted": taken > staffed, "held": *r.Spec.Held > 0,
		} {
			if so {
				got[what]++
			}
		}
	}
	want := map[string]int{
		"confirmed": 9, "ageing": 4, "unconfirmed": 2, "free": 11, "full": 3, "overcommitted": 1, "held": 5,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestNoCountHasMoreStaffedPlacesThanAreRegistered(t *testing.T) {
	registered := map[string]int32{}
	for _, pool := range all[*v1alpha1.CapacityPool](t) {
		if pool.Spec.Registered != nil {
			registered[pool.Name] = *pool.Spec.Registered.Places
		}
	}
	for _, r := range counts(t, moment) {
		if limit := registered[string(r.Spec.PoolRef.Name)]; *r.Spec.Staffed > limit {
			t.Errorf("%s: %d staffed of %d", r.Name, *r.Spec.Staffed, limit)
		}
	}
}

func TestCountsAreTheSameWithinAnHourAndNewReportsAfterIt(t *testing.T) {
	first := counts(t, moment)
	if diff := cmp.Diff(first, counts(t, moment.Add(10*time.Minute))); diff != "" {
		t.Errorf("within the hour (-first +second):\n%s", diff)
	}
	later := counts(t, moment.Add(time.Hour))
	for i := range first {
		if first[i].Name == later[i].Name {
			t.Errorf("%s speaks of two moments", first[i].Name)
		}
	}
}
