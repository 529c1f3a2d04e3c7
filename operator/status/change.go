package status

import "sigs.k8s.io/controller-runtime/pkg/client"

// Change is one thing that happened to an object and is worth an Event.
type Change struct {
	// Kind is corev1.EventTypeNormal or corev1.EventTypeWarning.
	Kind, Reason, Note string
}

// TellAll records an Event for each change, in their order.
func (w Writer) TellAll(about client.Object, action string, changes []Change) {
	for _, c := range changes {
		w.Recorder.Eventf(about, nil, c.Kind, c.Reason, action, "%s", c.Note)
	}
}
