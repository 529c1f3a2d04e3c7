package agreement

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// firth is an agreement of two Partners that take part, for a year from April, to be looked at again in January.
func firth() facts {
	a := &v1alpha1.DataSharingAgreement{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-firth", Name: "rehab", Generation: 3}}
	a.Spec.Parties = []v1alpha1.ObjectName{"harbour", "nhs-firth"}
	a.Spec.FromTime, a.Spec.ReviewByTime = metav1.NewTime(april), metav1.NewTime(april.AddDate(0, 9, 0))
	a.Spec.UntilTime = metav1.NewTime(april.AddDate(1, 0, 0))
	return facts{a, reference.Owner{Name: "firth"}, map[v1alpha1.ObjectName]*v1alpha1.Partner{"harbour": {}, "nhs-firth": {}}}
}

func TestAnAgreementSaysHowItStandsAndUntilWhen(t *testing.T) {
	review, end := april.AddDate(0, 9, 0), april.AddDate(1, 0, 0)
	for name, tc := range map[string]struct {
		now      time.Time
		standing v1alpha1.Standing
		state    v1alpha1.AgreementState
		inForce  metav1.ConditionStatus
		next     time.Time
		says     string
	}{
		"before it starts": {april.Add(-1), v1alpha1.StandingActive, v1alpha1.AgreementNotStarted, metav1.ConditionFalse, april, "starts at 2026-04-01T00:00:00Z"},
		"in force":         {april, v1alpha1.StandingActive, v1alpha1.AgreementInForce, metav1.ConditionTrue, review, "in force until 2027-04-01T00:00:00Z"},
		"due for review":   {review, v1alpha1.StandingActive, v1alpha1.AgreementDueForReview, metav1.ConditionTrue, end, "set reviewByTime anew"},
		"ended":            {end, v1alpha1.StandingActive, v1alpha1.AgreementEnded, metav1.ConditionFalse, time.Time{}, "It ended at 2027-04-01T00:00:00Z"},
		"suspended":        {april, v1alpha1.StandingSuspended, v1alpha1.AgreementSuspended, metav1.ConditionFalse, end, "until its standing is Active again"},
	} {
		t.Run(name, func(t *testing.T) {
			f := firth()
			f.agreement.Spec.Standing = tc.standing
			is, next := decide(f, tc.now)
			if is.State != tc.state || !next.Equal(tc.next) || (is.StateUntilTime == nil) != tc.next.IsZero() {
				t.Errorf("%s until %v, next %s", is.State, is.StateUntilTime, next)
			}
			i := slices.IndexFunc(is.Conditions, func(c metav1.Condition) bool { return c.Type == v1alpha1.ConditionInForce })
			c := is.Conditions[i]
			if c.Status != tc.inForce || c.Reason != string(tc.state) || !strings.Contains(c.Message, tc.says) || c.ObservedGeneration != 3 {
				t.Errorf("%+v", c)
			}
			if ready := status.Reason(is.Conditions, v1alpha1.ConditionReady); ready != v1alpha1.ReasonReady || is.Partnership != "firth" {
				t.Errorf("Ready %s for %s: whether it is in force is another question", ready, is.Partnership)
			}
		})
	}
}

func TestPartiesThatCannotTakePartAreNamed(t *testing.T) {
	suspended := &v1alpha1.Partner{Spec: v1alpha1.PartnerSpec{Participation: v1alpha1.ParticipationSuspended}}
	leaving := &v1alpha1.Partner{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &metav1.Time{Time: april}}}
	for name, tc := range map[string]struct {
		change func(*facts)
		reason string
		says   []string
	}{
		"one is suspended": {
			func(f *facts) { f.parties["harbour"] = suspended }, v1alpha1.ReasonPartnerSuspended, []string{"suspended: harbour."},
		},
		"one is being deleted": {
			func(f *facts) { f.parties["harbour"] = leaving }, v1alpha1.ReasonBeingDeleted, []string{"being deleted: harbour."},
		},
		"one does not exist, the other is suspended": {
			func(f *facts) { delete(f.parties, "nhs-firth"); f.parties["harbour"] = suspended }, v1alpha1.ReasonPartnerNotFound,
			[]string{"do not exist as Partners: nhs-firth", "suspended: harbour.", "Nothing is shared with them"},
		},
		"the namespace is nobody's": {
			func(f *facts) { f.owner.Name = "" }, v1alpha1.ReasonPartnershipNotFound, []string{"adp-firth belongs to no Partnership"},
		},
		"the ADP is being deleted": {
			func(f *facts) { f.owner.Leaving = true }, v1alpha1.ReasonBeingDeleted, []string{"Partnership firth is being deleted"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := firth()
			tc.change(&f)
			is, _ := decide(f, april)
			if got := status.Reason(is.Conditions, v1alpha1.ConditionReferencesResolved); got != tc.reason {
				t.Errorf("reason %s, want %s", got, tc.reason)
			}
			if got := status.Reason(is.Conditions, v1alpha1.ConditionReady); got != v1alpha1.ReasonReferenceNotResolved {
				t.Errorf("Ready says %s", got)
			}
			for _, words := range tc.says {
				if message := status.Message(is.Conditions, v1alpha1.ConditionReady); !strings.Contains(message, words) {
					t.Errorf("%q does not say %q", message, words)
				}
			}
			if is.State != v1alpha1.AgreementInForce {
				t.Errorf("%s: it is in force by time alone", is.State)
			}
		})
	}
}

