package metrics

import (
	"context"
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// agreed is a cache with these agreements in it.
type agreed struct {
	client.Reader
	agreements []v1alpha1.DataSharingAgreement
	err        error
}

func (a agreed) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	list.(*v1alpha1.DataSharingAgreementList).Items = a.agreements
	return a.err
}

// Nobody writes anything; time passes; the figures follow.
func TestAgreementsAreCountedAsTheyStandAtTheScrape(t *testing.T) {
	day := 24 * time.Hour
	until := func(end time.Duration) (a v1alpha1.DataSharingAgreement) {
		a.Spec.FromTime, a.Spec.ReviewByTime = metav1.NewTime(noon), metav1.NewTime(noon.Add(end-day))
		a.Spec.UntilTime = metav1.NewTime(noon.Add(end))
		return a
	}
	from := agreed{agreements: []v1alpha1.DataSharingAgreement{until(2 * day), until(3 * day)}}
	clock := testclock.NewFakePassiveClock(noon)
	for _, tc := range []struct {
		after time.Duration
		want  map[string]float64
	}{
		{-time.Second, map[string]float64{"NotStarted": 2}},
		{0, map[string]float64{"InForce": 2}},
		{day, map[string]float64{"DueForReview": 1, "InForce": 1}},
		{2 * day, map[string]float64{"Ended": 1, "DueForReview": 1}},
	} {
		clock.SetTime(noon.Add(tc.after))
		values := scrape(t, NewAgreements(from, clock))
		if len(values) != 5 {
			t.Errorf("%d series, want one for each state", len(values))
		}
		for state, want := range tc.want {
			if got := values["lifeline_agreements/"+state]; got != want {
				t.Errorf("after %s: %v %s, want %v", tc.after, got, state, want)
			}
		}
	}
	if values := scrape(t, NewAgreements(agreed{err: errors.New("the cache has not started")}, clock)); len(values) != 0 {
		t.Errorf("figures rather than none: %v", values)
	}
}
