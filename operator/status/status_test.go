package status

import (
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"lifeline.scot/crds/v1alpha1"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestAConditionMovesItsTimeOnlyWithItsStatus(t *testing.T) {
	var conditions []metav1.Condition
	Set(&conditions, 1, noon, True("Ready", "Ready", "fine"))
	Set(&conditions, 2, noon.Add(time.Hour), True("Ready", "Other", "still fine"))
	is := meta.FindStatusCondition(conditions, "Ready")
	if !is.LastTransitionTime.Time.Equal(noon) || is.ObservedGeneration != 2 || is.Reason != "Other" {
		t.Errorf("%+v", is)
	}
	Set(&conditions, 2, noon.Add(2*time.Hour), False("Ready", "Broken", "not fine"))
	if is = meta.FindStatusCondition(conditions, "Ready"); !is.LastTransitionTime.Time.Equal(noon.Add(2 * time.Hour)) {
		t.Errorf("the time did not move: %+v", is)
	}
}

func TestTurnedIsTrueOnceForEachChange(t *testing.T) {
	no, yes := []metav1.Condition{False("X", "A", "")}, []metav1.Condition{True("X", "B", "")}
	otherReason := []metav1.Condition{True("X", "C", "")}
	for name, tc := range map[string]struct {
		was, is []metav1.Condition
		want    bool
	}{
		"first seen":           {nil, yes, true},
		"changed":              {no, yes, true},
		"for another reason":   {yes, otherReason, true},
		"the same":             {yes, yes, false},
		"turned the other way": {yes, no, false},
		"not there":            {yes, nil, false},
	} {
		if got := Turned(tc.was, tc.is, "X", metav1.ConditionTrue); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNamesAreFiveAndANumber(t *testing.T) {
	for want, users := range map[string][]string{
		"":                         nil,
		"a, b":                     {"b", "a"},
		"a, b, c, d, e":            {"e", "d", "c", "b", "a"},
		"a, b, c, d, e and 2 more": {"g", "f", "e", "d", "c", "b", "a"},
	} {
		if got := Names(users); got != want {
			t.Errorf("%v: %q, want %q", users, got, want)
		}
	}
}

// A moment that is past still means soon, and never is never.
func TestOutcomeAlwaysComesBack(t *testing.T) {
	where := schema.GroupResource{Resource: "capacitypools"}
	for name, tc := range map[string]struct {
		next   time.Time
		err    error
		after  time.Duration
		failed bool
	}{
		"nothing ahead":  {time.Time{}, nil, Sweep, false},
		"soon":           {noon.Add(time.Minute), nil, time.Minute, false},
		"now":            {noon, nil, soonest, false},
		"past":           {noon.Add(-time.Hour), nil, soonest, false},
		"far ahead":      {noon.Add(1000 * time.Hour), nil, Sweep, false},
		"a conflict":     {noon, apierrors.NewConflict(where, "p", errors.New("newer")), retry, false},
		"gone meanwhile": {noon, apierrors.NewNotFound(where, "p"), retry, false},
		"a real failure": {noon, errors.New("no network"), 0, true},
	} {
		result, err := Outcome(noon, tc.next, tc.err)
		if result.RequeueAfter != tc.after || (err != nil) != tc.failed {
			t.Errorf("%s: after %s, %v", name, result.RequeueAfter, err)
		}
	}
}

func TestOurOwnAnswersWakeNobody(t *testing.T) {
	was := &v1alpha1.CapacityPool{ObjectMeta: metav1.ObjectMeta{Generation: 1}}
	for name, tc := range map[string]struct {
		change func(*v1alpha1.CapacityPool)
		wakes  bool
	}{
		"status":    {func(p *v1alpha1.CapacityPool) { p.Status.Trust = v1alpha1.TrustAgeing; p.ResourceVersion = "2" }, false},
		"spec":      {func(p *v1alpha1.CapacityPool) { p.Generation = 2 }, true},
		"label":     {func(p *v1alpha1.CapacityPool) { p.Labels = map[string]string{"a": "b"} }, true},
		"finalizer": {func(p *v1alpha1.CapacityPool) { p.Finalizers = []string{"a/b"} }, true},
		"owner":     {func(p *v1alpha1.CapacityPool) { p.OwnerReferences = []metav1.OwnerReference{{UID: "a"}} }, true},
		"deletion":  {func(p *v1alpha1.CapacityPool) { p.DeletionTimestamp = &metav1.Time{Time: noon} }, true},
	} {
		is := was.DeepCopy()
		tc.change(is)
		if got := Asked().Update(event.UpdateEvent{ObjectOld: was, ObjectNew: is}); got != tc.wakes {
			t.Errorf("%s: %v", name, got)
		}
	}
}
