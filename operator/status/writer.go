package status

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch;update
// +kubebuilder:rbac:groups="",resources=events,verbs=create;patch;update

// Writer is what every controller acts with.
type Writer struct {
	// Client reads from the cache and writes to the API server.
	client.Client
	// Live reads from the API server itself, where a cache that lags could do harm.
	Live client.Reader
	// Clock tells the time.
	Clock clock.PassiveClock
	// Recorder takes Events.
	Recorder events.EventRecorder
}

// NewWriter returns the Writer of one controller, whose name stands in its Events.
func NewWriter(mgr manager.Manager, clock clock.PassiveClock, controller string) Writer {
	return Writer{
		Client:   mgr.GetClient(),
		Live:     mgr.GetAPIReader(),
		Clock:    clock,
		Recorder: mgr.GetEventRecorder("lifeline-" + controller),
	}
}

// Write stores the object's status if it differs from what it was, and reports whether it did. The write is refused with a
// conflict if anybody has written since the object was read.
func (w Writer) Write(ctx context.Context, was, is client.Object) (bool, error) {
	if equality.Semantic.DeepEqual(was, is) {
		return false, nil
	}
	patch := client.MergeFromWithOptions(was, client.MergeFromWithOptimisticLock{})
	if err := w.Status().Patch(ctx, is, patch); err != nil {
		return false, fmt.Errorf("write the status of %s: %w", client.ObjectKeyFromObject(is), err)
	}
	return true, nil
}

// WriteMeta stores the object outside its status if it differs from what it was. The write is refused with a conflict if
// anybody has written since the object was read.
func (w Writer) WriteMeta(ctx context.Context, was, is client.Object) error {
	if equality.Semantic.DeepEqual(was, is) {
		return nil
	}
	patch := client.MergeFromWithOptions(was, client.MergeFromWithOptimisticLock{})
	if err := w.Patch(ctx, is, patch); err != nil {
		return fmt.Errorf("write %s: %w", client.ObjectKeyFromObject(is), err)
	}
	return nil
}

// Tell records an Event about something that happened as it should.
func (w Writer) Tell(about client.Object, reason, action, note string) {
	w.Recorder.Eventf(about, nil, corev1.EventTypeNormal, reason, action, "%s", note)
}

// Warn records an Event about something that somebody should look at.
func (w Writer) Warn(about client.Object, reason, action, note string) {
	w.Recorder.Eventf(about, nil, corev1.EventTypeWarning, reason, action, "%s", note)
}
