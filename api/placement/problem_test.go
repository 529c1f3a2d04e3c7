package placement_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"lifeline.scot/api/placement"
	"lifeline.scot/api/refusal"
)

func invalidity(causes ...metav1.StatusCause) error {
	err := apierrors.NewInvalid(placementKind, "c-x", nil)
	err.ErrStatus.Details.Causes = causes
	return err
}

var placementKind = schema.GroupKind{Group: "lifeline.scot", Kind: "Placement"}

func TestWhatTheAPIServerSaidAsProblems(t *testing.T) {
	cause := func(message, field string) metav1.StatusCause {
		return metav1.StatusCause{Type: metav1.CauseTypeFieldValueInvalid, Message: message, Field: field}
	}
	for name, tc := range map[string]struct {
		said error
		want refusal.Problem
	}{
		"a rule": {
			invalidity(cause(`Invalid value: "object": singleGender needs gender`, "spec.needs")),
			refusal.Problem{Code: refusal.Invalid, Message: "singleGender needs gender", Path: []string{"input", "needs"}},
		},
		"an item of a list": {
			invalidity(cause("Too long: may not be more than 63 bytes", "spec.pools[3].name")),
			refusal.Problem{
				Code: refusal.Invalid, Message: "Too long: may not be more than 63 bytes",
				Path: []string{"input", "pools", "3", "name"},
			},
		},
		"no field": {
			invalidity(cause(`Invalid value: "object": no place is held`, "<nil>")),
			refusal.Problem{Code: refusal.Invalid, Message: "no place is held", Path: []string{"input"}},
		},
		"an admission under the name it was asked by": {
			invalidity(cause(`Invalid value: "1999-01-01T00:00:00Z": must be a moment from 2000 to 2099`, "spec.admission.time")),
			refusal.Problem{
				Code: refusal.Invalid, Message: "must be a moment from 2000 to 2099", Path: []string{"input", "admittedTime"},
			},
		},
		"a policy that denies": {
			apierrors.NewForbidden(placements, "c-x", errors.New(
				"ValidatingAdmissionPolicy 'placements.lifeline.scot' with binding 'x' denied request: you may not make this claim")),
			refusal.Problem{Code: refusal.Forbidden, Message: "you may not make this claim"},
		},
		"gone":     {apierrors.NewNotFound(placements, "c-x"), refusal.Problem{Code: refusal.NotFound}},
		"conflict": {conflict(), refusal.Problem{Code: placement.CodeConflict}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			about := o.held(t)
			o.store.Before = func() error { return fmt.Errorf("write: %w", tc.said) }
			_, err := o.ApproveFunding(t.Context(), commissioner, key, about)
			var told refusal.Refusal
			if !errors.As(err, &told) || len(told) != 1 {
				t.Fatalf("%v", err)
			}
			if told[0].Code != tc.want.Code || (tc.want.Message != "" && told[0].Message != tc.want.Message) ||
				(tc.want.Path != nil && !slices.Equal(told[0].Path, tc.want.Path)) {
				t.Errorf("got  %+v\nwant %+v", told[0], tc.want)
			}
		})
	}
}

func TestEveryCauseIsAProblem(t *testing.T) {
	o := newOffice()
	o.store.Before = func() error {
		return invalidity(metav1.StatusCause{Message: "a", Field: "spec.needs.language"}, metav1.StatusCause{Message: "b", Field: "spec.pools"})
	}
	_, err := o.Claim(t.Context(), referrer, key, "moray", specOf("referral-7"))
	if err == nil || err.Error() != "a; b" {
		t.Error(err)
	}
}
