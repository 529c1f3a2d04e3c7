package fund

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// Ready says whether the fund may be used, and what keeps one that was deleted.
func TestReadySaysWhetherTheFundMayBeUsed(t *testing.T) {
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	found := status.True(v1alpha1.ConditionReferencesResolved, v1alpha1.ReasonResolved, "")
	homeless := status.False(v1alpha1.ConditionReferencesResolved, v1alpha1.ReasonPartnershipNotFound, "Nobody's.")
	for name, tc := range map[string]struct {
		found   metav1.Condition
		deleted bool
		open    []string
		reason  string
		says    string
	}{
		"in use":                          {found, false, nil, v1alpha1.ReasonReady, ""},
		"in a namespace of nobody":        {homeless, false, nil, v1alpha1.ReasonReferenceNotResolved, "Nobody's."},
		"deleted":                         {found, true, nil, v1alpha1.ReasonBeingDeleted, ""},
		"deleted, and pays for somebody":  {found, true, []string{"r-1"}, v1alpha1.ReasonInUse, "have ended: r-1."},
		"the same in nobody's namespace":  {homeless, true, []string{"r-1"}, v1alpha1.ReasonInUse, "have ended: r-1."},
		"deleted, in a namespace of none": {homeless, true, nil, v1alpha1.ReasonBeingDeleted, ""},
	} {
		places := int32(3)
		fund := &v1alpha1.PlacementFund{Spec: v1alpha1.PlacementFundSpec{Places: &places}}
		if tc.deleted {
			fund.DeletionTimestamp = &metav1.Time{Time: noon}
		}
		decide(fund, tc.found, tc.open, noon)
		reason := status.Reason(fund.Status.Conditions, v1alpha1.ConditionReady)
		message := status.Message(fund.Status.Conditions, v1alpha1.ConditionReady)
		if reason != tc.reason || !strings.Contains(message, tc.says) {
			t.Errorf("%s: %s: %s", name, reason, message)
		}
	}
}
