package rulebook

import (
	"lifeline.scot/api/follow"
	"lifeline.scot/crds/v1alpha1"
)

// register holds the agreements as a reflector reads them, and says when they change.
type register struct {
	*follow.Held[*v1alpha1.DataSharingAgreement]

	// changed has something in it once anything has changed since it was last received from.
	changed chan struct{}
}

func newRegister(stream *follow.Stream) *register {
	r := &register{changed: make(chan struct{}, 1)}
	r.Held = follow.NewHeld(stream, func(a *v1alpha1.DataSharingAgreement) { a.Annotations, a.Labels = nil, nil }, func() {
		select {
		case r.changed <- struct{}{}:
		default: // it has been said already
		}
	})
	return r
}
