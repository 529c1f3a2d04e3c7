package freshness

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// sighting is when an event arrived.
type sighting struct {
	object client.Object
	at     time.Time
}

// follow opens a watch and passes on what arrives on it, with the time.
func follow(ctx context.Context, c client.WithWatch, list client.ObjectList) (<-chan sighting, error) {
	opened, err := c.Watch(ctx, list)
	if err != nil {
		return nil, fmt.Errorf("watch %T: %w", list, err)
	}
	seen := make(chan sighting, 1024)
	go func() {
		defer opened.Stop()
		defer close(seen)
		for event := range opened.ResultChan() {
			object, ok := event.Object.(client.Object)
			if !ok || event.Type == watch.Deleted {
				continue
			}
			select {
			case seen <- sighting{object, time.Now()}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return seen, nil
}

// await returns when something that fits arrived.
func await(ctx context.Context, seen <-chan sighting, fits func(client.Object) bool) (time.Time, error) {
	for {
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("it was not seen on the watch: %w", ctx.Err())
		case s, open := <-seen:
			if !open {
				return time.Time{}, fmt.Errorf("the watch ended")
			}
			if fits(s.object) {
				return s.at, nil
			}
		}
	}
}

// isReport fits the report of a count.
func (c count) isReport(o client.Object) bool { return o.GetName() == c.report.Name }

// isShown fits the pool once its status has the count.
func (c count) isShown(o client.Object) bool {
	pool, ok := o.(*v1alpha1.CapacityPool)
	return ok && pool.Name == c.pool && pool.Status.Occupied != nil && *pool.Status.Occupied == c.occupied
}
