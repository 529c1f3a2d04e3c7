package directory

import (
	"slices"
	"testing"

	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/crds/v1alpha1"
)

func TestOnlyAServiceThatRunsTakesPeopleOn(t *testing.T) {
	const yes, no, unknown = v1alpha1.KnownYes, v1alpha1.KnownNo, v1alpha1.KnownUnknown
	for _, c := range []struct {
		operation     v1alpha1.Operation
		participation v1alpha1.Participation
		said, want    v1alpha1.Known
	}{
		{v1alpha1.OperationOpen, v1alpha1.ParticipationActive, yes, yes},
		{v1alpha1.OperationOpen, v1alpha1.ParticipationActive, no, no},
		{v1alpha1.OperationOpen, v1alpha1.ParticipationActive, "", unknown},
		{v1alpha1.OperationOpen, v1alpha1.ParticipationSuspended, yes, no},
		{v1alpha1.OperationOpen, v1alpha1.ParticipationSuspended, "", no},
		{v1alpha1.OperationPlanned, v1alpha1.ParticipationActive, yes, no},
		{v1alpha1.OperationPaused, v1alpha1.ParticipationActive, yes, no},
		{v1alpha1.OperationPaused, v1alpha1.ParticipationActive, "", no},
		{v1alpha1.OperationClosed, v1alpha1.ParticipationActive, yes, no},
		{v1alpha1.OperationUnknown, v1alpha1.ParticipationActive, yes, unknown},
		{v1alpha1.OperationUnknown, v1alpha1.ParticipationActive, no, no},
		{"", v1alpha1.ParticipationActive, yes, unknown},
		{"", v1alpha1.ParticipationSuspended, yes, no},
	} {
		service, partner := given.Service("north", "house", "House"), given.Partner("provider", "Trust")
		service.Spec.Operation, partner.Spec.Participation = c.operation, c.participation
		service.Spec.Access = &v1alpha1.Access{Accepting: c.said}
		v := viewOf(service, partner)
		house, _ := v.Service("adp-north", "house")
		if got := house.Accepting(); got != c.want {
			t.Errorf("%+v: accepting %s", c, got)
		}
		operations := []v1alpha1.Operation{c.operation}
		found := serviceNames(t, v, ServiceFilter{Accepting: []v1alpha1.Known{yes}, Operations: operations}, ByName)
		if slices.Contains(found, "house") != (c.want == yes) {
			t.Errorf("%+v: found %v among those that take people on", c, found)
		}
	}
}

// What its provider does is looked at again whenever it changes.
func TestAServiceFollowsItsProvider(t *testing.T) {
	service, partner := given.Service("north", "house", "House"), given.Partner("provider", "Trust")
	service.Spec.Access = &v1alpha1.Access{Accepting: v1alpha1.KnownYes}
	snapshot := SnapshotOf(NewChanges(service, partner))
	for _, c := range []struct {
		participation v1alpha1.Participation
		want          int
	}{{v1alpha1.ParticipationSuspended, 0}, {v1alpha1.ParticipationActive, 1}} {
		partner = partner.DeepCopy()
		partner.Spec.Participation = c.participation
		snapshot = snapshot.Apply(NewChanges(partner))
		found, err := NewView(snapshot, given.Noon(), Freshness{State: Live}).
			Services(ServiceFilter{Accepting: []v1alpha1.Known{v1alpha1.KnownYes}}, ByName)
		if err != nil || found.Total != c.want {
			t.Errorf("%s: found %d, %v; want %d", c.participation, found.Total, err, c.want)
		}
	}
}