// Each state is told once, when it comes; what is in force when it is first seen is no news.
func TestWhatHappenedIsToldOnce(t *testing.T) {
	f := firth()
	at := func(now time.Time) (told []string) {
		was := f.agreement.DeepCopy()
		f.agreement.Status, _ = decide(f, now)
		for _, c := range changes(was, f.agreement) {
			told = append(told, c.Kind+" "+c.Reason)
		}
		return told
	}
	review, end := april.AddDate(0, 9, 0), april.AddDate(1, 0, 0)
	for i, step := range []struct {
		now  time.Time
		do   func()
		want []string
	}{
		{april.Add(-time.Hour), func() {}, []string{"Normal NotStarted"}},
		{april.Add(-time.Minute), func() {}, nil},
		{april, func() {}, []string{"Normal InForce"}},
		{april.Add(time.Hour), func() { f.agreement.Spec.Standing = v1alpha1.StandingSuspended }, []string{"Warning Suspended"}},
		{april.Add(time.Hour), func() { f.agreement.Spec.Standing = v1alpha1.StandingActive }, []string{"Normal InForce"}},
		{review, func() {}, []string{"Warning DueForReview"}},
		{review, func() { delete(f.parties, "harbour") }, []string{"Warning PartnerNotFound"}},
		{review.Add(time.Hour), func() {}, nil},
		{end, func() {}, []string{"Warning Ended"}},
		{end.Add(time.Hour), func() {}, nil},
	} {
		step.do()
		if got := at(step.now); !slices.Equal(got, step.want) {
			t.Errorf("step %d: told %q, want %q", i, got, step.want)
		}
	}
	f = firth()
	if got := at(april); len(got) > 0 {
		t.Errorf("first seen in force: told %q", got)
	}
}

func TestADecisionThatChangesNothingWritesNothing(t *testing.T) {
	f := firth()
	f.agreement.Status, _ = decide(f, april)
	before := fmt.Sprint(f.agreement.Status)
	if again, _ := decide(f, april.Add(time.Hour)); fmt.Sprint(again) != before {
		t.Errorf("was %s, is %v", before, again)
	}
	if kindOf(v1alpha1.AgreementEnded) != corev1.EventTypeWarning {
		t.Error("somebody should hear of an agreement that ended")
	}
}
